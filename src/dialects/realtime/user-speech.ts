import type { ServerEvent } from "./beta.ts";
import type { MessageItem } from "./client-item.ts";
import { RealtimeError } from "./errors.ts";
import type { RealtimeErrorDetails } from "./errors.ts";
import { newId } from "./ids.ts";
import type { Items } from "./items.ts";
import type { SessionConfig } from "./session-config.ts";
import { paddingMsOf } from "./turn-detection.ts";
import { transcriptionUsage } from "./usage.ts";

/** What a client may make an item of. */
const SHORTEST_MS = 100;

/** A stretch of the user's speech on its way to become an item. */
interface Stretch {
  readonly turn: number;
  readonly itemId: string;
  /** Where its sound begins: some of what was before the speech belongs to it. */
  readonly startMs: number;
  /** The client knows that somebody speaks. */
  isAnnounced: boolean;
  /** How much of the words was told. */
  toldLength: number;
}

/** An item whose words are awaited. */
interface Awaited {
  readonly item: MessageItem;
  readonly soundMs: number;
}

export interface UserSpeechHost {
  readonly send: (event: ServerEvent) => void;
  readonly items: Items;
  readonly config: () => SessionConfig;
  /** How much sound came in, in ms. */
  readonly heardMs: () => number;
}

/** Tells of what the user says: that they speak, the item it becomes, and its words. */
export class UserSpeech {
  readonly #host: UserSpeechHost;
  #stretch: Stretch | undefined;
  /** Items that the client made of its buffer, whose words have not come yet. */
  #awaited: Awaited[] = [];
  #spokenTurn = 0;
  /** The item whose words came last. */
  #understoodId: string | undefined;
  /** Why there will be no words of what is awaited. */
  #failure: RealtimeErrorDetails | undefined;
  /** What was said until then, and in that turn, is to be forgotten. */
  #clearedMs = 0;
  #clearedTurn = 0;
  /** Up to where the buffer was made an item or thrown away, in ms. */
  #bufferStartMs = 0;
  /** Up to where sound belongs to what was said, or not said, before. */
  #endedMs = 0;

  constructor(host: UserSpeechHost) {
    this.#host = host;
  }

  /** Whether words are awaited that a response would have to know, and that come before the next turn's sound. */
  get awaitsWords(): boolean {
    return this.#awaited.length > 0;
  }

  /** The item of what was said in a turn, where that was the newest that was said. */
  itemOf(turn: number): string | undefined {
    return this.#spokenTurn === turn ? this.#understoodId : undefined;
  }

  /** Somebody speaks; over an answer that may have to yield, the client is told only when that is decided. */
  start(turn: number, atMs: number, isOverAnswer: boolean): void {
    this.#spokenTurn = turn;
    if (atMs < this.#clearedMs) {
      this.#clearedTurn = turn;
      return;
    }
    const { turn_detection } = this.#host.config().audio.input;
    const paddedMs = Math.max(this.#endedMs, atMs - paddingMsOf(turn_detection));
    const startMs = Math.min(atMs, paddedMs);
    this.#stretch = { turn, itemId: newId("item"), startMs, isAnnounced: false, toldLength: 0 };
    const mayYield = turn_detection?.interrupt_response === true;
    if (!isOverAnswer || !mayYield) this.announce();
  }

  /** Tells that somebody speaks, if that was not told yet and the client wants to know. */
  announce(): void {
    const stretch = this.#stretch;
    if (stretch === undefined || stretch.isAnnounced || this.#isManual) return;
    stretch.isAnnounced = true;
    const { itemId: item_id, startMs } = stretch;
    this.#host.send({
      type: "input_audio_buffer.speech_started",
      audio_start_ms: Math.round(startMs),
      item_id,
    });
  }

