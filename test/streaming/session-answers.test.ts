import { afterEach, describe, expect, it } from "vitest";

import { ANSWERS, FakeConversation, FRANCE, PHRASES, settle } from "../support/fake-conversation.ts";

const open: FakeConversation[] = [];
function converse(): FakeConversation {
  const conversation = new FakeConversation();
  open.push(conversation);
  return conversation;
}
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

const promptOf = (conversation: FakeConversation) => conversation.languageModel.generations.at(-1)?.messages;

it("a question is got ready and answered under one name, or nothing of what was computed ahead could be used", async () => {
  const conversation = converse();
  await settle();
  conversation.session.push({ type: "text", text: PHRASES[FRANCE] });
  await settle();
  await conversation.silence(200);
  const { prefills, generations } = conversation.languageModel;
  expect(prefills.length).toBeGreaterThan(0);
  expect(generations).toHaveLength(1);
  const names = new Set([...prefills, ...generations].map(({ context = "" }) => context));
  expect([...names]).toEqual([expect.stringMatching(/\w/u)]);
});

describe("answers that are only read", () => {
  it("come whole and at once, without sound, and the next question takes nothing of them back", async () => {
    const conversation = converse();
    const { session } = conversation;
    session.push({ type: "configure", settings: { spoken: false } });
    session.push({ type: "text", text: PHRASES[FRANCE] });
    await settle();
    await settle(); // no time passes: only what is written is waited for
    const text = ANSWERS[PHRASES[FRANCE]];
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "completed", text }]);
    expect(conversation.of("answer-audio")).toEqual([]);
    session.push({ type: "text", text: "Why?" });
    await settle();
    expect(promptOf(conversation)?.slice(-2)).toEqual([
      { role: "assistant", content: text },
      { role: "user", content: "Why?" },
    ]);
  });

  it("are known to have been stopped in the middle of a sentence, or the next one would stop there, too", async () => {
    const conversation = converse();
    const { session } = conversation;
    session.push({ type: "configure", settings: { spoken: false } });
    session.push({ type: "text", text: PHRASES[FRANCE] });
    while (conversation.of("answer-delta").length < 3) await new Promise((resolve) => setImmediate(resolve));
    session.push({ type: "text", text: "Why?" });
    await settle();
    const [first, second] = conversation.languageModel.generations;
    expect(second?.messages.at(-2)?.content).toMatch(/^The capital of(?! France is Paris)/u);
    expect([first?.wholeSentences, second?.wholeSentences]).toEqual([false, true]);
  });

  it("are heard from when somebody listens", async () => {
    const conversation = converse();
    const { session } = conversation;
    session.push({ type: "configure", settings: { spoken: false } });
    session.push({ type: "configure", settings: { spoken: true } });
    session.push({ type: "text", text: PHRASES[FRANCE] });
    await settle();
    expect(conversation.of("answer-audio")).not.toEqual([]);
    expect(conversation.of("answer-end")).toEqual([]);
  });
});
