import { afterEach, describe, expect, it } from "vitest";

import { SILENCE_NOTE } from "../../streaming/long-silence.ts";
import { FakeConversation, FRANCE, settle, STOP } from "../support/fake-conversation.ts";

const open: FakeConversation[] = [];
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

describe("a user who is silent behind an answer", () => {
  /** Has asked something, and heard the answer to its end; returns when that was. */
  async function answered(): Promise<{ conversation: FakeConversation; endMs: number }> {
    const conversation = new FakeConversation();
    open.push(conversation);
    conversation.session.push({ type: "configure", settings: { manners: { idleMs: 5000 } } });
    await conversation.say(FRANCE);
    await conversation.silence(4000);
    const end = conversation.timed.find(({ event }) => event.type === "answer-end");
    return { conversation, endMs: end?.atMs ?? Number.NaN };
  }

  it("is spoken to again, from the end of its sound on and once", async () => {
    const { conversation, endMs } = await answered();
    await conversation.silence(endMs + 4900 - conversation.clock.nowMs());
    expect(conversation.of("silence-end")).toEqual([]);
    await conversation.silence(200);
    const [ended] = conversation.of("silence-end");
    expect(ended?.turn).toBe(2);
    expect(Math.abs((ended?.sinceMs ?? 0) - endMs)).toBeLessThan(60);
    await conversation.silence(20_000);
    const answers = conversation.of("answer-end").map(({ turn, outcome }) => ({ turn, outcome }));
    expect(answers).toEqual([
      { turn: 1, outcome: "completed" },
      { turn: 2, outcome: "completed" },
    ]);
    expect(conversation.of("transcript-end")).toHaveLength(1);
    // Nothing was asked: a model that is not told so says its last answer once more.
    const told = conversation.languageModel.generations.at(-1)?.messages ?? [];
    expect(told.slice(-2)).toMatchObject([{ role: "assistant" }, { role: "user", content: SILENCE_NOTE }]);
  });

  it("is spoken to also where their client sends no sound", async () => {
    const { conversation } = await answered();
    for (let passedMs = 0; passedMs < 6000; passedMs += 100) {
      conversation.clock.advance(100);
      await settle();
    }
    expect(conversation.of("silence-end")).toHaveLength(1);
  });

  it("has been silent where their client finds it in what it has sent, however often it sends none", async () => {
    const conversation = new FakeConversation();
    open.push(conversation);
    conversation.session.push({ type: "configure", settings: { manners: { idleMs: 5000 } } });
    /** The client sends nothing. */
    const pass = async (durationMs: number): Promise<void> => {
      for (let passedMs = 0; passedMs < durationMs; passedMs += 100) {
        conversation.clock.advance(100);
        await settle();
      }
    };
    await conversation.say(FRANCE, 800);
    await pass(6000);
    expect(conversation.of("answer-end")).toHaveLength(1);
    await conversation.silence(1000);
    await pass(5000);
    const [ended, ...more] = conversation.of("silence-end");
    expect(more).toEqual([]);
    expect(ended).toMatchObject({ sinceMs: 800, atMs: 1800 });
  });

  it("is left alone behind what was said unasked: a timer must not have an empty room talked to", async () => {
    const { conversation } = await answered();
    conversation.session.push({ type: "say", text: "The tea is ready." });
    await conversation.silence(20_000);
    expect(conversation.of("answer-end").map(({ outcome }) => outcome)).toEqual(["completed", "completed"]);
    expect(conversation.of("silence-end")).toEqual([]);
  });

  it("is waited for anew once they have written something, also where nobody answers that yet", async () => {
    const { conversation } = await answered();
    await conversation.silence(3000);
    conversation.session.push({ type: "add-context", messages: [{ role: "user", text: "And of Italy?" }] });
    await conversation.silence(4900);
    expect(conversation.of("silence-end")).toEqual([]);
    await conversation.silence(200);
    expect(conversation.of("silence-end")).toHaveLength(1);
  });

  it("is waited for anew once they have said something", async () => {
    const { conversation } = await answered();
    await conversation.silence(2500);
    await conversation.say(STOP);
    await conversation.silence(4000);
    expect(conversation.of("answer-end")).toHaveLength(2);
    expect(conversation.of("silence-end")).toEqual([]);
    await conversation.silence(3000);
    expect(conversation.of("silence-end")).toMatchObject([{ turn: 3 }]);
  });
});
