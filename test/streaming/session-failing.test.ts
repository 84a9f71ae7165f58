import { describe, expect, it, test } from "vitest";

import { textOf } from "../../streaming/index.ts";
import { converse, type FakeConversation, FRANCE, settle } from "../support/fake-conversation.ts";

/** What the assistant has said, as the language model is told at the next question. */
async function remembered(conversation: FakeConversation): Promise<readonly string[]> {
  conversation.session.push({ type: "text", text: "What did you say?" });
  await settle();
  const messages = conversation.languageModel.generations.at(-1)?.messages ?? [];
  return messages.filter(({ role }) => role === "assistant").map(textOf);
}

describe("an answer that fails", () => {
  it("is remembered as far as it was heard, without the apology", async () => {
    const conversation = converse({}, () => new Error("connection lost"));
    conversation.session.push({ type: "text", text: "Tell me all." });
    await conversation.silence(4000);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "failed" }]);
    expect(await remembered(conversation)).toEqual(["Well"]);
  });

  it("is remembered without the apology, too, where that is interrupted", async () => {
    const conversation = converse({}, () => new Error("connection lost"));
    conversation.session.push({ type: "text", text: "Tell me all." });
    await conversation.silence(900);
    conversation.session.push({ type: "interrupt" });
    await settle();
    expect(conversation.of("answer-end")).toMatchObject([
      { outcome: "interrupted", text: expect.stringContaining("sorry") as string },
    ]);
    expect(await remembered(conversation)).toEqual(["Well"]);
  });

  it("is remembered as it was written where it is only read", async () => {
    const conversation = converse({}, () => new Error("connection lost"));
    conversation.session.push({ type: "configure", settings: { spoken: false } });
    conversation.session.push({ type: "text", text: "Tell me all." });
    await conversation.silence(200);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "failed" }]);
    expect(await remembered(conversation)).toEqual(["Well"]);
  });

  it("is not remembered where no more was written than the apology", async () => {
    const conversation = converse({}, () => "");
    conversation.session.push({ type: "text", text: "Tell me all." });
    await conversation.silence(4000);
    expect(conversation.of("answer-end")).toMatchObject([{ outcome: "failed" }]);
    expect(await remembered(conversation)).toEqual([]);
  });
});

// It would wait for ever: nothing would tell that what went wrong is over.
test("what is to be said unasked is said also where something has gone wrong since", async () => {
  const conversation = converse();
  const { languageModel, session } = conversation;
  const prefill = languageModel.prefill.bind(languageModel);
  await conversation.say(FRANCE);
  languageModel.prefill = () => {
    languageModel.prefill = prefill;
    throw new Error("out of memory");
  };
  await conversation.silence(1200);
  expect(conversation.of("error")).toMatchObject([{ code: "internal" }]);
  session.push({ type: "say", text: "The tea is ready." });
  await conversation.silence(6000);
  const [, said] = conversation.of("answer-end");
  expect(said).toMatchObject({ outcome: "completed", text: "The tea is ready." });
});
