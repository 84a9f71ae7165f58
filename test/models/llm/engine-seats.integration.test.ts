import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import type { Job } from "../../../models/runtime/engine.ts";
import type { GenerationEvent } from "../../../streaming/index.ts";
import { finish, FIRST, request, say, summary, TinyEngine } from "./tiny-engine.ts";

let tiny: TinyEngine;
beforeAll(async () => {
  tiny = await TinyEngine.open();
});
afterAll(async () => {
  await tiny[Symbol.asyncDispose]();
});

/** Runs a job until it has yielded a piece of text. */
async function untilText(job: Job<GenerationEvent>): Promise<void> {
  for (;;) {
    const { done, value } = await job.next();
    if (done === true) throw new Error("the job ended without text");
    if (value?.type === "text-delta") return;
  }
}

describe("a seat", () => {
  it("computes only what it does not hold yet", async () => {
    const seat = "turns";
    const first = await tiny.generate({ seat });
    expect(first.text).toBe((await tiny.generateAlone()).text);
    const again = await tiny.generate({ seat });
    expect(again.text).toBe(first.text);
    expect(again.ready).toEqual({ ...first.ready, cachedTokens: first.ready!.promptTokens - 1 });
    const messages = [...FIRST, say("assistant", "Paris."), say("user", "And of Spain?")];
    const next = await tiny.generate({ seat, messages });
    expect(next.ready!.cachedTokens).toBeGreaterThanOrEqual(first.ready!.promptTokens);
    expect(next.text).toBe((await tiny.generateAlone({ messages })).text);
  });

  it("that was prefilled with the question answers as it would alone, at the cost of one token", async () => {
    const seat = "prefilled";
    expect(
      await finish(tiny.engine.jobs.prefill({ seat, messages: FIRST, maxTokens: 32, open: false })),
    ).toEqual([]);
    const { text, ready } = await tiny.generate({ seat });
    expect(ready!.cachedTokens).toBe(ready!.promptTokens - 1);
    expect(text).toBe((await tiny.generateAlone()).text);
  });

  it("that was prefilled with a growing question keeps all of it that is certain", async () => {
    const seat = "growing";
    for (const content of ["Wha", "What is", "What is the capi", "What is the capital of Fran"]) {
      await tiny.prefill(seat, [FIRST[0], say("user", content)], true);
    }
    const { text, ready } = await tiny.generate({ seat });
    expect(ready!.promptTokens - ready!.cachedTokens).toBeLessThan(20);
    expect(text).toBe((await tiny.generateAlone()).text);
  });

  it("forgets what was not heard after all", async () => {
    const seat = "unheard";
    await tiny.generate({ seat });
    const messages = [...FIRST, say("assistant", "Par"), say("user", "Stop. What time is it?")];
    expect((await tiny.generate({ seat, messages })).text).toBe(
      (await tiny.generateAlone({ messages })).text,
    );
  });

  it("does not notice the others", async () => {
    const other = [say("user", "Tell me a joke.")];
    const expected = [
      (await tiny.generateAlone()).text,
      (await tiny.generateAlone({ messages: other })).text,
    ];
    const jobs = [
      tiny.engine.jobs.generate(request()),
      tiny.engine.jobs.generate(request({ messages: other })),
    ];
    const texts = ["", ""];
    for (let live = 2; live > 0;) {
      live = 0;
      for (const [index, job] of jobs.entries()) {
        const { done, value } = await job.next();
        if (done !== true) live += 1;
        if (value?.type === "text-delta") texts[index] = texts[index]! + value.text;
      }
    }
    expect(texts).toEqual(expected);
  });

  it("gives its memory back, and one that nobody took is given back in peace", async () => {
    await using other = await TinyEngine.open();
    const seat = "released";
    await other.generate({ seat });
    await finish(other.engine.jobs.release({ seat }));
    expect((await other.generate({ seat })).ready!.cachedTokens).toBe(0);
    await finish(other.engine.jobs.release({ seat: "never seen" }));
  });
});

