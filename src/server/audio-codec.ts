import {
  AudioError,
  type AudioFrame,
  FRAME_MS,
  floatsToPcm16,
  LISTENING_SAMPLE_RATE,
  msToSamples,
  pcm16ToFloats,
  Resampler,
} from "../../audio/index.ts";
import { openOpusDecoder, openOpusEncoder, type OpusPacketDecoder } from "../../audio/opus.ts";
import { AntiphonError } from "../../streaming/index.ts";
import type { AudioFormat } from "./protocol.ts";

/** Both directions of one connection. */
export interface Codecs {
  readonly incoming: IncomingAudio;
  readonly outgoing: OutgoingAudio;
}

/**
 * Opens both directions (20 ms of this thread, 4 MB) or none.
 * @param voiceSampleRate - of the frames to come, in Hz.
 * @throws AudioError `opus-unavailable`.
 */
export async function openCodecs(
  formats: { readonly input: AudioFormat; readonly output: AudioFormat },
  voiceSampleRate: number,
): Promise<Codecs> {
  const incoming = await IncomingAudio.open(formats.input);
  try {
    return { incoming, outgoing: await OutgoingAudio.open(formats.output, voiceSampleRate) };
  } catch (error) {
    incoming.close();
    throw error;
  }
}

/** A pause in the client's timestamps is heard as silence, up to this long. */
const LONGEST_GAP_MS = 2000;
/** Timestamps of a client may jitter by this much without being a pause. */
const SMALLEST_GAP_MS = 100;

/** Gives the memory of both directions back. */
export function closeCodecs({ incoming, outgoing }: Codecs): void {
  incoming.close();
  outgoing.close();
}

/** Sound from the client: payloads in the agreed format become samples at 16 kHz. */
export class IncomingAudio {
  readonly #format: AudioFormat;
  readonly #decoder: OpusPacketDecoder | undefined;
  readonly #resampler: Resampler;
  /** Where the client's clock stands after what came so far, in ms; the first payload says where it began. */
  #expectedMs: number | undefined;

  private constructor(format: AudioFormat, decoder: OpusPacketDecoder | undefined, resampler: Resampler) {
    this.#format = format;
    this.#decoder = decoder;
    this.#resampler = resampler;
  }

  static async open(format: AudioFormat): Promise<IncomingAudio> {
    // The codec first: where it is missing nothing is left open.
    const decoder = format.format === "opus" ? await openOpusDecoder(format.sampleRate) : undefined;
    return new IncomingAudio(format, decoder, await Resampler.open(format.sampleRate, LISTENING_SAMPLE_RATE));
  }

  /** Where the client's clock stands after what came so far; undefined before the first payload. */
  get clockMs(): number | undefined {
    return this.#expectedMs;
  }

  /** How long a payload sounds, without decoding it. */
  durationMs(payload: Uint8Array): number {
    return this.#format.format === "opus"
      ? this.#format.frameMs
      : (payload.length * 500) / this.#format.sampleRate;
  }

