import type { SessionEvent } from "../../../streaming/index.ts";
import type { Conversation } from "../../server/conversations.ts";
import type { Metrics } from "../../server/metrics.ts";
import { cleanTypedText } from "../../typed-text.ts";
import type { Downlink } from "./downlink.ts";
import { emotionOf } from "./emotions.ts";
import type { DeviceListen, DeviceMessage, ListenMode } from "./messages.ts";
import type { DeviceMcp } from "./device-mcp.ts";
import type { DeviceOutbox } from "./outbox.ts";
import { Subtitles } from "./subtitles.ts";
import type { Uplink } from "./uplink.ts";

export interface DeviceTalkOptions {
  readonly conversation: Conversation;
  readonly outbox: DeviceOutbox;
  readonly uplink: Uplink;
  readonly downlink: Downlink;
  readonly mcp: DeviceMcp;
  readonly metrics: Metrics;
  readonly maxTextLength: number;
  readonly isWakeWord: (text: string) => boolean;
  /** Told what the user said, once it is final. */
  readonly onWords: (text: string) => void;
}

/** Of the firmware, up and down. */
const PACKET_MS = 60;
/** So much sooner than it is heard an answer is sent. */
const SENT_AHEAD_MS = 180;

type AnswerEnd = Extract<SessionEvent, { type: "answer-end" }>;

/**
 * A board in a conversation: what it sends becomes inputs, what the conversation tells becomes messages. A board knows two
 * states, speaking and listening, and takes sound only between `tts start` and `tts stop`.
 */
export class DeviceTalk {
  readonly #options: DeviceTalkOptions;
  readonly #subtitles = new Subtitles();
  #mode: ListenMode = "auto";
  /** Who ends the user's turns, as the conversation was told. */
  #turns: "automatic" | "manual" | undefined;
  #listening = false;
  /** The turn whose answer the board speaks. */
  #speaking: number | undefined;
  /** Packets that came since it began to, while it listens as it did before; undefined where it does not. */
  #heardMeanwhile: number | undefined;
  #held = false;
  #faceShown = false;

  constructor(options: DeviceTalkOptions) {
    this.#options = options;
  }

  /** Does what the board says. @throws AntiphonError `text-empty`, `text-too-long`. */
  obey(message: Exclude<DeviceMessage, { type: "hello" }>): void {
    if (message.type === "mcp") this.#options.mcp.receive(message.payload);
    else if (message.type === "abort") this.#abort(message.reason);
    else this.#listen(message);
  }