describe("a seat whose oldest turns are forgotten", () => {
  const turns = Array.from({ length: 5 }, (_, index) => [
    say("user", `What is the story of the house with number ${index}?`),
    say("assistant", `It is a house that was built in the year ${1900 + index}.`),
  ]);
  const long = [FIRST[0], ...turns.flat(), say("user", "And now?")];
  const short = [FIRST[0], ...turns.slice(2).flat(), say("user", "And now?")];

  it("computes little of the rest anew in the same context, also where another seat holds it", async () => {
    for (const seat of ["forgetful", "forgetful too"]) {
      await tiny.generate({ seat: "forgetful", messages: long, context: "one" });
      const { ready, text } = await tiny.generate({ seat, messages: short, context: "one" });
      expect(ready!.promptTokens - ready!.cachedTokens).toBeLessThan(20);
      expect(text.length).toBeGreaterThan(0);
    }
  });

  it("computes all of it anew once it is told anew, though it looks the same", async () => {
    await using other = await TinyEngine.open();
    await other.generate({ seat: "one", messages: long, context: "one" });
    await other.generate({ seat: "one", messages: short, context: "one" });
    const { ready, text } = await other.generate({ seat: "one", messages: short, context: "told anew" });
    expect(ready!.promptTokens - ready!.cachedTokens).toBeGreaterThan(50);
    expect(text).toBe((await tiny.generateAlone({ messages: short })).text);
  });

  it("forgets what was not heard after all, whatever was asked behind it", async () => {
    const asked = "And what was the colour of the door of that house, and who had painted it so?";
    const whole = [FIRST[0], ...turns.flat(), say("user", asked)];
    const heard = [...turns.slice(0, -1).flat(), turns.at(-1)![0]!, say("assistant", "It is a house")];
    const messages = [FIRST[0], ...heard, say("user", asked)];
    await tiny.generate({ seat: "half heard", messages: whole, context: "half heard" });
    const { ready, text } = await tiny.generate({ seat: "half heard", messages, context: "half heard" });
    expect(ready!.promptTokens - ready!.cachedTokens).toBeGreaterThan(20);
    expect(text).toBe((await tiny.generateAlone({ messages })).text);
  });

  it("keeps nothing that was computed behind a longer system prompt", async () => {
    const longer = [say("system", "Be brief. Speak of houses only."), ...short.slice(1)];
    await tiny.generate({ seat: "instructed", messages: longer, context: "instructed" });
    const { text } = await tiny.generate({ seat: "instructed", messages: short, context: "instructed" });
    expect(text).toBe((await tiny.generateAlone({ messages: short })).text);
  });

  it("gives nobody else what was computed behind messages that are gone", async () => {
    await using other = await TinyEngine.open();
    await other.generate({ seat: "one", messages: long, context: "one" });
    await other.generate({ seat: "one", messages: short, context: "one" });
    const { ready, text } = await other.generate({ seat: "two", messages: short, context: "two" });
    expect(ready!.promptTokens - ready!.cachedTokens).toBeGreaterThan(50);
    expect(text).toBe((await tiny.generateAlone({ messages: short })).text);
  });

  it.each([
    ["told anew", "two"],
    ["of no name", undefined],
  ])(
    "computes all behind the gap in a context that is %s, where what is gone must have no say",
    async (_, context) => {
      await using other = await TinyEngine.open();
      const seat = "exact";
      await other.generate({ seat, messages: long, context: "one" });
      const named = { seat, messages: short, ...(context !== undefined && { context }) };
      const { ready, text } = await other.generate(named);
      expect(ready!.promptTokens - ready!.cachedTokens).toBeGreaterThan(50);
      expect(text).toBe((await tiny.generateAlone({ messages: short })).text);
    },
  );
});

