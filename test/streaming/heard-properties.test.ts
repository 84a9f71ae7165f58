import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FAKE_VOICE, tone } from "../../models/fakes/index.ts";
import { textOf } from "../../streaming/index.ts";
import { FakeConversation, settle, STOP } from "../support/fake-conversation.ts";
import { FarLoudspeaker, type FarLoudspeakerOptions } from "../support/far-loudspeaker.ts";

const LONG_ANSWER = "One two three four five six seven eight nine ten, and so on, and so on.";
const SOUND_MS = 16 * FAKE_VOICE.wordMs;

/** What is kept is whole words, and what was played since the last report can only be supposed. */
const TOLERANCE_MS = FAKE_VOICE.wordMs + 100;

/** Any client here has played the answer by then. */
const LONGEST_MS = SOUND_MS + 8000;

const silence = (ms: number): Float32Array => new Float32Array(ms * 16);

/** What cuts the answer off, if anything does. */
type End = "nothing" | "button" | "typed" | "spoken";

async function end(conversation: FakeConversation, speaker: FarLoudspeaker, how: End): Promise<void> {
  if (how === "button") conversation.session.push({ type: "interrupt" });
  if (how === "typed") conversation.session.push({ type: "text", text: "And of Italy?" });
  if (how === "spoken") await speaker.hear(tone(STOP, 800));
  await settle();
}

/** How the first answer ended, once that has reached the client. */
async function untilOver(conversation: FakeConversation, speaker: FarLoudspeaker) {
  for (let passedMs = 0; passedMs < LONGEST_MS; passedMs += 100) {
    const ended = conversation.of("answer-end").find(({ turn }) => turn === 1);
    await speaker.hear(silence(100));
    if (ended !== undefined) return ended;
  }
  throw new Error("the first answer does not end");
}

/** Has one answer given to this client, asks something else, and checks what is kept against what was played. */
async function check(options: FarLoudspeakerOptions, afterMs: number, how: End): Promise<void> {
  const conversation = new FakeConversation({}, (question) =>
    question === "Tell me all." ? LONG_ANSWER : "Rome.",
  );
  const speaker = new FarLoudspeaker(conversation, options);
  try {
    conversation.session.push({ type: "text", text: "Tell me all." });
    await speaker.hear(silence(afterMs));
    await end(conversation, speaker, how);
    const first = await untilOver(conversation, speaker);
    const { playedMs, toldMs } = speaker.of(1) ?? { playedMs: 0, toldMs: 0 };
    const words = first.text.split(" ").filter((word) => word !== "");
    const keptMs = words.length * FAKE_VOICE.wordMs;
    expect(keptMs).toBeLessThanOrEqual(playedMs + TOLERANCE_MS);
    expect(keptMs).toBeGreaterThanOrEqual(toldMs - FAKE_VOICE.wordMs);
    conversation.session.push({ type: "text", text: "And of Italy?" });
    await settle();
    const messages = conversation.languageModel.generations.at(-1)?.messages ?? [];
    const kept = messages.filter(({ role }) => role === "assistant").map(textOf);
    expect(kept.filter((text) => text !== "Rome.")).toEqual(first.text === "" ? [] : [first.text]);
  } finally {
    await conversation.close();
  }
}

const reporting = fc.record({
  wayMs: fc.constantFrom(0, 20, 40),
  bufferMs: fc.constantFrom(0, 40, 100),
  holdMs: fc.constantFrom(0, 0, 700, 1800, 4000),
  stall: fc.option(fc.record({ atMs: fc.nat(SOUND_MS), ms: fc.integer({ min: 100, max: 3000 }) }), {
    nil: undefined,
  }),
  reportsUntilMs: fc.constant(Infinity),
});

describe("what the history keeps of an answer", () => {
  it("is what the client has played, to the word, however late, held or halting that is", async () => {
    await fc.assert(
      fc.asyncProperty(
        reporting,
        fc.nat(8000),
        fc.constantFrom<End>("nothing", "button", "typed", "spoken"),
        check,
      ),
      { numRuns: 15 },
    );
  });

  it("is what real time allows where the client does not report, or no longer", async () => {
    const silentFrom = fc.constantFrom(-1, 0, 500, 1500).map((reportsUntilMs) => {
      const isSilent = reportsUntilMs < 0;
      return {
        wayMs: isSilent ? 0 : 20,
        bufferMs: isSilent ? 0 : 60,
        holdMs: 0,
        stall: undefined,
        reportsUntilMs,
      };
    });
    await fc.assert(
      fc.asyncProperty(silentFrom, fc.nat(5000), fc.constantFrom<End>("nothing", "button", "typed"), check),
      { numRuns: 15 },
    );
  });
});