  /** Words so far: what will not change any more is told. */
  hypothesis(turn: number, text: string, stableLength: number): void {
    const stretch = this.#stretch;
    if (stretch?.turn !== turn || !stretch.isAnnounced || !this.#isTranscribed) return;
    const delta = text.slice(stretch.toldLength, stableLength);
    if (delta === "") return;
    stretch.toldLength = stableLength;
    this.#host.send({
      type: "conversation.item.input_audio_transcription.delta",
      item_id: stretch.itemId,
      content_index: 0,
      delta,
    });
  }

  /** The user's turn is over. */
  end(turn: number, atMs: number): void {
    const stretch = this.#stretch;
    if (stretch?.turn !== turn || this.#isManual) return;
    this.announce();
    const { itemId: item_id, startMs } = stretch;
    const audio_end_ms = Math.round(atMs);
    this.#host.send({ type: "input_audio_buffer.speech_stopped", audio_end_ms, item_id });
    this.#endedMs = atMs;
    this.#addItem(item_id, atMs - startMs);
  }

  /** Nobody has spoken for too long: that is an item without words. */
  endSilence(sinceMs: number, atMs: number): void {
    const item_id = newId("item");
    const [audio_start_ms, audio_end_ms] = [Math.round(sinceMs), Math.round(atMs)];
    const type = "input_audio_buffer.timeout_triggered";
    this.#host.send({ type, audio_start_ms, audio_end_ms, item_id });
    this.#endedMs = atMs;
    this.#addItem(item_id, atMs - sinceMs);
    this.words("");
  }

  /**
   * The client ends the turn. Where it takes the turns, what it sent becomes an item now; what was said is known later.
   * @throws RealtimeError where there is nothing to end.
   */
  commit(): void {
    const bufferedMs = this.#host.heardMs() - this.#bufferStartMs;
    if (this.#isManual ? bufferedMs < SHORTEST_MS : this.#stretch === undefined)
      throw new RealtimeError(
        "input_audio_buffer_commit_empty",
        `The buffer needs ${SHORTEST_MS} ms of sound, and speech where turns are detected.`,
      );
    if (this.#isManual) this.#addItem(newId("item"), bufferedMs);
  }

  /** The client throws away what it sent. */
  clear(): void {
    this.#bufferStartMs = this.#host.heardMs();
    this.#clearedMs = this.#bufferStartMs;
    this.#endedMs = this.#bufferStartMs;
    this.#clearedTurn = this.#stretch?.turn ?? 0;
    this.#stretch = undefined;
    this.#host.send({ type: "input_audio_buffer.cleared" });
  }

  /** Something has failed: where that is the recognition of what is awaited, its item gets no words. */
  noteFailure(turn: number | undefined, error: RealtimeErrorDetails): void {
    if (turn === this.#spokenTurn && this.awaitsWords) this.#failure = error;
  }

  /** What was said. */
  words(text: string): void {
    this.#stretch = undefined;
    const awaited = this.#awaited.shift();
    this.#understoodId = awaited?.item.id;
    if (awaited === undefined) return;
    const { item, soundMs } = awaited;
    item.content.splice(0, 1, { type: "input_audio", transcript: text });
    const failure = text === "" ? this.#failure : undefined;
    this.#failure = undefined;
    if (!this.#isTranscribed) return;
    const ending = failure
      ? { type: "failed", error: failure }
      : { type: "completed", transcript: text, usage: transcriptionUsage(soundMs, text) };
    this.#host.send({
      ...ending,
      type: `conversation.item.input_audio_transcription.${ending.type}`,
      item_id: item.id,
      content_index: 0,
    });
  }

  /** It was nothing: what the client was told of it is taken back. */
  drop(turn: number): void {
    const isAwaited = this.#awaited.length > 0;
    if (turn === this.#clearedTurn && !isAwaited) return;
    // Whatever takes the turns by now: a commit that was answered by nothing must not be waited for.
    if (this.#isManual || isAwaited) {
      this.words("");
      return;
    }
    const stretch = this.#stretch;
    if (stretch?.turn !== turn) return;
    this.#stretch = undefined;
    if (!stretch.isAnnounced) return;
    const audio_end_ms = Math.round(this.#host.heardMs());
    this.#host.send({ type: "input_audio_buffer.speech_stopped", audio_end_ms, item_id: stretch.itemId });
    this.#host.send({ type: "input_audio_buffer.cleared" });
  }

  get #isManual(): boolean {
    return this.#host.config().audio.input.turn_detection === null;
  }

  get #isTranscribed(): boolean {
    return this.#host.config().audio.input.transcription !== null;
  }

  #addItem(itemId: string, soundMs: number): void {
    const { send, items, heardMs } = this.#host;
    this.#bufferStartMs = heardMs();
    const item: MessageItem = {
      id: itemId,
      object: "realtime.item",
      type: "message",
      status: "completed",
      role: "user",
      content: [{ type: "input_audio", transcript: null }],
    };
    const previous = items.lastId;
    items.append(item);
    this.#awaited.push({ item, soundMs });
    send({ type: "input_audio_buffer.committed", item_id: itemId, previous_item_id: previous });
    send({ type: "conversation.item.added", previous_item_id: previous, item });
    send({ type: "conversation.item.done", previous_item_id: previous, item });
  }
}
