import { setImmediate } from "node:timers/promises";

import type { SessionModels } from "../../../streaming/index.ts";
import { transcribeRecording } from "../../transcription.ts";
import type { ServerEvent } from "./beta.ts";
import type { ClientEvent } from "./client-events.ts";
import { checkLength, type ClientItem, readItem, type Recording } from "./client-item.ts";
import { RealtimeError } from "./errors.ts";
import { newId } from "./ids.ts";
import type { Items } from "./items.ts";
import type { Places } from "./places.ts";
import type { SessionConfig } from "./session-config.ts";
import type { SoundFormat } from "./session-schema.ts";
import { SoundIn } from "./sound.ts";
import { transcriptionUsage } from "./usage.ts";

type Create = Extract<ClientEvent, { readonly type: "conversation.item.create" }>;

/** Recordings that one item may hold, or one request: each is recognised by itself, however short it is. */
export const RECORDINGS_AT_MOST = 4;

/** Of sound in one item; what is sent behind it waits until all of that is recognised. */
const SOUND_AT_MOST_MS = 30_000;

/** A recording counts as no less sound than that: the recogniser takes as long for a click as for a word. */
const CHARGED_AT_LEAST_MS = 1000;

/** Of a long recording, what is decoded at once; others have their turn in between. */
const PIECE_MS = 1000;

/** Of one recording, at 16 kHz. */
interface DecodedPart {
  readonly content_index: number;
  readonly samples: Float32Array;
  readonly soundMs: number;
}

type HeardPart = Omit<DecodedPart, "samples"> & { readonly transcript: string };

export interface RecordingOptions {
  /** In which they were sent. */
  readonly format: SoundFormat;
  /** Until when somebody waits for their words. */
  readonly signal: AbortSignal;
}

export interface ItemSoundHost {
  readonly send: (event: ServerEvent) => void;
  readonly config: () => SessionConfig;
  /** Of all clients together. */
  readonly places: Places;
  readonly models: () => Pick<SessionModels, "detector" | "recognizer"> | undefined;
  /** @throws AntiphonError where a client sends more than that of sound. */
  readonly admitAudio: (durationMs: number) => void;
  /** Of the conversation. */
  readonly items: Pick<Items, "check">;
  readonly maxTextLength: number;
  /** Takes the item, with words where there was sound. */
  readonly add: (made: ClientItem, behind: Create["previous_item_id"]) => void;
}

/** Recordings inside of the items that a client creates: they are recognised, and the conversation gets their words. */
export class ItemSound {
  readonly #host: ItemSoundHost;
  readonly #closing = new AbortController();

  constructor(host: ItemSoundHost) {
    this.#host = host;
  }

  /**
   * Creates an item; nothing of it where the client leaves meanwhile.
   * @throws RealtimeError, AntiphonError where it cannot be read, is too much, or is not understood.
   */
  async create({ item: value, previous_item_id: behind }: Create): Promise<void> {
    const { items, maxTextLength, add } = this.#host;
    const made = readItem(value, { nextId: () => newId("item"), maxTextLength });
    // Before anything costs time: an item that cannot stand there is recognised for nothing.
    items.check(made.item.id, behind);
    const { format } = this.#host.config().audio.input;
    const heard = await this.fill(made, { format, signal: this.#closing.signal });
    if (this.#closing.signal.aborted) return;
    add(made, behind);
    this.#tell(made.item.id, heard);
  }

  /**
   * Puts into an item the words of the recordings in it.
   * @throws RealtimeError, AntiphonError where they are too much, or are not understood.
   */
  async fill({ item, recordings }: ClientItem, options: RecordingOptions): Promise<readonly HeardPart[]> {
    if (item.type !== "message" || recordings.length === 0) return [];
    const heard = await this.#hearAll(recordings, options);
    for (const { content_index, transcript } of heard)
      item.content.splice(content_index, 1, { type: "input_audio", transcript });
    checkLength(item.content, this.#host.maxTextLength);
    return heard;
  }

  stop(): void {
    this.#closing.abort(new DOMException("the client has left", "AbortError"));
  }

  #tell(item_id: string, heard: readonly HeardPart[]): void {
    if (this.#host.config().audio.input.transcription === null) return;
    for (const { content_index, transcript, soundMs } of heard)
      this.#host.send({
        type: "conversation.item.input_audio_transcription.completed",
        item_id,
        content_index,
        transcript,
        usage: transcriptionUsage(soundMs, transcript),
      });
  }

  /** All of them are read before the first is recognised: what is refused costs the recogniser nothing. */
  async #hearAll(
    recordings: readonly Recording[],
    { format, signal }: RecordingOptions,
  ): Promise<readonly HeardPart[]> {
    if (recordings.length > RECORDINGS_AT_MOST) {
      const message = `An item holds at most ${RECORDINGS_AT_MOST} recordings.`;
      throw new RealtimeError("invalid_value", message, "item.content");
    }
    const decoded: DecodedPart[] = [];
    let leftMs = SOUND_AT_MOST_MS;
    for (const recording of recordings) {
      const part = await this.#decode(recording, format, leftMs);
      leftMs -= part.soundMs;
      decoded.push(part);
    }
    const heard: HeardPart[] = [];
    for (const { samples, ...part } of decoded)
      heard.push({ ...part, transcript: await this.#recognize(samples, signal) });
    return heard;
  }

  async #recognize(samples: Float32Array, awaited: AbortSignal): Promise<string> {
    const signal = AbortSignal.any([awaited, this.#closing.signal]);
    let giveUpPlace: (() => void) | undefined;
    try {
      giveUpPlace = await this.#host.places.take(signal);
      const models = this.#host.models();
      if (models === undefined) throw new RealtimeError("not_ready", "The models are gone.");
      return await transcribeRecording(samples, models, { signal, urgency: "background" });
    } catch (error) {
      if (signal.aborted) return "";
      throw error;
    } finally {
      giveUpPlace?.();
    }
  }

  async #decode({ index, audio }: Recording, format: SoundFormat, leftMs: number): Promise<DecodedPart> {
    const param = `item.content[${index}].audio`;
    const soundIn = await SoundIn.open(format);
    try {
      const bytes = soundIn.read(audio, param);
      const soundMs = soundIn.durationMs(bytes.length);
      if (soundMs > leftMs) {
        const message = `An item holds at most ${SOUND_AT_MOST_MS / 1000} s of sound.`;
        throw new RealtimeError("invalid_value", message, param);
      }
      this.#host.admitAudio(Math.max(CHARGED_AT_LEAST_MS, soundMs));
      const pieceBytes = Math.ceil((bytes.length * PIECE_MS) / Math.max(PIECE_MS, soundMs));
      const pieces: Float32Array[] = [];
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        if (start > 0) await setImmediate();
        pieces.push(soundIn.decode(bytes.subarray(start, start + pieceBytes)));
      }
      const samples = joined(pieces);
      if (samples.length === 0) throw new RealtimeError("invalid_value", "The sound is empty.", param);
      return { content_index: index, samples, soundMs };
    } finally {
      soundIn.close();
    }
  }
}

function joined(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const piece of pieces) {
    all.set(piece, end);
    end += piece.length;
  }
  return all;
}
