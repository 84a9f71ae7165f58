import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { ServerEvent } from "../../../../src/dialects/realtime/beta.ts";
import { readItem } from "../../../../src/dialects/realtime/client-item.ts";
import { Dialog } from "../../../../src/dialects/realtime/dialog.ts";
import { initialConfig, updated } from "../../../../src/dialects/realtime/session-config.ts";
import { SoundOut } from "../../../../src/dialects/realtime/sound.ts";
import type { Conversation } from "../../../../src/server/conversations.ts";
import { FakeSpeechRecognizer } from "../../../../models/fakes/index.ts";
import type { SessionInput } from "../../../../streaming/index.ts";
import { AGREE, FakeConversation, FRANCE, PHRASES } from "../../../support/fake-conversation.ts";
import { testConfig } from "../../../support/voice-server.ts";

const timings = { revisions: 0, discarded: 0, discardedMs: 0 };

describe("what was said into a response that is heard out", () => {
  let soundOut: SoundOut;
  let pushed: SessionInput[];
  let sent: ServerEvent[];
  beforeEach(async () => {
    soundOut = await SoundOut.open({ type: "audio/pcm", rate: 24_000 }, 22_050);
    pushed = [];
    sent = [];
  });
  afterEach(() => {
    soundOut.close();
  });

  /** A client whose responses are heard out, and whose user has just spoken into one. */
  function talkingInto(create_response: boolean): Dialog {
    const serverConfig = testConfig();
    const turn_detection = {
      type: "semantic_vad",
      eagerness: "auto",
      create_response,
      interrupt_response: false,
    } as const;
    const config = updated(initialConfig(serverConfig, new URLSearchParams()), {
      type: "realtime",
      audio: { input: { turn_detection } },
    });
    const conversation = { push: (input: SessionInput) => void pushed.push(input) };
    const dialog = new Dialog(
      {
        send: (event) => void sent.push(event),
        conversation: conversation as unknown as Conversation,
        serverConfig,
        sound: () => soundOut,
      },
      config,
    );
    dialog.deliver({ type: "answer-start", turn: 1, seat: 0 });
    dialog.deliver({ type: "speech-start", turn: 2, atMs: 1000 });
    if (create_response) dialog.deliver({ type: "debt", isOwed: true });
    dialog.deliver({ type: "speech-end", turn: 2, atMs: 2000 });
    dialog.deliver({ type: "transcript-end", turn: 2, text: "And of Italy?" });
    return dialog;
  }

  /** The same, when that response is over. */
  function talkedInto(create_response: boolean): Dialog {
    const dialog = talkingInto(create_response);
    dialog.deliver({ type: "answer-end", turn: 1, outcome: "completed", text: "Paris.", timings });
    pushed = [];
    return dialog;
  }

  test("stands behind that response, which the conversation sees to: it is told twice else", () => {
    const dialog = talkingInto(true);
    const content = [{ type: "input_text", text: "Hello." }];
    const rules = { nextId: () => "first", maxTextLength: 4000 };
    dialog.add(readItem({ type: "message", role: "user", content }, rules), "root");
    const told = () => pushed.findLast((input) => input.type === "replace-context")?.messages;
    expect(told()).toEqual([{ role: "user", text: "Hello." }]);
    dialog.deliver({ type: "answer-end", turn: 1, outcome: "completed", text: "Paris.", timings });
    expect(told()).toContainEqual({ role: "user", text: "And of Italy?" });
  });

  test("is owed nothing any more after a cancel, once, else the assistant begins after it was asked to be silent", () => {
    const dialog = talkedInto(true);
    expect(dialog.responding.isCancellable).toBe(true);
    dialog.handle({ type: "response.cancel" });
    expect(pushed).toEqual([{ type: "interrupt" }]);
    expect(dialog.responding.isCancellable).toBe(false);
    expect(() => {
      dialog.handle({ type: "response.cancel" });
    }).toThrow("No such response is being given.");
    expect(sent.filter(({ type }) => type === "error")).toEqual([]);
  });

  test("is owed nothing any more after a spoken call for silence, or a cancel silences what nobody gives", () => {
    const dialog = talkedInto(true);
    dialog.deliver({ type: "speech-start", turn: 3, atMs: 3000 });
    dialog.deliver({ type: "debt", isOwed: false });
    dialog.deliver({ type: "turn-dropped", turn: 3 });
    expect(dialog.responding.isCancellable).toBe(false);
    expect(() => {
      dialog.handle({ type: "response.cancel" });
    }).toThrow("No such response is being given.");
    expect(pushed).toEqual([]);
  });

  test("leaves nothing to cancel where nothing is answered unasked, or the answer has been given", () => {
    const unasked = talkedInto(false);
    const answered = talkedInto(true);
    answered.deliver({ type: "debt", isOwed: false });
    answered.deliver({ type: "answer-start", turn: 3, seat: 1 });
    answered.deliver({ type: "answer-end", turn: 3, outcome: "completed", text: "Rome.", timings });
    for (const dialog of [unasked, answered])
      expect(() => {
        dialog.handle({ type: "response.cancel" });
      }).toThrow("No such response is being given.");
  });
});