  /** How much silence a payload of this time is put behind, for what the client skipped. */
  gapMs(timestampMs: number): number {
    const gapMs = timestampMs - (this.#expectedMs ?? timestampMs);
    return gapMs > SMALLEST_GAP_MS ? Math.min(gapMs, LONGEST_GAP_MS) : 0;
  }

  /**
   * Samples at 16 kHz, behind silence for what the client skipped; may be empty for very short payloads.
   * @throws AntiphonError `frame-invalid`; AudioError `opus-invalid`.
   */
  decode(payload: Uint8Array, timestampMs: number): Float32Array {
    const samples =
      this.#decoder === undefined ? decodePcm16(payload) : this.#decodeOpus(this.#decoder, payload);
    const { sampleRate } = this.#format;
    const silenceMs = this.gapMs(timestampMs);
    this.#expectedMs = Math.max(timestampMs, this.#expectedMs ?? 0) + (samples.length * 1000) / sampleRate;
    if (silenceMs === 0) return this.#resampler.process(samples);
    const silence = msToSamples(silenceMs, sampleRate);
    const padded = new Float32Array(silence + samples.length);
    padded.set(samples, silence);
    return this.#resampler.process(padded);
  }

  /** Sound in place of a payload that could not be decoded, so that time goes on. */
  conceal(payload: Uint8Array): Float32Array {
    const durationMs = this.durationMs(payload);
    if (this.#expectedMs !== undefined) this.#expectedMs += durationMs;
    const concealed = new Float32Array(msToSamples(durationMs, this.#format.sampleRate));
    concealed.set(this.#decoder?.conceal().subarray(0, concealed.length) ?? []);
    return this.#resampler.process(concealed);
  }

  close(): void {
    this.#resampler.close();
  }

  #decodeOpus(decoder: OpusPacketDecoder, payload: Uint8Array): Float32Array {
    const samples = decoder.decode(payload);
    const durationMs = (samples.length * 1000) / this.#format.sampleRate;
    if (durationMs === this.durationMs(payload)) return samples;
    throw new AudioError("opus-invalid", `a packet lasts ${durationMs} ms, not as long as was agreed`);
  }
}

function decodePcm16(payload: Uint8Array): Float32Array {
  if (payload.length % 2 !== 0) {
    throw new AntiphonError("frame-invalid", `16-bit sound cannot have ${payload.length} bytes`);
  }
  return pcm16ToFloats(payload);
}

async function openEncoder(format: AudioFormat): Promise<(samples: Float32Array) => Uint8Array> {
  if (format.format === "pcm16") return floatsToPcm16;
  const encoder = await openOpusEncoder(format.sampleRate, format.frameMs);
  return (samples) => encoder.encode(samples);
}

/** A payload ready to be sent; `timestampMs` counts from the answer's first sample. */
export interface EncodedAudio {
  readonly timestampMs: number;
  readonly payload: Uint8Array;
}

/** Sound to the client: the session's frames become payloads of equal length in the agreed format. */
export class OutgoingAudio {
  readonly #encode: (samples: Float32Array) => Uint8Array;
  readonly #resampler: Resampler;
  readonly #frameMs: number;
  readonly #pending: Float32Array;
  #pendingLength = 0;
  #timestampMs = 0;

  private constructor(
    format: AudioFormat,
    resampler: Resampler,
    encode: (samples: Float32Array) => Uint8Array,
  ) {
    this.#encode = encode;
    this.#resampler = resampler;
    this.#frameMs = format.format === "opus" ? format.frameMs : FRAME_MS;
    this.#pending = new Float32Array(msToSamples(this.#frameMs, format.sampleRate));
  }

  /** @param voiceSampleRate - of the frames to come, in Hz; all is made ready now, not when the first one comes. */
  static async open(format: AudioFormat, voiceSampleRate: number): Promise<OutgoingAudio> {
    const encode = await openEncoder(format);
    return new OutgoingAudio(format, await Resampler.open(voiceSampleRate, format.sampleRate), encode);
  }

  /** The payloads that this frame completes. */
  encode({ samples, sampleRate }: AudioFrame): EncodedAudio[] {
    if (sampleRate !== this.#resampler.inputRate) {
      throw new AntiphonError(
        "internal",
        `the voice changed from ${this.#resampler.inputRate} to ${sampleRate} Hz`,
      );
    }
    return this.#cut(this.#resampler.process(samples));
  }

  /** Ends an answer: its last payload, filled up with silence. The next frame begins a new one. */
  finish(): EncodedAudio[] {
    const payloads = this.#cut(this.#resampler.flush());
    if (this.#pendingLength > 0) {
      payloads.push(...this.#cut(new Float32Array(this.#pending.length - this.#pendingLength)));
    }
    this.#timestampMs = 0;
    return payloads;
  }

  close(): void {
    this.#resampler.close();
  }

  #cut(samples: Float32Array): EncodedAudio[] {
    const payloads: EncodedAudio[] = [];
    for (let offset = 0; offset < samples.length;) {
      const taken = samples.subarray(offset, offset + this.#pending.length - this.#pendingLength);
      this.#pending.set(taken, this.#pendingLength);
      this.#pendingLength += taken.length;
      offset += taken.length;
      if (this.#pendingLength < this.#pending.length) break;
      payloads.push({ timestampMs: this.#timestampMs, payload: this.#encode(this.#pending) });
      this.#timestampMs += this.#frameMs;
      this.#pendingLength = 0;
    }
    return payloads;
  }
}
