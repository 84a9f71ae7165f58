import { setImmediate } from "node:timers/promises";

import { FRAME_MS, msToSamples } from "../../audio/index.ts";
import { type Clock, AntiphonError, type TurnTimings } from "../../streaming/index.ts";
import type { ServerMessage } from "../server/protocol.ts";
import { ConversationClient } from "./conversation-client.ts";
import type { ScriptedCamera } from "./scripted-camera.ts";
import { voiceToVoiceMs } from "./voice-to-voice.ts";

/** Sample rate of the wire and of the recordings, in Hz. */
export const TALK_SAMPLE_RATE = 24_000;

export interface SpokenConversationOptions {
  readonly url: string;
  /** Questions at {@link TALK_SAMPLE_RATE}, asked one after another. */
  readonly questions: readonly Float32Array[];
  /** What the user's camera shows meanwhile. */
  readonly camera?: ScriptedCamera;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long to wait for an answer that does not begin; time in which this program stands still does not count. */
  readonly patienceMs: number;
  /** How long a turn may take from the end of its question to the end of its answer. @default two minutes */
  readonly turnLimitMs?: number;
}

export interface SpokenTurn {
  readonly heard: string;
  readonly answer: string;
  /** From the recording; null where there was no spoken answer. */
  readonly voiceToVoiceMs: number | null;
  readonly stages: Partial<TurnTimings>;
}

export interface SpokenConversation {
  readonly turns: readonly SpokenTurn[];
  /** Both sides on one clock, at {@link TALK_SAMPLE_RATE}. */
  readonly user: Float32Array;
  readonly assistant: Float32Array;
}

/** The longest answer of the largest model takes half of it. */
export const DEFAULT_TURN_LIMIT_MS = 120_000;

/** Silence before the first question and after each answer. */
const BREATH_MS = 300;
const FRAME_SAMPLES = msToSamples(FRAME_MS, TALK_SAMPLE_RATE);

/**
 * Asks recorded questions in real time over a socket and records both sides, as a person with a headset would.
 * @throws AntiphonError `answer-timeout`, `connection-failed`, or whatever the server refused with.
 */
export async function holdSpokenConversation(
  options: SpokenConversationOptions,
): Promise<SpokenConversation> {
  const listener = new Listener();
  const client = await ConversationClient.open({
    ...options,
    sampleRate: TALK_SAMPLE_RATE,
    onMessage: (message) => {
      listener.note(message);
    },
    onClose: (error) => {
      listener.closed = error ?? new AntiphonError("connection-failed", "the server hung up");
    },
  });
  try {
    const microphone = new Microphone(client, options);
    const spans: { readonly start: number; readonly turn: Omit<SpokenTurn, "voiceToVoiceMs"> }[] = [];
    await microphone.listen(BREATH_MS);
    for (const question of options.questions) {
      const start = microphone.position;
      listener.begin();
      await microphone.say(question);
      await waitForAnswer(microphone, listener, client, options);
      if (listener.closed !== undefined) throw listener.closed;
      await microphone.listen(BREATH_MS);
      spans.push({ start, turn: listener.result() });
    }
    const user = microphone.recording();
    const assistant = client.playout.render(user.length);
    const turns = spans.map(({ start, turn }, index) => {
      const end = spans[index + 1]?.start ?? user.length;
      const waited = voiceToVoiceMs(
        user.subarray(start, end),
        assistant.subarray(start, end),
        TALK_SAMPLE_RATE,
      );
      return { ...turn, voiceToVoiceMs: waited ?? null };
    });
    return { turns, user, assistant };
  } finally {
    await client.close();
  }
}

/** Until an answer has been heard to its end; gives up where none begins in time or the connection is over. */
async function waitForAnswer(
  microphone: Microphone,
  listener: Listener,
  client: ConversationClient,
  { patienceMs, turnLimitMs = DEFAULT_TURN_LIMIT_MS }: SpokenConversationOptions,
): Promise<void> {
  let idleMs = 0;
  for (let waitedMs = 0; listener.closed === undefined && idleMs < patienceMs; waitedMs += FRAME_MS) {
    if (listener.answered && client.playout.endMs <= client.nowMs()) return;
    if (waitedMs >= turnLimitMs) {
      throw new AntiphonError(
        "answer-timeout",
        `the answer had not come to its end ${turnLimitMs / 1000} s after the question`,
      );
    }
    const startMs = client.nowMs();
    await microphone.listen(FRAME_MS);
    // A frame that is sent late, at once, is no time in which an answer could have come; nor is a stall before it.
    const passedMs = Math.min(FRAME_MS, client.nowMs() - startMs);
    idleMs = listener.answering ? 0 : idleMs + passedMs;
  }
}

