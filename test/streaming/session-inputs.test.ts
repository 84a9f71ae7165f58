import { afterEach, describe, expect, it } from "vitest";

import type { SessionOptions } from "../../streaming/index.ts";
import { ANSWERS, FakeConversation, FRANCE, PHRASES, settle, STOP } from "../support/fake-conversation.ts";

const open: FakeConversation[] = [];
function converse(): FakeConversation {
  const conversation = new FakeConversation();
  open.push(conversation);
  return conversation;
}
async function manually(): Promise<FakeConversation> {
  const conversation = converse();
  conversation.session.push({ type: "configure", settings: { turns: "manual" } });
  await settle();
  return conversation;
}
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

const SAMPLING = { temperature: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 };
const promptOf = (conversation: FakeConversation) => conversation.languageModel.generations.at(-1)?.messages;

describe("a client that ends the turns itself", () => {
  it("is answered when it says so, however long the user was silent before, and at once", async () => {
    const conversation = await manually();
    await conversation.say(FRANCE);
    await conversation.silence(5000);
    expect(conversation.of("answer-start")).toHaveLength(0);
    conversation.session.push({ type: "commit" });
    await settle();
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[FRANCE]]);
    expect(conversation.of("answer-start")).toHaveLength(1);
  });

  it("is answered whatever was said into silence, also what would have silenced an answer", async () => {
    const conversation = await manually();
    await conversation.say(STOP);
    conversation.session.push({ type: "commit" });
    await conversation.silence(500);
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[STOP]]);
    expect(conversation.of("answer-start")).toHaveLength(1);
  });

  it("is told every word where it decides what is answered", async () => {
    const conversation = converse();
    conversation.session.push({ type: "configure", settings: { answers: "when-asked" } });
    await settle();
    await conversation.say(STOP);
    await conversation.silence(2000);
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[STOP]]);
    expect(conversation.of("answer-start")).toHaveLength(0);
  });

  it("is told that nothing was said where nothing was", async () => {
    const conversation = await manually();
    await conversation.silence(1000);
    conversation.session.push({ type: "commit" });
    await settle();
    expect(conversation.events.map(({ type }) => type)).toEqual(["turn-dropped"]);
    expect(conversation.languageModel.generations).toHaveLength(0);
  });

  it("can take back what was said", async () => {
    const conversation = await manually();
    await conversation.say(FRANCE);
    conversation.session.push({ type: "clear" });
    await conversation.silence(200);
    conversation.session.push({ type: "commit" });
    await settle();
    expect(conversation.of("answer-start")).toHaveLength(0);
    expect(conversation.of("turn-dropped")).toHaveLength(2);
  });

  it("is answered by what stands in the context while it has not handed over what was said, and hands that over later", async () => {
    const conversation = await manually();
    await conversation.say(FRANCE);
    conversation.session.push({ type: "respond" });
    await conversation.silence(3000);
    expect(conversation.of("answer-end").map(({ outcome }) => outcome)).toEqual(["completed"]);
    expect(conversation.of("turn-dropped")).toHaveLength(0);
    conversation.session.push({ type: "commit" });
    await settle();
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[FRANCE]]);
    expect(conversation.of("answer-start").map(({ turn }) => turn)).toEqual([2, 3]);
  });

  it("is not talked out of an answer by sound, but by its next turn", async () => {
    const conversation = await manually();
    await conversation.say(FRANCE);
    conversation.session.push({ type: "commit" });
    await settle();
    await conversation.say(STOP);
    await conversation.silence(300);
    expect(conversation.of("floor")).toHaveLength(0);
    expect(conversation.of("answer-end")).toHaveLength(0);
    conversation.session.push({ type: "commit" });
    await settle();
    expect(conversation.of("answer-end")).toMatchObject([{ turn: 1, outcome: "interrupted" }]);
    expect(conversation.of("answer-start")).toHaveLength(2);
  });

  it("can be one whose turns are heard again", async () => {
    const conversation = await manually();
    conversation.session.push({ type: "configure", settings: { turns: "automatic" } });
    await conversation.say(FRANCE);
    await conversation.silence(600);
    expect(conversation.of("answer-start")).toHaveLength(1);
  });

  it("is answered after its turns are heard again, also what it had said before", async () => {
    const conversation = await manually();
    await conversation.say(FRANCE);
    await conversation.silence(3000);
    conversation.session.push({ type: "configure", settings: { turns: "automatic" } });
    await conversation.silence(600);
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[FRANCE]]);
    expect(conversation.of("answer-start")).toHaveLength(1);
  });

  it("is waited for from the moment that it says so, also in a turn that was nearly over", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    await conversation.silence(160);
    conversation.session.push({ type: "configure", settings: { turns: "manual" } });
    await conversation.silence(5000);
    expect(conversation.of("answer-start")).toHaveLength(0);
    conversation.session.push({ type: "commit" });
    await settle();
    expect(conversation.of("transcript-end").map(({ text }) => text)).toEqual([PHRASES[FRANCE]]);
    expect(conversation.of("answer-start")).toHaveLength(1);
  });

  it("may also do so where turns are heard: the silence is not waited for", async () => {
    const conversation = converse();
    await conversation.say(FRANCE);
    conversation.session.push({ type: "commit" });
    await settle();
    expect(conversation.of("answer-start")).toHaveLength(1);
    await conversation.silence(4000);
    expect(conversation.of("answer-start")).toHaveLength(1);
  });
});

