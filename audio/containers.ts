import { readWavHeader } from "./wav.ts";

/** The kinds of files that can be decoded. */
export type AudioFormat = "wav" | "flac" | "mp3" | "ogg-opus" | "ogg-vorbis";

/** What a file's first (for Ogg, last) bytes say about it. Claims, not facts: the sound itself may differ. */
export interface AudioAnnouncement {
  readonly format: AudioFormat;
  readonly channelCount: number;
  /** Undefined where the format does not have to say. */
  readonly durationMs: number | undefined;
}

/** Tells the format by its magic bytes and reads what it announces; undefined where it is none that we know. */
export function announcedAudio(bytes: Uint8Array): AudioAnnouncement | undefined {
  if (hasText(bytes, 0, "RIFF")) return announcedWav(bytes);
  if (hasText(bytes, 0, "OggS")) return announcedOgg(bytes);
  const start = id3Length(bytes);
  return hasText(bytes, start, "fLaC") ? announcedFlac(bytes, start) : announcedMp3(bytes, start);
}

function announcedWav(bytes: Uint8Array): AudioAnnouncement {
  const { channelCount, frames, sampleRate } = readWavHeader(bytes);
  return { format: "wav", channelCount, durationMs: (1000 * frames) / sampleRate };
}

/** FLAC (RFC 9639, section 8.2): the STREAMINFO block comes first and counts the samples, or says 0. */
function announcedFlac(bytes: Uint8Array, start: number): AudioAnnouncement | undefined {
  const info = start + 8;
  if (bytes.length < info + 34) return undefined;
  const view = viewOf(bytes);
  const sampleRate = view.getUint32(info + 10) >>> 12;
  const channelCount = ((view.getUint8(info + 12) >> 1) & 7) + 1;
  const frames = (view.getUint8(info + 13) & 15) * 2 ** 32 + view.getUint32(info + 14);
  const isKnown = frames > 0 && sampleRate > 0;
  return { format: "flac", channelCount, durationMs: isKnown ? (1000 * frames) / sampleRate : undefined };
}

const OPUS_CLOCK = 48_000;
/** Without its table of segments. */
const OGG_PAGE_HEADER = 27;

/** Ogg (RFC 3533) with Opus (RFC 7845) or Vorbis: the last page's granule position is the length. */
function announcedOgg(bytes: Uint8Array): AudioAnnouncement | undefined {
  const head = OGG_PAGE_HEADER + (bytes[26] ?? 0);
  if (bytes.length < head + 19) return undefined;
  const view = viewOf(bytes);
  const length = lastGranule(bytes);
  if (hasText(bytes, head, "OpusHead")) {
    const skipped = view.getUint16(head + 10, true);
    const durationMs = length === undefined ? undefined : (1000 * (length - skipped)) / OPUS_CLOCK;
    return { format: "ogg-opus", channelCount: view.getUint8(head + 9), durationMs };
  }
  if (!hasText(bytes, head, "\x01vorbis")) return undefined;
  const sampleRate = view.getUint32(head + 12, true);
  const durationMs = length === undefined || sampleRate === 0 ? undefined : (1000 * length) / sampleRate;
  return { format: "ogg-vorbis", channelCount: view.getUint8(head + 11), durationMs };
}

/** A page is never longer than this. */
const LARGEST_OGG_PAGE = 65_307;

function lastGranule(bytes: Uint8Array): number | undefined {
  const earliest = Math.max(0, bytes.length - LARGEST_OGG_PAGE);
  for (let offset = bytes.length - OGG_PAGE_HEADER; offset >= earliest; offset--) {
    if (!hasText(bytes, offset, "OggS")) continue;
    const granule = viewOf(bytes).getBigInt64(offset + 6, true);
    return granule < 0n ? undefined : Number(granule); // -1: no packet ends on this page
  }
  return undefined;
}

const MP3_KILOBITS = {
  version1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  version2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
const MP3_RATES = [44_100, 48_000, 32_000] as const;

interface Mp3Frame {
  readonly sampleRate: number;
  readonly channelCount: number;
  readonly samples: number;
  readonly byteLength: number;
  /** Where a Xing or Info tag would begin, from the start of the frame. */
  readonly tagOffset: number;
}

/** MPEG audio layer III. Only encoders that add a Xing or Info tag say how many frames follow. */
function announcedMp3(bytes: Uint8Array, start: number): AudioAnnouncement | undefined {
  const first = mp3Frame(bytes, start);
  if (first === undefined) return undefined;
  // Two bytes look like a frame by chance too often; two frames in a row do not.
  const next = start + first.byteLength;
  if (next + 4 <= bytes.length && mp3Frame(bytes, next) === undefined) return undefined;
  const tag = start + first.tagOffset;
  const isTagged = (hasText(bytes, tag, "Xing") || hasText(bytes, tag, "Info")) && tag + 12 <= bytes.length;
  const counts = isTagged && ((bytes[tag + 7] ?? 0) & 1) === 1;
  const frames = counts ? viewOf(bytes).getUint32(tag + 8) : undefined;
  const durationMs = frames === undefined ? undefined : (1000 * frames * first.samples) / first.sampleRate;
  return { format: "mp3", channelCount: first.channelCount, durationMs };
}

function mp3Frame(bytes: Uint8Array, offset: number): Mp3Frame | undefined {
  if (offset + 4 > bytes.length) return undefined;
  const header = viewOf(bytes).getUint32(offset);
  const version = (header >>> 19) & 3; // 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5
  const isLayer3 = ((header >>> 17) & 3) === 1;
  if (header >>> 21 !== 0x7ff || version === 1 || !isLayer3) return undefined;
  const isVersion1 = version === 3;
  const kilobits = MP3_KILOBITS[isVersion1 ? "version1" : "version2"][(header >>> 12) & 15];
  const fullRate = MP3_RATES[(header >>> 10) & 3];
  if (kilobits === undefined || kilobits === 0 || fullRate === undefined) return undefined;
  const sampleRate = fullRate / { 3: 1, 2: 2, 0: 4 }[version as 0 | 2 | 3];
  const channelCount = ((header >>> 6) & 3) === 3 ? 1 : 2;
  const samples = isVersion1 ? 1152 : 576;
  const sideInformation = isVersion1 === (channelCount === 1) ? 17 : isVersion1 ? 32 : 9;
  const byteLength = Math.floor(((samples / 8) * kilobits * 1000) / sampleRate) + ((header >>> 9) & 1);
  return { sampleRate, channelCount, samples, byteLength, tagOffset: 4 + sideInformation };
}

/** Length of the ID3v2 tag at the beginning, 0 where there is none; its size is stored in 7 bits a byte. */
function id3Length(bytes: Uint8Array): number {
  if (!hasText(bytes, 0, "ID3") || bytes.length < 10) return 0;
  const size = [6, 7, 8, 9].reduce((sum, index) => sum * 128 + ((bytes[index] ?? 0) & 127), 0);
  return 10 + size;
}

function hasText(bytes: Uint8Array, offset: number, text: string): boolean {
  if (offset < 0 || offset + text.length > bytes.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (bytes[offset + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
