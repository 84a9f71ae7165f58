import { AudioError } from "./errors.ts";
import { floatsToPcm16 } from "./pcm.ts";

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_EXTENSIBLE = 0xfffe;

/** What a WAV file says about itself. `frames` counts samples per channel that are really there. */
export interface WavHeader {
  readonly sampleRate: number;
  readonly channelCount: number;
  readonly frames: number;
  readonly encoding: WavEncoding;
  readonly dataOffset: number;
}

/** Integers of 8 (unsigned), 16, 24 or 32 bits, or floats of 32 or 64 bits. */
type WavEncoding = "u8" | "s16" | "s24" | "s32" | "f32" | "f64";

/** Sound of one or more channels, each of the same length, in [-1, 1]. */
export interface MultichannelAudio {
  readonly sampleRate: number;
  readonly channels: readonly Float32Array[];
}

/**
 * Reads the header only. A data chunk that claims more than the file has is cut to what is there, as left behind by
 * recorders that were stopped; unknown chunks are skipped.
 * @throws AudioError `audio-unreadable` where it is not a WAV file or its encoding is not linear.
 */
export function readWavHeader(bytes: Uint8Array): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (tagAt(view, 0) !== "RIFF" || tagAt(view, 8) !== "WAVE") throw unreadable("no RIFF/WAVE header");
  let format: Omit<WavHeader, "frames" | "dataOffset"> | undefined;
  for (let offset = 12; offset + 8 <= bytes.length;) {
    const tag = tagAt(view, offset);
    const claimed = view.getUint32(offset + 4, true);
    const body = offset + 8;
    if (tag === "fmt ") format = readFormat(view, body, claimed);
    if (tag === "data") {
      if (format === undefined) throw unreadable("sound before its format");
      const size = Math.min(claimed, bytes.length - body);
      const frames = Math.floor(size / (format.channelCount * SAMPLE_READERS[format.encoding].bytes));
      return { ...format, frames, dataOffset: body };
    }
    offset = body + claimed + (claimed % 2); // chunks are padded to even lengths
  }
  throw unreadable("no sound in it");
}

/** Reads a whole WAV file: PCM of 8, 16, 24 or 32 bits or float, also as WAVE_FORMAT_EXTENSIBLE. */
export function readWav(bytes: Uint8Array): MultichannelAudio {
  const header = readWavHeader(bytes);
  return { sampleRate: header.sampleRate, channels: readWavFrames(bytes, header, 0, header.frames) };
}

/** Reads the frames [startFrame, endFrame) of a WAV file, one array per channel; both must lie within the header's. */
export function readWavFrames(
  bytes: Uint8Array,
  { channelCount, encoding, dataOffset }: WavHeader,
  startFrame: number,
  endFrame: number,
): Float32Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataOffset, bytes.byteLength - dataOffset);
  const reader = SAMPLE_READERS[encoding];
  return Array.from({ length: channelCount }, (_, channel) => {
    const samples = new Float32Array(endFrame - startFrame);
    for (let index = 0; index < samples.length; index++) {
      const sample = reader.read(view, ((startFrame + index) * channelCount + channel) * reader.bytes);
      samples[index] = Number.isFinite(sample) ? sample : 0;
    }
    return samples;
  });
}

/** Writes a 16-bit WAV file of one or more channels of the same length. */
export function writeWav({ sampleRate, channels }: MultichannelAudio): Uint8Array {
  const channelCount = channels.length;
  const frames = channels[0]?.length ?? 0;
  if (channelCount === 0 || channels.some((channel) => channel.length !== frames)) {
    throw new AudioError("audio-channels", "the channels of a file must be there and of the same length");
  }
  const interleaved = new Float32Array(frames * channelCount);
  for (const [index, channel] of channels.entries()) {
    for (let frame = 0; frame < frames; frame++)
      interleaved[frame * channelCount + index] = channel[frame] ?? 0;
  }
  const data = floatsToPcm16(interleaved);
  const bytes = new Uint8Array(HEADER_BYTES + data.length);
  bytes.set(wavHeader(sampleRate, channelCount, data.length));
  bytes.set(data, HEADER_BYTES);
  return bytes;
}

