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
    const again = await tiny.generate({ seat });
    expect(again.text).toBe(first.text);
    expect(again.ready).toEqual({ ...first.ready, cachedTokens: first.ready!.promptTokens - 1 });
    const messages = [...FIRST, say("assistant", "Paris."), say("user", "And of Spain?")];
    const next = await tiny.generate({ seat, messages });
    expect(next.ready!.cachedTokens).toBeGreaterThanOrEqual(first.ready!.promptTokens);
    expect(next.text).toBe((await tiny.generate({ messages })).text);
  });

  it("that was prefilled with the question answers as it would alone, at the cost of one token", async () => {
    const seat = "prefilled";
    expect(
      await finish(tiny.engine.jobs.prefill({ seat, messages: FIRST, maxTokens: 32, open: false })),
    ).toEqual([]);
    const { text, ready } = await tiny.generate({ seat });
    expect(ready!.cachedTokens).toBe(ready!.promptTokens - 1);
    expect(text).toBe((await tiny.generate()).text);
  });

  it("that was prefilled with a growing question keeps all of it that is certain", async () => {
    const seat = "growing";
    for (const content of ["Wha", "What is", "What is the capi", "What is the capital of Fran"]) {
      await tiny.prefill(seat, [FIRST[0], say("user", content)], true);
    }
    const { text, ready } = await tiny.generate({ seat });
    expect(ready!.promptTokens - ready!.cachedTokens).toBeLessThan(20);
    expect(text).toBe((await tiny.generate()).text);
  });

  it("forgets what was not heard after all", async () => {
    const seat = "unheard";
    await tiny.generate({ seat });
    const messages = [...FIRST, say("assistant", "Par"), say("user", "Stop. What time is it?")];
    expect((await tiny.generate({ seat, messages })).text).toBe((await tiny.generate({ messages })).text);
  });

  it("does not notice the others", async () => {
    const other = [say("user", "Tell me a joke.")];
    const expected = [(await tiny.generate()).text, (await tiny.generate({ messages: other })).text];
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
    const seat = "released";
    await tiny.generate({ seat });
    await finish(tiny.engine.jobs.release({ seat }));
    expect((await tiny.generate({ seat })).ready!.cachedTokens).toBe(0);
    await finish(tiny.engine.jobs.release({ seat: "never seen" }));
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
    expect(summary(await finish(job)).text).toBe((await tiny.generate({ messages })).text);
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
    const { text } = await tiny.generate();
    for (let steps = 0; steps < 12; steps++) {
      const messages = steps % 2 === 0 ? FIRST : [say("user", "Something else, and longer than before.")];
      const job = tiny.engine.jobs.generate(request({ seat, messages }));
      for (let step = 0; step < steps; step++) await job.next();
      await job.return();
    }
    expect((await tiny.generate({ seat })).text).toBe(text);
  });
});