describe("a seat that begins like another one", () => {
  const MORE = [...FIRST, say("assistant", "Paris."), say("user", "And of Spain?")];

  it("starts from a copy of the other's cache and answers as if it had computed it", async () => {
    await tiny.generate({ seat: "original", messages: MORE });
    const { ready, text } = await tiny.generate({ seat: "copy", messages: MORE });
    expect(ready!.cachedTokens).toBe(ready!.promptTokens - 1);
    expect(text).toBe((await tiny.generateAlone({ messages: MORE })).text);
    const messages = [FIRST[0], say("user", "Is this a conversation of somebody else?")];
    const stranger = await tiny.generate({ seat: "stranger", messages });
    expect(stranger.ready!.cachedTokens).toBeGreaterThan(10);
    expect(stranger.ready!.cachedTokens).toBeLessThan(stranger.ready!.promptTokens - 10);
    expect(stranger.text).toBe((await tiny.generateAlone({ messages })).text);
  });

  it("takes it while the other one is being written on, and disturbs it not", async () => {
    const expected = await tiny.generateAlone({ messages: MORE });
    const job = tiny.engine.jobs.generate(request({ seat: "writing", messages: MORE }));
    await untilText(job);
    const { ready, text } = await tiny.generate({ seat: "reading", messages: MORE });
    expect(ready!.cachedTokens).toBe(ready!.promptTokens - 1);
    expect(text).toBe(expected.text);
    const rest = summary(await finish(job));
    expect(expected.text.endsWith(rest.text)).toBe(true);
    expect(rest.end).toEqual(expected.end);
  });

  it("takes turns with it without computing anything twice", async () => {
    const seats = ["monitor", "generator"] as const;
    let messages = [say("user", "Good day, how do you do?")];
    for (let turn = 0; turn < 4; turn++) {
      const { text } = await tiny.generate({ seat: seats[turn % 2]!, messages, maxTokens: 8 });
      expect(text).toBe((await tiny.generateAlone({ messages, maxTokens: 8 })).text);
      const heard = [...messages, say("assistant", text), say("user", `And ${turn}?`)];
      await tiny.prefill(seats[(turn + 1) % 2]!, heard);
      const { ready } = await tiny.generate({ seat: seats[(turn + 1) % 2]!, messages: heard, maxTokens: 8 });
      expect(ready!.cachedTokens).toBe(ready!.promptTokens - 1);
      const again = await tiny.generate({ seat: seats[turn % 2]!, messages: heard, maxTokens: 8 });
      expect(again.ready!.cachedTokens).toBe(again.ready!.promptTokens - 1);
      messages = heard;
    }
  });
});

describe("seats under a limit of memory", () => {
  it("lose the one that was used least recently, and nobody sees it but by the time it takes", async () => {
    await using small = await TinyEngine.open({ seatMemoryBytes: 1 });
    const { text, ready } = await small.generate({ seat: "old" });
    expect(ready!.cachedTokens).toBe(0);
    await small.generate({ seat: "new", messages: [say("user", "Something else.")] });
    expect(await small.generate({ seat: "old" })).toMatchObject({ text, ready: { cachedTokens: 0 } });
  });
});

describe("a new job on a seat", () => {
  it("ends the answer that was being written there, and is not disturbed by it", async () => {
    const seat = "contested";
    const old = tiny.engine.jobs.generate(request({ seat, maxTokens: 200 }));
    await untilText(old);
    const messages = [say("user", "Never mind. Hello!")];
    const job = tiny.engine.jobs.generate(request({ seat, messages }));
    await job.next();
    const late = await finish(old);
    expect(late.filter(({ type }) => type !== "text-delta")).toEqual([]);
    expect(late.length).toBeLessThanOrEqual(1);
    expect(summary(await finish(job)).text).toBe((await tiny.generateAlone({ messages })).text);
  });

  it("ends the prefill that was under way there, without one more run", async () => {
    // On a machine as slow as this one seems, few tokens are computed at a time.
    await using slow = await TinyEngine.open();
    let nowMs = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (nowMs += 1000));
    const seat = "outdated";
    const messages = [say("user", "Something else, and longer than before.")];
    const outdated = slow.engine.jobs.prefill({ seat, messages, maxTokens: 32, open: false });
    await outdated.next();
    const current = slow.engine.jobs.prefill({ seat, messages: FIRST, maxTokens: 32, open: false });
    await current.next();
    expect((await outdated.next()).done).toBe(true);
    await finish(current);
    clock.mockRestore();
    const { ready } = await slow.generate({ seat });
    expect(ready!.cachedTokens).toBe(ready!.promptTokens - 1);
  });

  it("finds a sound seat after one that was cancelled at any step", async () => {
    const seat = "cancelled";
    const { text } = await tiny.generateAlone();
    for (let steps = 0; steps < 12; steps++) {
      const messages = steps % 2 === 0 ? FIRST : [say("user", "Something else, and longer than before.")];
      const job = tiny.engine.jobs.generate(request({ seat, messages }));
      for (let step = 0; step < steps; step++) await job.next();
      await job.return();
    }
    expect((await tiny.generate({ seat })).text).toBe(text);
  });

  it("ends what is under way on a seat that is released", async () => {
    const seat = "let go";
    const job = tiny.engine.jobs.generate(request({ seat, maxTokens: 200 }));
    await untilText(job);
    await finish(tiny.engine.jobs.release({ seat }));
    expect((await finish(job)).filter(({ type }) => type !== "text-delta")).toEqual([]);
    expect((await tiny.generate({ seat })).text).toBe((await tiny.generateAlone()).text);
  });
});
