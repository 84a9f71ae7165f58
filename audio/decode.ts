import { announcedAudio, type AudioFormat } from "./containers.ts";
import { AudioError } from "./errors.ts";
import { type DecodedAudio, type DecodedPiece, MonoCollector } from "./mono-collector.ts";
import { readWavFrames, readWavHeader } from "./wav.ts";

/**
 * Compressed bytes given to a decoder at once: bounds what a hostile file can expand to before it is measured. A FLAC frame
 * of 28 bytes can hold 8 channels of 65,535 equal samples, so that these expand to 75 MB at most.
 */
const SLICE_BYTES = 1_024;
/** Frames of a WAV file that are converted at once. */
const SLICE_FRAMES = 65_536;

/** What to decode and what to refuse. */
export interface DecodeOptions {
  /** Longer recordings are refused. @default one hour */
  readonly maximumDurationMs?: number;
  /** In Hz: resampled piece by piece, so that no more than the result is ever held. @default as recorded */
  readonly sampleRate?: number;
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
  const { maximumDurationMs = 3_600_000, sampleRate } = options;
  const collector = new MonoCollector({ maximumDurationMs, sampleRate });
  try {
    collector.checkAnnouncement(announced);
    for await (const piece of pieces(bytes, announced.format)) await collector.add(piece);
    return collector.finish(announced);
  } finally {
    collector.close();
  }
}

/** What the WebAssembly decoders have in common. */
interface StreamDecoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): DecodedPiece | Promise<DecodedPiece>;
  flush?(): Promise<DecodedPiece>;
  free(): unknown;
}

/** Each decoder is loaded when the first file of its kind comes. */
const DECODERS: Readonly<Record<Exclude<AudioFormat, "wav">, () => Promise<StreamDecoder>>> = {
  flac: async () => new (await import("@wasm-audio-decoders/flac")).FLACDecoder(),
  mp3: async () => new (await import("mpg123-decoder")).MPEGDecoder(),
  "ogg-opus": async () => new (await import("ogg-opus-decoder")).OggOpusDecoder(),
  "ogg-vorbis": async () => new (await import("@wasm-audio-decoders/ogg-vorbis")).OggVorbisDecoder(),
};

async function* pieces(bytes: Uint8Array, format: AudioFormat): AsyncGenerator<DecodedPiece> {
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
async function decoded(decode: () => DecodedPiece | Promise<DecodedPiece>): Promise<DecodedPiece> {
  try {
    return await decode();
  } catch (cause) {
    throw new AudioError("audio-unreadable", "the file is damaged", { cause });
  }
}

function* wavPieces(bytes: Uint8Array): Generator<DecodedPiece> {
  const header = readWavHeader(bytes);
  for (let start = 0; start < header.frames; start += SLICE_FRAMES) {
    const channelData = readWavFrames(bytes, header, start, Math.min(header.frames, start + SLICE_FRAMES));
    yield { sampleRate: header.sampleRate, channelData };
  }
}
