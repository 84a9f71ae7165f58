import { describe, expect, it } from "vitest";

import { FRAME_MS } from "../../audio/index.ts";
import { tone } from "../../models/fakes/index.ts";
import { textOf } from "../../streaming/index.ts";
import { END_TOLERANCE_MS, PATIENCE_WITH_LISTENER_MS } from "../../streaming/paced-playback.ts";
import { converse, type FakeConversation, FRANCE, settle, STOP } from "../support/fake-conversation.ts";
import { FarLoudspeaker } from "../support/far-loudspeaker.ts";

const LONG_ANSWER = "One two three four five six seven eight nine ten.";

/** Silence, in which the client says every 100 ms how much of the first answer it has played. */
async function report(conversation: FakeConversation, ms: number, playedMs: () => number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 100) {
    conversation.session.push({ type: "playback", turn: 1, playedMs: playedMs() });
    await conversation.silence(100);
  }
}

/** What the assistant has said, as the language model is told at the next question. */
async function remembered(conversation: FakeConversation): Promise<readonly string[]> {
  conversation.session.push({ type: "text", text: "What did you say?" });
  await settle();
  const messages = conversation.languageModel.generations.at(-1)?.messages ?? [];
  return messages.filter(({ role }) => role === "assistant").map(textOf);
}

/** A client that plays an answer as it comes, for all that it says so short of its end, after `waitMs`. */
async function ending(shortMs: number, waitMs: number): Promise<FakeConversation> {
  const conversation = converse({}, () => LONG_ANSWER);
  const sentMs = (): number => conversation.of("answer-audio").length * FRAME_MS;
  conversation.session.push({ type: "text", text: "Count." });
  await report(conversation, waitMs, () =>
    Math.max(0, Math.min(conversation.clock.nowMs(), sentMs()) - shortMs),
  );
  return conversation;
}

describe("an answer that the client plays later than it comes", () => {
  it("is not remembered where a page held it back until the user went on, and dropped it", async () => {
    const conversation = converse();
    conversation.session.push({ type: "text", text: "And of Italy?" });
    await report(conversation, 1500, () => 0);
    expect(conversation.of("answer-end")).toEqual([]);
    expect(await remembered(conversation)).toEqual([]);
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "interrupted", text: "" }]);
  });

  it("is remembered where it was held back and then played", async () => {
    const conversation = converse();
    conversation.session.push({ type: "text", text: "And of Italy?" });
    await report(conversation, 1500, () => 0);
    await report(conversation, 600, () => conversation.clock.nowMs() - 1500);
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "completed", text: "Rome." }]);
    expect(await remembered(conversation)).toEqual(["Rome."]);
  });

  it("is talked into like any other as long as it is heard, and kept as far as it was", async () => {
    const conversation = converse({}, (question) => (question === "Count." ? LONG_ANSWER : "Rome."));
    const late = { wayMs: 0, bufferMs: 1000, holdMs: 0, reportsUntilMs: Infinity };
    const speaker = new FarLoudspeaker(conversation, late);
    conversation.session.push({ type: "text", text: "Count." });
    await speaker.hear(new Float32Array(2200 * 16));
    // All of it has left by now, and its time is over.
    expect(conversation.of("answer-audio")).toHaveLength(100);
    await speaker.hear(tone(STOP, 800));
    await speaker.hear(new Float32Array(1500 * 16));
    expect(conversation.of("floor")[0]).toMatchObject({ turn: 1, level: "ducked" });
    const [first] = conversation.of("answer-end");
    expect(first).toMatchObject({ turn: 1, outcome: "interrupted" });
    expect(first?.text).toMatch(/^One two three four five six( seven)?( eight)?$/u);
    expect(await remembered(conversation)).toEqual([first?.text, "Rome."]);
  });

  it("ends, unheard, where the client never plays it, and the next one is given", async () => {
    const conversation = converse();
    conversation.session.push({ type: "text", text: "And of Italy?" });
    await report(conversation, PATIENCE_WITH_LISTENER_MS, () => 0);
    expect(conversation.of("answer-end")).toEqual([]);
    await report(conversation, 500, () => 0);
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "interrupted", text: "" }]);
    await conversation.say(FRANCE);
    await conversation.silence(4000);
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1 }, { turn: 2, outcome: "completed" }]);
  });

  it("is over in real time for who ends as much short of it as their device lags", async () => {
    for (const shortMs of [120, END_TOLERANCE_MS]) {
      const conversation = await ending(shortMs, 2600);
      expect(conversation.of("answer-end"), `${shortMs}`).toMatchObject([
        { outcome: "completed", text: LONG_ANSWER },
      ]);
    }
  });

  it("is waited for where more of its end is held back", async () => {
    const conversation = await ending(END_TOLERANCE_MS + 1, 5000);
    expect(conversation.of("answer-end")).toEqual([]);
  });

  it("is told to have no more sound as soon as all of it has left, so that no client waits for more", async () => {
    const conversation = converse();
    conversation.session.push({ type: "text", text: "And of Italy?" });
    await report(conversation, 1000, () => 0);
    const types = conversation.events.map(({ type }) => type);
    expect(types.filter((type) => type === "audio-end")).toHaveLength(1);
    expect(types.indexOf("audio-end")).toBe(types.lastIndexOf("answer-audio") + 1);
    expect(types).not.toContain("answer-end");
  });
});
