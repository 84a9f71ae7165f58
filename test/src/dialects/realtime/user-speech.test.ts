import { beforeEach, describe, expect, test } from "vitest";

import type { ServerEvent } from "../../../../src/dialects/realtime/beta.ts";
import { Items } from "../../../../src/dialects/realtime/items.ts";
import {
  initialConfig,
  type SessionConfig,
  updated,
} from "../../../../src/dialects/realtime/session-config.ts";
import { UserSpeech } from "../../../../src/dialects/realtime/user-speech.ts";
import { testConfig } from "../../../support/voice-server.ts";

const AUTOMATIC = initialConfig(testConfig(), new URLSearchParams());
const transcription = {};
const MANUAL = updated(AUTOMATIC, {
  type: "realtime",
  audio: { input: { turn_detection: null, transcription } },
});
const HEARD_AGAIN = updated(AUTOMATIC, { type: "realtime", audio: { input: { transcription } } });

describe("what a client committed, and then had turns detected again", () => {
  let config: SessionConfig;
  let heardMs: number;
  let sent: ServerEvent[];
  let speech: UserSpeech;
  beforeEach(() => {
    config = MANUAL;
    heardMs = 1000;
    sent = [];
    const send = (event: ServerEvent): void => void sent.push(event);
    speech = new UserSpeech({ send, items: new Items(), config: () => config, heardMs: () => heardMs });
    speech.commit();
    config = HEARD_AGAIN;
    sent = [];
  });
  const types = (): string[] => sent.map(({ type }) => type);

  test("is waited for no longer when it turns out to have been nothing", () => {
    expect(speech.awaitsWords).toBe(true);
    speech.drop(1);
    expect(speech.awaitsWords).toBe(false);
    expect(sent).toMatchObject([
      { type: "conversation.item.input_audio_transcription.completed", transcript: "" },
    ]);
  });

  test("gets its words, and what is said after it is an item of its own", () => {
    speech.words("Is it far?");
    expect(sent).toMatchObject([{ transcript: "Is it far?" }]);
    sent = [];
    speech.start(2, 1200, false);
    heardMs = 2000;
    speech.end(2, 2000);
    expect(types()).toEqual([
      "input_audio_buffer.speech_started",
      "input_audio_buffer.speech_stopped",
      "input_audio_buffer.committed",
      "conversation.item.added",
      "conversation.item.done",
    ]);
  });

  test("leaves no trace in what is dropped after it", () => {
    speech.drop(1);
    sent = [];
    speech.start(2, 1200, false);
    speech.drop(2);
    expect(types()).toEqual([
      "input_audio_buffer.speech_started",
      "input_audio_buffer.speech_stopped",
      "input_audio_buffer.cleared",
    ]);
  });

  test("is dropped although it was cleared after the commit", () => {
    speech.clear();
    sent = [];
    speech.drop(1);
    expect(speech.awaitsWords).toBe(false);
    expect(types()).toEqual(["conversation.item.input_audio_transcription.completed"]);
  });

  const FAILURE = { type: "server_error", code: "model_failed", message: "Too bad.", param: null } as const;

  test("is told to have failed where its recognition did, and what is said next is not", () => {
    speech.start(1, 500, false);
    sent = [];
    speech.noteFailure(1, FAILURE);
    speech.drop(1);
    expect(sent).toMatchObject([
      { type: "conversation.item.input_audio_transcription.failed", content_index: 0, error: FAILURE },
    ]);
    speech.start(2, 1200, false);
    heardMs = 2000;
    speech.end(2, 2000);
    sent = [];
    speech.words("");
    expect(types()).toEqual(["conversation.item.input_audio_transcription.completed"]);
  });

  test("is told to be words where they came after all, or where something else has failed", () => {
    speech.start(2, 500, false);
    sent = [];
    speech.noteFailure(1, FAILURE);
    speech.noteFailure(2, FAILURE);
    speech.words("Is it far?");
    expect(sent).toMatchObject([{ transcript: "Is it far?" }]);
    heardMs = 2000;
    config = MANUAL;
    speech.commit();
    sent = [];
    speech.noteFailure(1, FAILURE);
    speech.words("");
    expect(types()).toEqual(["conversation.item.input_audio_transcription.completed"]);
  });
});

describe("what a client is told of sound", () => {
  const padded = (paddingMs: number): SessionConfig => {
    const { turn_detection } = AUTOMATIC.audio.input;
    if (turn_detection?.type !== "server_vad") throw new Error("another default");
    const input = { transcription, turn_detection: { ...turn_detection, prefix_padding_ms: paddingMs } };
    return updated(AUTOMATIC, { type: "realtime", audio: { input } });
  };

  function speechWith(config: SessionConfig): { readonly speech: UserSpeech; readonly sent: ServerEvent[] } {
    const sent: ServerEvent[] = [];
    const send = (event: ServerEvent): void => void sent.push(event);
    const speech = new UserSpeech({
      send,
      items: new Items(),
      config: () => config,
      heardMs: () => 20_000,
    });
    return { speech, sent };
  }

  const startsOf = (sent: readonly ServerEvent[]): unknown[] =>
    sent.flatMap(({ type, audio_start_ms: startMs }) =>
      type === "input_audio_buffer.speech_started" ? [startMs] : [],
    );

  test("begins before the speech by the padding, and counts it, but not before the beginning or in what was said before", () => {
    const { speech, sent } = speechWith(padded(800));
    speech.start(1, 500, false);
    speech.end(1, 2000);
    speech.words("One.");
    speech.start(2, 2300, false);
    speech.end(2, 4000);
    speech.words("Two.");
    speech.start(3, 9000, false);
    speech.end(3, 10_000);
    speech.words("Three.");
    expect(startsOf(sent)).toEqual([0, 2000, 8200]);
    expect(sent.at(-1)).toMatchObject({ transcript: "Three.", usage: { input_tokens: 18 } });
  });

  test("begins where the speech does without padding, and never behind it", () => {
    const { speech, sent } = speechWith(padded(0));
    speech.start(1, 1000, false);
    speech.end(1, 3000);
    speech.words("One.");
    // A recording comes in large pieces: the end of the turn before may count ahead of what is listened to.
    speech.start(2, 2900, false);
    expect(startsOf(sent)).toEqual([1000, 2900]);
  });

  test("is that nobody spoke, and what was heard instead of it is an item without words", () => {
    const { speech, sent } = speechWith(padded(300));
    speech.endSilence(4000.4, 9032);
    const item_id = sent[0]?.["item_id"];
    expect(sent).toMatchObject([
      { type: "input_audio_buffer.timeout_triggered", audio_start_ms: 4000, audio_end_ms: 9032 },
      { type: "input_audio_buffer.committed", item_id },
      { type: "conversation.item.added", item: { id: item_id, role: "user" } },
      { type: "conversation.item.done", item: { id: item_id } },
      { type: "conversation.item.input_audio_transcription.completed", item_id, transcript: "" },
    ]);
    expect(speech.awaitsWords).toBe(false);
    speech.start(2, 9100, false);
    expect(startsOf(sent)).toEqual([9032]);
  });
});
