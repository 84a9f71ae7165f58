import { LISTENING_SAMPLE_RATE, msToSamples } from "../../../audio/index.ts";
import type { OpusPacketDecoder } from "../../../audio/opus.ts";

/** Boards send a packet every 60 ms. Where none has come for this long, they send nothing because nothing is to be heard (DTX). */
const MISSING_AFTER_MS = 180;
const PACKET_MS = 60;
/** By then every turn is over. */
const LONGEST_SILENCE_MS = 4000;

/**
 * Packets of a board's microphone → sound without gaps. The sound is the clock of the conversation, so that silence which is
 * not sent must be put in for a turn to end.
 */
export class Uplink {
  readonly #decoder: OpusPacketDecoder;
  readonly #hear: (samples: Float32Array) => void;
  #timer: NodeJS.Timeout | undefined;
  #judging: NodeJS.Immediate | undefined;
  #silentMs = 0;

  /** @param hear - gets what was said, at 16 kHz. */
  constructor(decoder: OpusPacketDecoder, hear: (samples: Float32Array) => void) {
    this.#decoder = decoder;
    this.#hear = hear;
  }

  /**
   * Takes the next packet.
   * @param admit - may refuse, by an error, sound of so many ms.
   * @throws AudioError `opus-invalid`, after the conversation has heard something in its place; what `admit` throws.
   */
  take(packet: Uint8Array, admit: (durationMs: number) => void): void {
    this.#silentMs = 0;
    this.#await(MISSING_AFTER_MS);
    if (packet.length === 0) return;
    let samples: Float32Array;
    try {
      samples = this.#decoder.decode(packet);
    } catch (error) {
      this.#hear(this.#decoder.conceal());
      throw error;
    }
    admit((samples.length * 1000) / LISTENING_SAMPLE_RATE);
    this.#hear(samples);
  }

  /** The microphone is closed: what does not come is not silence. */
  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#judging);
    this.#timer = undefined;
  }

  #await(ms: number): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#judging);
    this.#timer = setTimeout(() => {
      // Where this process stood still, packets have come that are only to be read.
      this.#judging = setImmediate(() => {
        this.#fill(ms);
      });
    }, ms);
  }

  #fill(missingMs: number): void {
    this.#hear(new Float32Array(msToSamples(missingMs, LISTENING_SAMPLE_RATE)));
    this.#silentMs += missingMs;
    if (this.#silentMs < LONGEST_SILENCE_MS) this.#await(PACKET_MS);
    else this.#timer = undefined;
  }
}
