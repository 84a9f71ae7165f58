import fc from "fast-check";
import { expect, it } from "vitest";

import type { GenerationEvent } from "../../streaming/contracts.ts";
import { withoutSpeakerLabel } from "../../streaming/speaker-label.ts";

const NAMES = ["assistant", "antiphon", "emma stone", "r2 d2"];

async function* said(pieces: readonly string[]): AsyncGenerator<GenerationEvent, void, void> {
  yield { type: "prompt-ready", promptTokens: 3, cachedTokens: 0 };
  for (const text of pieces) {
    yield { type: "text-delta", text };
    await Promise.resolve();
  }
  yield { type: "generation-end", reason: "stop", completionTokens: 1 };
}

/** What is passed on, piece by piece. */
async function passed(...pieces: string[]): Promise<string[]> {
  const events: GenerationEvent[] = [];
  for await (const event of withoutSpeakerLabel(said(pieces), NAMES)) events.push(event);
  expect(events.at(0)?.type).toBe("prompt-ready");
  expect(events.at(-1)?.type).toBe("generation-end");
  return events.flatMap((event) => (event.type === "text-delta" ? [event.text] : []));
}

it("leaves out the name that is put before what is said, however it is cut into pieces", async () => {
  expect(await passed("Ant", "iphon", ":", " Rain", " falls.")).toEqual(["Rain", " falls."]);
  expect(await passed("ASSISTANT: Hello.")).toEqual(["Hello."]);
  expect(await passed("Emma", " Stone:", " Hello.")).toEqual(["Hello."]);
  expect(await passed("R2", "-D2", ": Beep.")).toEqual(["Beep."]);
  expect(await passed("Antiphon:")).toEqual([]);
});

it("keeps names that are part of what is said, and all that comes later", async () => {
  expect((await passed("Ant", "iphon", " is my name.")).join("")).toBe("Antiphon is my name.");
  expect((await passed("Antiphon")).join("")).toBe("Antiphon");
  expect((await passed("I say: ", "Antiphon: yes")).join("")).toBe("I say: Antiphon: yes");
});

it("passes on at once what cannot become a name, and loses nothing of what is none", async () => {
  expect(await passed("Rain", " falls.")).toEqual(["Rain", " falls."]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string(), { maxLength: 6 }), async (pieces) => {
      const whole = pieces.join("");
      fc.pre(!whole.includes(":"));
      expect((await passed(...pieces)).join("")).toBe(whole);
    }),
  );
});