describe("settings that change while an answer waits to be heard", () => {
  const LONG = { systemPrompt: "Be long.", sampling: SAMPLING };

  async function waiting(settings: Partial<SessionOptions> = {}): Promise<FakeConversation> {
    const conversation = converse();
    conversation.session.push({ type: "configure", settings });
    await conversation.say(FRANCE);
    await conversation.silence(160);
    return conversation;
  }

  it("count for it: it is begun anew, and only what was begun last is heard", async () => {
    const conversation = await waiting();
    expect(conversation.languageModel.generations).toHaveLength(1);
    expect(conversation.of("answer-start")).toHaveLength(0);
    conversation.session.push({ type: "configure", settings: LONG });
    await conversation.silence(5000);
    expect(conversation.languageModel.generations).toHaveLength(2);
    expect(promptOf(conversation)).toEqual([
      { role: "system", content: "Be long." },
      { role: "user", content: PHRASES[FRANCE] },
    ]);
    expect(conversation.of("answer-end").map(({ text }) => text)).toEqual([ANSWERS[PHRASES[FRANCE]]]);
    expect(conversation.of("answer-end")[0]?.timings.revisions).toBe(1);
  });

  it("are the same as before: what was begun goes on", async () => {
    const conversation = await waiting(LONG);
    conversation.session.push({ type: "configure", settings: { ...LONG, sampling: { ...SAMPLING } } });
    await conversation.silence(5000);
    expect(conversation.languageModel.generations).toHaveLength(1);
    expect(conversation.of("answer-end")[0]?.timings.revisions).toBe(0);
  });

  it("may take it back, or ask for it", async () => {
    const taken = await waiting();
    taken.session.push({ type: "configure", settings: { answers: "when-asked" } });
    await taken.silence(5000);
    expect(taken.of("answer-start")).toHaveLength(0);
    expect(taken.of("transcript-end")).toHaveLength(1);
    const asked = await waiting({ answers: "when-asked" });
    asked.session.push({ type: "configure", settings: { answers: "always" } });
    await asked.silence(5000);
    expect(asked.of("answer-start")).toHaveLength(1);
    asked.session.push({ type: "configure", settings: LONG });
    await settle();
    expect(asked.languageModel.generations).toHaveLength(1);
  });
});

describe("the context of a conversation", () => {
  it.each(["add-context", "replace-context"] as const)(
    "changes for an answer that waits to be heard, too, and for it only: %s",
    async (type) => {
      const conversation = converse();
      const { session } = conversation;
      await conversation.say(FRANCE);
      await conversation.silence(160);
      expect(conversation.languageModel.generations).toHaveLength(1);
      expect(conversation.of("answer-start")).toHaveLength(0);
      session.push({ type, messages: [{ role: "assistant", text: "Hello Ada." }] });
      await conversation.silence(5000);
      expect(promptOf(conversation)?.slice(1)).toEqual([
        { role: "assistant", content: "Hello Ada." },
        { role: "user", content: PHRASES[FRANCE] },
      ]);
      expect(conversation.of("answer-end").map(({ text }) => text)).toEqual([ANSWERS[PHRASES[FRANCE]]]);
      session.push({ type, messages: [{ role: "user", text: "Goodbye." }] });
      await settle();
      expect(conversation.languageModel.generations).toHaveLength(2);
    },
  );

  it("takes what was said elsewhere, and is answered as it stands", async () => {
    const conversation = converse();
    const { session } = conversation;
    session.push({
      type: "add-context",
      messages: [
        { role: "user", text: "My name is Ada." },
        { role: "assistant", text: "Hello Ada." },
        { role: "user", text: "And of Italy?" },
      ],
    });
    session.push({ type: "respond" });
    await settle();
    expect(promptOf(conversation)?.slice(1)).toEqual([
      { role: "user", content: "My name is Ada." },
      { role: "assistant", content: "Hello Ada." },
      { role: "user", content: "And of Italy?" },
    ]);
    expect(conversation.of("transcript-end")).toHaveLength(0);
    await conversation.silence(4000);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "completed", text: "Rome." }]);
    session.push({ type: "text", text: "Why?" });
    await settle();
    expect(promptOf(conversation)?.slice(-2)).toEqual([
      { role: "assistant", content: ANSWERS["And of Italy?"] },
      { role: "user", content: "Why?" },
    ]);
  });

  it("can be another one from now on, and begin otherwise", async () => {
    const conversation = converse();
    const { session } = conversation;
    session.push({ type: "add-context", messages: [{ role: "user", text: "Forget this." }] });
    session.push({ type: "replace-context", messages: [{ role: "user", text: "Keep this." }] });
    session.push({ type: "configure", settings: { systemPrompt: "Be long." } });
    session.push({ type: "respond" });
    await settle();
    expect(promptOf(conversation)).toEqual([
      { role: "system", content: "Be long." },
      { role: "user", content: "Keep this." },
    ]);
  });
});
