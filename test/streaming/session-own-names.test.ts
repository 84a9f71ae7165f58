import { afterEach, expect, it } from "vitest";

import { FakeSpeechRecognizer } from "../../models/fakes/index.ts";
import { FakeConversation, FRANCE, PHRASES, STOP } from "../support/fake-conversation.ts";

const open: FakeConversation[] = [];
afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (conversation) => {
      await conversation.close();
    }),
  );
});

/** A conversation in which the user, or somebody in the room, calls Emma; the instructions say who that is. */
function converse(systemPrompt: string): FakeConversation {
  const recognizer = new FakeSpeechRecognizer({ ...PHRASES, [STOP]: "Hey Emma, stop that noise." });
  const conversation = new FakeConversation({ recognizer }, undefined, { systemPrompt });
  open.push(conversation);
  return conversation;
}

async function call(conversation: FakeConversation): Promise<string | undefined> {
  await conversation.say(STOP);
  await conversation.silence(2500);
  return conversation.of("decision").at(-1)?.kind;
}

it("answers who calls it by the name that its instructions give it", async () => {
  const conversation = converse("You are Emma. Be brief.");
  expect(await call(conversation)).toBe("query");
  expect(conversation.of("answer-start")).toMatchObject([{ turn: 1 }]);
});

it("leaves alone who calls somebody else by that name", async () => {
  const conversation = converse("Be brief.");
  expect(await call(conversation)).toBe("side-talk");
  expect(conversation.of("turn-dropped")).toMatchObject([{ turn: 1 }]);
  expect(conversation.of("answer-start")).toEqual([]);
});

it("yields over an answer to who calls it, and to nobody who calls somebody else", async () => {
  for (const [systemPrompt, outcome] of [
    ["You are Emma.", "interrupted"],
    ["Be brief.", "completed"],
  ] as const) {
    const conversation = converse(systemPrompt);
    await conversation.say(FRANCE);
    await conversation.silence(700);
    await conversation.say(STOP);
    await conversation.silence(4000);
    expect(conversation.of("answer-end")[0]).toMatchObject({ turn: 1, outcome });
  }
});

it("is called otherwise from the moment that its instructions change, and by no other settings", async () => {
  const conversation = converse("Be brief.");
  const { session } = conversation;
  expect(await call(conversation)).toBe("side-talk");
  session.push({ type: "configure", settings: { systemPrompt: "Your name is Emma." } });
  expect(await call(conversation)).toBe("query");
  await conversation.silence(2000);
  session.push({ type: "configure", settings: { speed: 1.2 } });
  expect(await call(conversation)).toBe("query");
  await conversation.silence(2000);
  session.push({ type: "configure", settings: { systemPrompt: "Your name is Max." } });
  expect(await call(conversation)).toBe("side-talk");
});
