import {
  type AudioFrame,
  type CompandingLaw,
  FRAME_MS,
  floatsToG711,
  g711ToFloats,
  LISTENING_SAMPLE_RATE,
  pcm16ToFloats,
  Resampler,
} from "../../../audio/index.ts";
import { OutgoingAudio } from "../../server/audio-codec.ts";
import { RealtimeError } from "./errors.ts";
import type { SoundFormat } from "./session-schema.ts";

/** What differs between the formats; `law` where there is one. */
interface Coding {
  readonly sampleRate: 24_000 | 8000;
  readonly bytesPerSample: 1 | 2;
  readonly law?: CompandingLaw;
}

const CODINGS: Readonly<Record<SoundFormat["type"], Coding>> = {
  "audio/pcm": { sampleRate: 24_000, bytesPerSample: 2 },
  "audio/pcmu": { sampleRate: 8000, bytesPerSample: 1, law: "mu-law" },
  "audio/pcma": { sampleRate: 8000, bytesPerSample: 1, law: "a-law" },
};

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/u;

/** Sound from a client, in base64 as it comes: pieces need not end where samples do. */
export class SoundIn {
  readonly #coding: Coding;
  readonly #resampler: Resampler;
  #rest: Uint8Array = new Uint8Array();

  private constructor(coding: Coding, resampler: Resampler) {
    this.#coding = coding;
    this.#resampler = resampler;
  }

  static async open({ type }: SoundFormat): Promise<SoundIn> {
    const coding = CODINGS[type];
    return new SoundIn(coding, await Resampler.open(coding.sampleRate, LISTENING_SAMPLE_RATE));
  }

  /**
   * The bytes of a message.
   * @throws RealtimeError where it is no base64.
   */
  read(base64: string, param = "audio"): Uint8Array {
    if (!BASE64.test(base64)) throw new RealtimeError("invalid_value", "The sound is no base64.", param);
    return Buffer.from(base64, "base64");
  }

  durationMs(byteLength: number): number {
    return (byteLength * 1000) / (this.#coding.sampleRate * this.#coding.bytesPerSample);
  }

  /** Samples at 16 kHz. */
  decode(bytes: Uint8Array): Float32Array {
    const { law, bytesPerSample } = this.#coding;
    const joined = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const whole = joined.length - (joined.length % bytesPerSample);
    this.#rest = Uint8Array.from(joined.subarray(whole));
    const samples = joined.subarray(0, whole);
    return this.#resampler.process(law === undefined ? pcm16ToFloats(samples) : g711ToFloats(samples, law));
  }

  close(): void {
    this.#resampler.close();
  }
}

/** Sound to a client: 20 ms of base64 each. */
export class SoundOut {
  /** How long a piece sounds. */
  static readonly pieceMs = FRAME_MS;
  readonly #coding: Coding;
  readonly #outgoing: OutgoingAudio;

  private constructor(coding: Coding, outgoing: OutgoingAudio) {
    this.#coding = coding;
    this.#outgoing = outgoing;
  }

  /** @param voiceSampleRate - of the frames to come, in Hz. */
  static async open({ type }: SoundFormat, voiceSampleRate: number): Promise<SoundOut> {
    const coding = CODINGS[type];
    const format = { format: "pcm16", sampleRate: coding.sampleRate } as const;
    return new SoundOut(coding, await OutgoingAudio.open(format, voiceSampleRate));
  }

  encode(frame: AudioFrame): readonly string[] {
    return this.#outgoing.encode(frame).map(({ payload }) => this.#print(payload));
  }

  /** What is left of an answer; the next frame begins a new one. */
  finish(): readonly string[] {
    return this.#outgoing.finish().map(({ payload }) => this.#print(payload));
  }

  close(): void {
    this.#outgoing.close();
  }

  #print(pcm: Uint8Array): string {
    const { law } = this.#coding;
    const bytes = law === undefined ? pcm : floatsToG711(pcm16ToFloats(pcm), law);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  }
}

/** Both ways of a connection's sound. */
export interface Sound {
  soundIn: SoundIn;
  soundOut: SoundOut;
}

interface SoundFormats {
  readonly input: { readonly format: SoundFormat };
  readonly output: { readonly format: SoundFormat };
}

/** Opens both, or none. */
export async function openSound({ input, output }: SoundFormats, voiceSampleRate: number): Promise<Sound> {
  const soundIn = await SoundIn.open(input.format);
  try {
    return { soundIn, soundOut: await SoundOut.open(output.format, voiceSampleRate) };
  } catch (error) {
    soundIn.close();
    throw error;
  }
}

/** Opens anew what is to have another format than before. */
export async function reopenSound(
  sound: Sound,
  before: SoundFormats,
  { input, output }: SoundFormats,
  voiceSampleRate: number,
): Promise<void> {
  if (input.format.type !== before.input.format.type) {
    const soundIn = await SoundIn.open(input.format);
    sound.soundIn.close();
    sound.soundIn = soundIn;
  }
  if (output.format.type !== before.output.format.type) {
    const soundOut = await SoundOut.open(output.format, voiceSampleRate);
    sound.soundOut.close();
    sound.soundOut = soundOut;
  }
}

export function closeSound({ soundIn, soundOut }: Sound): void {
  soundIn.close();
  soundOut.close();
}