/** Sends a frame every 20 ms, whatever happens, and keeps what it sent. */
class Microphone {
  readonly #client: ConversationClient;
  readonly #options: SpokenConversationOptions;
  readonly #frames: Float32Array[] = [];

  constructor(client: ConversationClient, options: SpokenConversationOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Samples sent so far. */
  get position(): number {
    return this.#frames.length * FRAME_SAMPLES;
  }

  async say(samples: Float32Array): Promise<void> {
    for (let start = 0; start < samples.length; start += FRAME_SAMPLES) {
      const frame = new Float32Array(FRAME_SAMPLES);
      frame.set(samples.subarray(start, start + FRAME_SAMPLES));
      await this.#send(frame);
    }
  }

  async listen(durationMs: number): Promise<void> {
    for (let ms = 0; ms < durationMs; ms += FRAME_MS) await this.#send(new Float32Array(FRAME_SAMPLES));
  }

  recording(): Float32Array {
    const recording = new Float32Array(this.position);
    for (const [index, frame] of this.#frames.entries()) recording.set(frame, index * FRAME_SAMPLES);
    return recording;
  }

  /** A microphone has a frame when the frame is over, not when it begins. */
  async #send(frame: Float32Array): Promise<void> {
    const { clock, signal, camera } = this.#options;
    this.#frames.push(frame);
    const waitMs = this.#frames.length * FRAME_MS - this.#client.nowMs();
    if (waitMs > 0) await clock.sleep(waitMs, { signal });
    // After a stall many frames are late; what the server says must be read between them.
    else await setImmediate();
    signal.throwIfAborted();
    this.#client.sendAudio(frame);
    const picture = camera?.due(this.#frames.length * FRAME_MS);
    if (picture !== undefined) this.#client.sendPicture(picture);
  }
}

/** What the server said since the last question. A question with a pause in it may make several turns. */
class Listener {
  closed: AntiphonError | undefined;
  #heard: string[] = [];
  #answer = "";
  #stages: Partial<TurnTimings> = {};
  #answeringTurn = 0;
  #answered = false;
  #newestTurn = 0;
  #endedTurn = 0;

  /** Whether an answer is being given. */
  get answering(): boolean {
    return this.#answeringTurn > this.#endedTurn;
  }

  /** Whether there was an answer and nothing is left to be answered. */
  get answered(): boolean {
    return this.#answered && this.#endedTurn >= this.#newestTurn;
  }

  begin(): void {
    this.#heard = [];
    this.#answer = "";
    this.#stages = {};
    this.#answered = false;
  }

  note(message: ServerMessage): void {
    switch (message.type) {
      case "speech-start":
        this.#newestTurn = message.turn;
        return;
      case "turn-dropped":
        this.#endedTurn = message.turn;
        return;
      case "transcript-end":
        this.#heard.push(message.text);
        return;
      case "answer-start":
        this.#answeringTurn = message.turn;
        return;
      case "answer-end":
        this.#answered = true;
        this.#endedTurn = message.turn;
        this.#answer = message.text;
        this.#stages = roundedTimings(message.timings);
        return;
      case "error":
        if (message.fatal) this.closed ??= new AntiphonError("connection-failed", message.message);
        return;
      case "ready":
      case "speech-end":
      case "transcript-delta":
      case "answer-delta":
      case "audio-end":
      case "decision":
      case "floor":
      case "tool-call":
      case "tool-result":
      case "view":
      case "pong":
    }
  }

  result(): Omit<SpokenTurn, "voiceToVoiceMs"> {
    return { heard: this.#heard.join(" "), answer: this.#answer, stages: this.#stages };
  }
}

/** Whole milliseconds, of the stages that happened. */
function roundedTimings(timings: Readonly<Record<string, number | undefined>>): Partial<TurnTimings> {
  const happened = Object.entries(timings).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Math.round(value)] as const],
  );
  return Object.fromEntries(happened);
}
