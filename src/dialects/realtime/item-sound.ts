import { setImmediate } from "node:timers/promises";

import { z } from "zod";

import type { SessionModels } from "../../../streaming/index.ts";
import { transcribeRecording } from "../../transcription.ts";
import type { ServerEvent } from "./beta.ts";
import type { ClientEvent } from "./client-events.ts";
import { RealtimeError } from "./errors.ts";
import { newId } from "./ids.ts";
import type { Places } from "./places.ts";
import type { SessionConfig } from "./session-config.ts";
import type { SoundFormat } from "./session-schema.ts";
import { SoundIn } from "./sound.ts";
import { transcriptionUsage } from "./usage.ts";

type Create = Extract<ClientEvent, { readonly type: "conversation.item.create" }>;

/** A message that may have sound in it; what else it is, and whether it is right, is read later. */
const withParts = z.looseObject({ id: z.unknown(), content: z.array(z.unknown()).max(64) });
const soundPart = z.looseObject({ type: z.literal("input_audio"), audio: z.string() });

/** Recordings that one item may hold: each is recognised by itself, however short it is. */
const RECORDINGS_AT_MOST = 4;

/** A recording counts as no less sound than that: the recogniser takes as long for a click as for a word. */
const CHARGED_AT_LEAST_MS = 1000;

/** Of a long recording, what is decoded at once; others have their turn in between. */
const PIECE_MS = 1000;

interface HeardPart {
  readonly content_index: number;
  readonly transcript: string;
  readonly soundMs: number;
}

export interface ItemSoundHost {
  readonly send: (event: ServerEvent) => void;
  readonly config: () => SessionConfig;
  /** Of all clients together. */
  readonly places: Places;
  readonly models: () => Pick<SessionModels, "detector" | "recognizer"> | undefined;
  /** @throws AntiphonError where a client sends more than that of sound. */
  readonly admitAudio: (durationMs: number) => void;
  /** Takes the item, with words where there was sound. */
  readonly create: (event: Create) => void;
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
  async create(event: Create): Promise<void> {
    const message = withParts.safeParse(event.item);
    const { id = newId("item"), content = [] } = message.success ? message.data : {};
    const recordings = content.filter((part) => soundPart.safeParse(part).success);
    if (recordings.length > RECORDINGS_AT_MOST)
      throw new RealtimeError(
        "invalid_value",
        `An item holds at most ${RECORDINGS_AT_MOST} recordings.`,
        "item.content",
      );
    const heard: HeardPart[] = [];
    for (const [content_index, part] of content.entries()) {
      const sound = soundPart.safeParse(part);
      if (sound.success)
        heard.push({ content_index, ...(await this.#hear(sound.data.audio, content_index)) });
      if (this.#closing.signal.aborted) return;
    }
    if (heard.length === 0) {
      this.#host.create(event);
      return;
    }
    const words = new Map(heard.map(({ content_index, transcript }) => [content_index, transcript]));
    const worded = content.map((part, index) => {
      const transcript = words.get(index);
      return transcript === undefined ? part : { type: "input_audio", transcript };
    });
    this.#host.create({ ...event, item: { ...message.data, id, content: worded } });
    this.#tell(id, heard);
  }

  stop(): void {
    this.#closing.abort(new DOMException("the client has left", "AbortError"));
  }

  #tell(item_id: unknown, heard: readonly HeardPart[]): void {
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

  async #hear(base64: string, index: number): Promise<Omit<HeardPart, "content_index">> {
    const models = this.#host.models();
    if (models === undefined) throw new RealtimeError("not_ready", "The models are gone.");
    const { format } = this.#host.config().audio.input;
    const { samples, soundMs } = await this.#decode(base64, format, `item.content[${index}].audio`);
    const { signal } = this.#closing;
    let giveUpPlace: (() => void) | undefined;
    try {
      giveUpPlace = await this.#host.places.take(signal);
      const options = { signal, urgency: "background" } as const;
      return { transcript: await transcribeRecording(samples, models, options), soundMs };
    } catch (error) {
      if (signal.aborted) return { transcript: "", soundMs };
      throw error;
    } finally {
      giveUpPlace?.();
    }
  }

  async #decode(base64: string, format: SoundFormat, param: string) {
    const soundIn = await SoundIn.open(format);
    try {
      const bytes = soundIn.read(base64, param);
      const soundMs = soundIn.durationMs(bytes.length);
      this.#host.admitAudio(Math.max(CHARGED_AT_LEAST_MS, soundMs));
      const pieceBytes = Math.ceil((bytes.length * PIECE_MS) / Math.max(PIECE_MS, soundMs));
      const pieces: Float32Array[] = [];
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        if (start > 0) await setImmediate();
        pieces.push(soundIn.decode(bytes.subarray(start, start + pieceBytes)));
      }
      return { samples: joined(pieces), soundMs };
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
