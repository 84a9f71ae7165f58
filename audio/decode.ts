import { announcedAudio, type AudioAnnouncement, type AudioFormat } from "./containers.ts";
import { AudioError } from "./errors.ts";
import { SAMPLE_RATES } from "./resample.ts";
import { readWavFrames, readWavHeader } from "./wav.ts";

/** More channels than a 7.1 recording has are not speech. */
const MOST_CHANNELS = 8;
/** Compressed bytes given to a decoder at once: bounds what a hostile file can expand to before it is measured. */
const SLICE_BYTES = 8_192;
/** Frames of a WAV file that are converted at once. */
const SLICE_FRAMES = 65_536;

/** A whole recording, mixed to one channel. */
export interface DecodedAudio {
  readonly samples: Float32Array;
  /** In Hz, as recorded (Opus always plays at 48,000). */
  readonly sampleRate: number;
}

/** What to decode and what to refuse. */
export interface DecodeOptions {
  /** Longer recordings are refused. @default one hour */
  readonly maximumDurationMs?: number;
}

/**
 * Decodes a whole file, told by its first bytes: WAV, FLAC, MP3, Ogg with Opus or Vorbis; up to 8 channels, which are
 * averaged. What the header announces is checked before anything is decoded, what really comes while it is.
 * @throws AudioError `audio-empty`, `audio-unreadable`, `audio-channels`, `audio-rate` or `audio-too-long`.
 */
export async function decodeAudio(bytes: Uint8Array, options: DecodeOptions = {}): Promise<DecodedAudio> {
  if (bytes.length === 0) throw new AudioError("audio-empty", "the file is empty");
  const announced = announcedAudio(bytes);
  if (announced === undefined) {
    throw new AudioError("audio-unreadable", "not a WAV, FLAC, MP3, Ogg Opus or Ogg Vorbis file");
  }
  const collector = new MonoCollector(options.maximumDurationMs ?? 3_600_000);
  collector.checkAnnouncement(announced);
  for await (const piece of pieces(bytes, announced.format)) collector.add(piece);
  return collector.finish(announced);
}

/** A stretch of decoded sound. */
interface Piece {
  readonly sampleRate: number;
  readonly channelData: readonly Float32Array[];
}

/** What the WebAssembly decoders have in common. */
interface StreamDecoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): Piece | Promise<Piece>;
  flush?(): Promise<Piece>;
  free(): unknown;
}

/** Each decoder is loaded when the first file of its kind comes. */
const DECODERS: Readonly<Record<Exclude<AudioFormat, "wav">, () => Promise<StreamDecoder>>> = {
  flac: async () => new (await import("@wasm-audio-decoders/flac")).FLACDecoder(),
  mp3: async () => new (await import("mpg123-decoder")).MPEGDecoder(),
  "ogg-opus": async () => new (await import("ogg-opus-decoder")).OggOpusDecoder(),
  "ogg-vorbis": async () => new (await import("@wasm-audio-decoders/ogg-vorbis")).OggVorbisDecoder(),
};

async function* pieces(bytes: Uint8Array, format: AudioFormat): AsyncGenerator<Piece> {
  if (format === "wav") {
    yield* wavPieces(bytes);
    return;
  }
  const decoder = await DECODERS[format]();
  await decoder.ready;
  try {
    for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
      // A copy, because decoders keep what they cannot use yet.
      const slice = bytes.slice(start, start + SLICE_BYTES);
      yield await decoded(() => decoder.decode(slice));
    }
    yield await decoded(() => decoder.flush?.() ?? { sampleRate: 0, channelData: [] });
  } finally {
    decoder.free();
  }
}

/** Decoders throw whatever comes to hand where a file is damaged. */
async function decoded(decode: () => Piece | Promise<Piece>): Promise<Piece> {
  try {
    return await decode();
  } catch (cause) {
    throw new AudioError("audio-unreadable", "the file is damaged", { cause });
  }
}

function* wavPieces(bytes: Uint8Array): Generator<Piece> {
  const header = readWavHeader(bytes);
  for (let start = 0; start < header.frames; start += SLICE_FRAMES) {
    const channelData = readWavFrames(bytes, header, start, Math.min(header.frames, start + SLICE_FRAMES));
    yield { sampleRate: header.sampleRate, channelData };
  }
}

/** Mixes pieces to one channel, strings them together and refuses what is too much. */
class MonoCollector {
  readonly #maximumDurationMs: number;
  readonly #pieces: Float32Array[] = [];
  #count = 0;
  #sampleRate = 0;

  constructor(maximumDurationMs: number) {
    this.#maximumDurationMs = maximumDurationMs;
  }

  checkAnnouncement({ channelCount, durationMs }: AudioAnnouncement): void {
    this.#checkChannels(channelCount);
    this.#checkDuration(durationMs ?? 0);
  }

  add({ sampleRate, channelData }: Piece): void {
    const mono = downmix(channelData);
    if (mono.length === 0) return;
    this.#checkChannels(channelData.length);
    if (sampleRate < SAMPLE_RATES.lowest || sampleRate > SAMPLE_RATES.highest) {
      throw new AudioError("audio-rate", `a sample rate of ${sampleRate} Hz is not supported`);
    }
    if (this.#count > 0 && sampleRate !== this.#sampleRate) {
      throw new AudioError(
        "audio-rate",
        `the sample rate changes from ${this.#sampleRate} to ${sampleRate} Hz`,
      );
    }
    this.#sampleRate = sampleRate;
    this.#count += mono.length;
    this.#checkDuration((1000 * this.#count) / sampleRate);
    this.#pieces.push(mono);
  }

  finish({ durationMs }: AudioAnnouncement): DecodedAudio {
    if (this.#count === 0) {
      if (durationMs === 0) throw new AudioError("audio-empty", "there is no sound in the file");
      throw new AudioError("audio-unreadable", "none of the file's sound can be decoded");
    }
    const samples = new Float32Array(this.#count);
    let position = 0;
    for (const piece of this.#pieces) {
      samples.set(piece, position);
      position += piece.length;
    }
    return { samples, sampleRate: this.#sampleRate };
  }

  #checkChannels(count: number): void {
    if (count <= MOST_CHANNELS) return;
    throw new AudioError(
      "audio-channels",
      `${count} channels are more than the ${MOST_CHANNELS} that can be mixed`,
    );
  }

  #checkDuration(durationMs: number): void {
    if (durationMs <= this.#maximumDurationMs) return;
    const [is, allowed] = [durationMs, this.#maximumDurationMs].map((ms) => Math.ceil(ms / 1000));
    throw new AudioError(
      "audio-too-long",
      `the recording lasts ${is ?? 0} s or more, allowed are ${allowed ?? 0} s`,
    );
  }
}

/** The mean of the channels; NaN and infinities, which float formats can hold, become silence. */
export function downmix(channels: readonly Float32Array[]): Float32Array {
  const mono = new Float32Array(channels[0]?.length ?? 0);
  for (const channel of channels) {
    for (let index = 0; index < mono.length; index++) {
      const sample = channel[index] ?? 0;
      if (Number.isFinite(sample)) mono[index] = (mono[index] ?? 0) + sample / channels.length;
    }
  }
  return mono;
}