describe("a response that waits for what somebody is saying", () => {
  let conversation: FakeConversation;
  let soundOut: SoundOut;
  let sent: ServerEvent[];
  let dialog: Dialog;
  beforeEach(async () => {
    const recognizer = new FakeSpeechRecognizer({ ...PHRASES, [AGREE]: "Stop." });
    conversation = new FakeConversation({ recognizer });
    const { session } = conversation;
    soundOut = await SoundOut.open({ type: "audio/pcm", rate: 24_000 }, 22_050);
    sent = [];
    const serverConfig = testConfig();
    const host = {
      send: (event: ServerEvent) => void sent.push(event),
      conversation: { push: session.push.bind(session) } as unknown as Conversation,
      serverConfig,
      sound: () => soundOut,
    };
    dialog = new Dialog(host, initialConfig(serverConfig, new URLSearchParams()));
  });
  afterEach(async () => {
    soundOut.close();
    await conversation.close();
  });

  /** Tells the dialog what has happened in the conversation. */
  function deliver(): void {
    for (const event of conversation.events.splice(0)) if (event.type !== "view") dialog.deliver(event);
  }

  /** Somebody says that, and a response is asked for meanwhile; `then` happens before they have finished. */
  async function said(frequency: number, then: () => void = () => undefined): Promise<unknown[]> {
    await conversation.say(frequency, 350);
    deliver();
    dialog.respond({});
    then();
    for (let passedMs = 0; passedMs < 5000; passedMs += 100) {
      await conversation.silence(100);
      deliver();
    }
    return sent.filter(({ type }) => type === "response.done");
  }

  test("is the answer to that: it is given twice else", async () => {
    expect(await said(FRANCE)).toMatchObject([{ response: { status: "completed" } }]);
  });

  test("is cancelled where that is a call for silence: who made it is spoken to else", async () => {
    expect(await said(AGREE)).toMatchObject([
      { response: { status: "cancelled", status_details: { reason: "turn_detected" } } },
    ]);
    expect(conversation.languageModel.generations).toEqual([]);
  });

  test("is over when it is cancelled, and what is being said is answered all the same", async () => {
    const done = await said(FRANCE, () => {
      dialog.handle({ type: "response.cancel" });
    });
    expect(done).toMatchObject([
      { response: { status: "cancelled", status_details: { reason: "client_cancelled" } } },
      { response: { status: "completed" } },
    ]);
  });
});

test("a picture of the conversation is kept for the next question while a response is about something else", async () => {
  const soundOut = await SoundOut.open({ type: "audio/pcm", rate: 24_000 }, 22_050);
  let shown = 0;
  const conversation = {
    push: () => undefined,
    pushAudio: () => undefined,
    pushPicture: () => (shown += 1),
  };
  const serverConfig = testConfig();
  const dialog = new Dialog(
    {
      send: () => undefined,
      conversation: conversation as unknown as Conversation,
      serverConfig,
      sound: () => soundOut,
    },
    initialConfig(serverConfig, new URLSearchParams()),
  );
  const image_url = `data:image/png;base64,${Buffer.alloc(12, 40).toString("base64")}`;
  const item = { type: "message", role: "user", content: [{ type: "input_image", image_url }] };
  dialog.add(readItem(item, { nextId: () => "a", maxTextLength: 100 }), undefined);
  expect(shown).toBe(1);
  for (const [turn, prompt] of [
    [1, [{ role: "user", content: "Hi." } as const]],
    [2, undefined],
    [3, undefined],
  ] as const) {
    dialog.hear(new Float32Array(320));
    dialog.respond({}, prompt);
    dialog.deliver({ type: "answer-start", turn, seat: 0 });
    dialog.deliver({
      type: "answer-end",
      turn,
      outcome: "completed",
      text: "Yes.",
      isCutShort: false,
      timings,
    });
  }
  // Not to the first, which is not about it; to the second; and not to the third, as it was there for a question.
  expect(shown).toBe(2);
  soundOut.close();
});