/** What a mono WAV file of 16 bits begins with whose length is not known yet: readers take what comes. */
export function streamedWavHeader(sampleRate: number): Uint8Array {
  return wavHeader(sampleRate, 1, LONGEST_DATA_BYTES);
}

const HEADER_BYTES = 44;
const LONGEST_DATA_BYTES = 2 ** 32 - HEADER_BYTES;

/** What a WAV file of 16 bits begins with, before `dataBytes` of interleaved samples. */
export function wavHeader(sampleRate: number, channelCount: number, dataBytes: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  writeTag(bytes, 0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  writeTag(bytes, 8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_PCM, true);
  view.setUint16(22, channelCount, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channelCount * 2, true);
  view.setUint16(32, channelCount * 2, true);
  view.setUint16(34, 16, true);
  writeTag(bytes, 36, "data");
  view.setUint32(40, dataBytes, true);
  return bytes;
}

function readFormat(view: DataView, body: number, size: number): Omit<WavHeader, "frames" | "dataOffset"> {
  if (size < 16 || body + size > view.byteLength) throw unreadable("its format is cut off");
  const tag = view.getUint16(body, true);
  // The extensible form keeps the real tag at the head of a GUID.
  const realTag = tag === FORMAT_EXTENSIBLE && size >= 26 ? view.getUint16(body + 24, true) : tag;
  const channelCount = view.getUint16(body + 2, true);
  const sampleRate = view.getUint32(body + 4, true);
  const blockBytes = view.getUint16(body + 12, true);
  const bits = view.getUint16(body + 14, true);
  const encoding = ENCODINGS.get(`${realTag}:${bits}`);
  if (encoding === undefined) throw unreadable(`encoding ${realTag} with ${bits} bits is not supported`);
  if (channelCount === 0 || sampleRate === 0) throw unreadable("no channels or no sample rate");
  if (blockBytes !== channelCount * SAMPLE_READERS[encoding].bytes)
    throw unreadable("its block size is wrong");
  return { sampleRate, channelCount, encoding };
}

const ENCODINGS: ReadonlyMap<string, WavEncoding> = new Map([
  [`${FORMAT_PCM}:8`, "u8"],
  [`${FORMAT_PCM}:16`, "s16"],
  [`${FORMAT_PCM}:24`, "s24"],
  [`${FORMAT_PCM}:32`, "s32"],
  [`${FORMAT_FLOAT}:32`, "f32"],
  [`${FORMAT_FLOAT}:64`, "f64"],
]);

interface SampleReader {
  readonly bytes: number;
  read(view: DataView, offset: number): number;
}

const SAMPLE_READERS: Readonly<Record<WavEncoding, SampleReader>> = {
  u8: { bytes: 1, read: (view, offset) => (view.getUint8(offset) - 128) / 2 ** 7 },
  s16: { bytes: 2, read: (view, offset) => view.getInt16(offset, true) / 2 ** 15 },
  s24: {
    bytes: 3,
    read: (view, offset) => (view.getUint8(offset) + 256 * view.getInt16(offset + 1, true)) / 2 ** 23,
  },
  s32: { bytes: 4, read: (view, offset) => view.getInt32(offset, true) / 2 ** 31 },
  f32: { bytes: 4, read: (view, offset) => view.getFloat32(offset, true) },
  f64: { bytes: 8, read: (view, offset) => view.getFloat64(offset, true) },
};

function tagAt(view: DataView, offset: number): string {
  if (offset + 4 > view.byteLength) return "";
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(offset + index)));
}

function writeTag(bytes: Uint8Array, offset: number, tag: string): void {
  for (let index = 0; index < tag.length; index++) bytes[offset + index] = tag.charCodeAt(index);
}

function unreadable(reason: string): AudioError {
  return new AudioError("audio-unreadable", `not a readable WAV file: ${reason}`);
}
