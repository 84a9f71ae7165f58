import { afterEach, beforeEach, expect, test } from "vitest";

import { ConversationView } from "../../../src/mqtt/home-view.ts";
import type { SessionOptions } from "../../../streaming/index.ts";
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

test("nobody thinks about what is answered only when somebody asks for it, until they ask", async () => {
  configure({ answers: "when-asked" });
  await ask();
  expect(states()).toEqual(["listening", "idle"]);
  conversation.session.push({ type: "respond" });
  await conversation.silence(4000);
  expect(states()).toEqual(["speaking", "idle"]);
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
