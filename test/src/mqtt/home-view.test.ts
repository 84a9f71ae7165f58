import { afterEach, beforeEach, expect, test } from "vitest";

import { ConversationView } from "../../../src/mqtt/home-view.ts";
import type { SessionEvent, SessionOptions } from "../../../streaming/index.ts";
import { FakeConversation, FRANCE } from "../../support/fake-conversation.ts";

let conversation: FakeConversation;
let view: ConversationView;
beforeEach(() => {
  conversation = new FakeConversation();
  view = new ConversationView();
});
afterEach(async () => {
  await conversation.close();
});

function configure(settings: Partial<SessionOptions>): void {
  conversation.session.push({ type: "configure", settings });
  view.configure(settings);
}

/** What the home sees of all that has happened since it last looked. */
let seen = 0;
beforeEach(() => (seen = 0));
function states(): string[] {
  const all = conversation.events.slice(seen).map((event) => {
    view.note(event);
    return view.state;
  });
  seen = conversation.events.length;
  return all.filter((state, index) => state !== all[index - 1]);
}

async function ask(): Promise<void> {
  await conversation.say(FRANCE);
  await conversation.silence(1000);
}

test("a question is listened to, thought about and answered", async () => {
  await ask();
  await conversation.silence(4000);
  expect(states()).toEqual(["listening", "thinking", "speaking", "idle"]);
});

/** What the home sees while each of these kinds of events comes, in order; neighbours that see the same are one. */
function statesAt(...types: readonly SessionEvent["type"][]): string[] {
  const all = conversation.events.flatMap((event) => {
    view.note(event);
    return types.includes(event.type) ? [`${event.type}: ${view.state}`] : [];
  });
  return all.filter((state, index) => state !== all[index - 1]);
}

test("thinking lasts until the answer is heard, not only until it starts", async () => {
  await ask();
  await conversation.silence(4000);
  expect(statesAt("speech-end", "answer-start", "answer-delta", "answer-audio", "answer-end")).toEqual([
    "speech-end: thinking",
    "answer-start: thinking",
    "answer-delta: thinking",
    "answer-audio: speaking",
    "answer-end: idle",
  ]);
});

test("an answer that is only written counts as spoken from its first words", async () => {
  configure({ spoken: false });
  await ask();
  await conversation.silence(4000);
  expect(statesAt("answer-start", "answer-delta", "answer-end")).toEqual([
    "answer-start: thinking",
    "answer-delta: speaking",
    "answer-end: idle",
  ]);
});

test("an answer that ends before a word of it is heard leaves nobody thinking", () => {
  view.note({ type: "answer-start", turn: 1, seat: 0 });
  expect(view.state).toBe("thinking");
  const timings = { revisions: 0, discarded: 0, discardedMs: 0 };
  view.note({ type: "answer-end", turn: 1, outcome: "failed", text: "", timings });
  expect(view.state).toBe("idle");
});

test("nobody thinks about what is answered only when somebody asks for it, until they ask", async () => {
  configure({ answers: "when-asked" });
  await ask();
  expect(states()).toEqual(["listening", "idle"]);
  conversation.session.push({ type: "respond" });
  await conversation.silence(4000);
  expect(states()).toEqual(["thinking", "speaking", "idle"]);
});

test("other settings change nothing about who is answered", async () => {
  configure({ answers: "when-asked" });
  configure({ speed: 1.1 });
  await ask();
  expect(states()).toEqual(["listening", "idle"]);
  configure({ answers: "always" });
  await ask();
  expect(states()).toContain("thinking");
});