  /**
   * Takes sound. Boards without echo cancellation close their microphone while they speak; what is still on its way then, or
   * comes before they listen, such as the wake word, is nobody's question. What comes while a button is held is part of a turn.
   * @param admit - may refuse, by an error, sound of so many ms.
   * @throws AudioError `opus-invalid`; what `admit` throws.
   */
  hear(packet: Uint8Array, admit: (durationMs: number) => void): void {
    const isDeaf = this.#speaking !== undefined && this.#mode === "auto";
    if (!this.#listening || isDeaf) return;
    if (this.#heardMeanwhile !== undefined) this.#heardMeanwhile += 1;
    this.#options.uplink.take(packet, admit);
  }

  deliver(event: SessionEvent): void {
    const { outbox, downlink, metrics } = this.#options;
    if (event.type === "transcript-end" && event.text !== "") {
      outbox.send({ type: "stt", text: event.text });
      this.#options.onWords(event.text);
    } else if (event.type === "answer-start") this.#startAnswer(event.turn);
    else if (event.type === "floor") this.#follow(event.level === "paused");
    else if (event.type === "answer-end") this.#endAnswer(event);
    else if (event.type === "error") {
      metrics.countError(event.code);
      outbox.send({ type: "error", code: event.code, message: event.message });
    } else if (!("turn" in event) || event.turn !== this.#speaking) return;
    else if (event.type === "answer-delta") this.#subtitles.push(event.text);
    else if (event.type === "answer-words") this.#subtitles.time(event.words);
    else if (event.type === "answer-audio") {
      downlink.push(event.frame);
      this.#show(this.#subtitles.due(downlink.sentMs));
    }
  }

  /** The connection is over. */
  close(): void {
    const { uplink, downlink, mcp } = this.#options;
    this.#listening = false;
    uplink.stop();
    downlink.close();
    mcp.close();
  }

  #listen(message: DeviceListen): void {
    const { conversation, uplink, maxTextLength, isWakeWord } = this.#options;
    switch (message.state) {
      case "start": {
        const turns = message.mode === "manual" ? "manual" : "automatic";
        if (turns !== this.#turns) conversation.push({ type: "configure", settings: { turns } });
        if (turns === "manual") conversation.push({ type: "clear" });
        this.#turns = turns;
        this.#mode = message.mode;
        this.#listening = true;
        this.#heardMeanwhile = undefined;
        return;
      }
      case "stop":
        this.#listening = false;
        uplink.stop();
        conversation.push({ type: "commit" });
        return;
      case "detect":
        if (message.text === "" || isWakeWord(message.text)) return;
        conversation.push({ type: "text", text: cleanTypedText(message.text, maxTextLength) });
    }
  }

  /** The board waits for `tts stop`, whether it is spoken to or not. A call by name is no part of what the user says. */
  #abort(reason: string | undefined): void {
    const { conversation, downlink, outbox } = this.#options;
    conversation.push({ type: "interrupt" });
    if (reason === "wake_word_detected") conversation.push({ type: "clear" });
    downlink.stop();
    this.#subtitles.forget();
    this.#speaking = undefined;
    outbox.send({ type: "tts", state: "stop" });
    this.#letGo();
  }

  #startAnswer(turn: number): void {
    const { downlink, outbox, uplink } = this.#options;
    this.#speaking = turn;
    this.#heardMeanwhile = this.#listening ? 0 : undefined;
    this.#held = false;
    this.#faceShown = false;
    this.#subtitles.forget();
    if (this.#mode === "auto") uplink.stop();
    outbox.send({ type: "tts", state: "start" });
    downlink.start();
  }

  #endAnswer({ turn, outcome, timings }: AnswerEnd): void {
    const { downlink, outbox, metrics } = this.#options;
    metrics.countTurn(outcome, timings);
    if (turn !== this.#speaking) return; // the board was told before, or was not there
    this.#speaking = undefined;
    if (outcome === "interrupted") {
      downlink.stop();
      this.#subtitles.forget();
    } else this.#show(this.#subtitles.finish());
    downlink.finish(() => {
      outbox.send({ type: "tts", state: "stop" });
      this.#letGo();
    });
  }

  /**
   * Whose button was pressed before the answer came closes its microphone to speak, is idle after it, and never says that the
   * button was let go: the turn that was begun would last until the next press. Of other clients' sound about as much comes
   * as they are told meanwhile; what comes later still is the beginning of another turn.
   */
  #letGo(): void {
    const { uplink, downlink, conversation } = this.#options;
    const heardMs = this.#heardMeanwhile === undefined ? Infinity : this.#heardMeanwhile * PACKET_MS;
    this.#heardMeanwhile = undefined;
    if (this.#mode !== "manual" || heardMs >= downlink.sentMs / 2 - SENT_AHEAD_MS) return;
    uplink.stop();
    conversation.push({ type: "clear" });
  }

  #follow(isHeld: boolean): void {
    if (this.#held && !isHeld && this.#speaking !== undefined) this.#options.downlink.resume();
    this.#held = isHeld;
  }

  #show(sentences: readonly string[]): void {
    const { outbox } = this.#options;
    for (const text of sentences) {
      if (!this.#faceShown) outbox.send({ type: "llm", ...emotionOf(text) });
      this.#faceShown = true;
      outbox.send({ type: "tts", state: "sentence_start", text });
    }
  }
}

/** Judges whether what a board heard is one of these names, whatever marks and capitals it writes. */
export function wakeWordsOf(names: readonly string[]): (text: string) => boolean {
  const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const known = new Set(names.map(bare));
  return (text) => known.has(bare(text));
}
