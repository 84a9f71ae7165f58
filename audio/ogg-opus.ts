import { openOpusEncoder, type OpusPacketEncoder, type OpusSampleRate } from "./opus.ts";

/** Granule positions count samples at this rate, whatever the encoder's (RFC 7845, section 4). */
const GRANULE_RATE = 48_000;
const FRAME_MS = 20;
/** What libopus needs to look ahead, 6.5 ms, in granules: a player drops as much from the start. */
const PRE_SKIP = 312;
/** A page has room for 255 lacing values, and a packet takes at most six. */
const PACKETS_PER_PAGE = 40;
const FIRST_PAGE = 2;
const LAST_PAGE = 4;

/**
 * Writes one mono stream as an Ogg Opus file (RFC 3533, RFC 7845), a page at a time, so that it can be played while it is
 * being made. The file lasts as long as the samples that went in.
 */
export class OggOpusWriter {
  readonly #encoder: OpusPacketEncoder;
  readonly #sampleRate: number;
  readonly #serial: number;
  #rest = new Float32Array(0);
  #consumed = 0;
  #packets = 0;
  #pages = 0;

  private constructor(encoder: OpusPacketEncoder, sampleRate: number, serial: number) {
    this.#encoder = encoder;
    this.#sampleRate = sampleRate;
    this.#serial = serial;
  }

  /**
   * `serial` tells streams apart that are put into one file.
   * @throws AudioError `opus-unavailable` where the native codec is not installed.
   */
  static async open(sampleRate: OpusSampleRate, serial = 1): Promise<OggOpusWriter> {
    return new OggOpusWriter(await openOpusEncoder(sampleRate, FRAME_MS), sampleRate, serial);
  }

  /** The bytes that these samples complete. */
  encode(samples: Float32Array): Uint8Array {
    this.#consumed += samples.length;
    const head = this.#pages === 0 ? this.#headPages() : [];
    return joined([...head, ...this.#audioPages(this.#takePackets(samples), 0)]);
  }

  /** The end of the file. */
  finish(): Uint8Array {
    const head = this.#pages === 0 ? this.#headPages() : [];
    const { frameSamples } = this.#encoder;
    const lookAhead = Math.ceil((PRE_SKIP * this.#sampleRate) / GRANULE_RATE);
    const silence = lookAhead + frameSamples - ((this.#rest.length + lookAhead) % frameSamples);
    return joined([...head, ...this.#audioPages(this.#takePackets(new Float32Array(silence)), LAST_PAGE)]);
  }

  #takePackets(samples: Float32Array): Uint8Array[] {
    const { frameSamples } = this.#encoder;
    const all = new Float32Array(this.#rest.length + samples.length);
    all.set(this.#rest);
    all.set(samples, this.#rest.length);
    const packets: Uint8Array[] = [];
    let start = 0;
    for (; start + frameSamples <= all.length; start += frameSamples) {
      packets.push(this.#encoder.encode(all.subarray(start, start + frameSamples)));
    }
    this.#rest = all.slice(start);
    return packets;
  }

  #headPages(): Uint8Array[] {
    const head = new Uint8Array(19);
    const view = new DataView(head.buffer);
    head.set(ascii("OpusHead"));
    view.setUint8(8, 1); // version
    view.setUint8(9, 1); // channels
    view.setUint16(10, PRE_SKIP, true);
    view.setUint32(12, this.#sampleRate, true);
    const vendor = ascii("antiphon");
    const tags = new Uint8Array(8 + 4 + vendor.length + 4);
    tags.set(ascii("OpusTags"));
    new DataView(tags.buffer).setUint32(8, vendor.length, true);
    tags.set(vendor, 12);
    return [this.#page([head], 0, FIRST_PAGE), this.#page([tags], 0, 0)];
  }

  #audioPages(packets: readonly Uint8Array[], lastFlag: number): Uint8Array[] {
    const pages: Uint8Array[] = [];
    for (let start = 0; start < packets.length; start += PACKETS_PER_PAGE) {
      const some = packets.slice(start, start + PACKETS_PER_PAGE);
      this.#packets += some.length;
      const isLast = lastFlag !== 0 && start + PACKETS_PER_PAGE >= packets.length;
      pages.push(this.#page(some, isLast ? this.#endGranule() : this.#granule(), isLast ? lastFlag : 0));
    }
    return pages;
  }

  /** Where the packets so far end. */
  #granule(): number {
    return (this.#packets * FRAME_MS * GRANULE_RATE) / 1000;
  }

  /** Where the samples so far end: what the last packet has beyond is not played. */
  #endGranule(): number {
    return PRE_SKIP + Math.round((this.#consumed * GRANULE_RATE) / this.#sampleRate);
  }

  #page(packets: readonly Uint8Array[], granule: number, flags: number): Uint8Array {
    const lacing = packets.flatMap(({ length }) => [
      ...new Array<number>(Math.floor(length / 255)).fill(255),
      length % 255,
    ]);
    const page = joined([new Uint8Array(27), Uint8Array.from(lacing), ...packets]);
    const view = new DataView(page.buffer);
    page.set(ascii("OggS"));
    view.setUint8(5, flags);
    view.setBigUint64(6, BigInt(granule), true);
    view.setUint32(14, this.#serial, true);
    view.setUint32(18, this.#pages++, true);
    view.setUint8(26, lacing.length);
    view.setUint32(22, checksum(page), true);
    return page;
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c1_1db7 : 0);
  return value >>> 0;
});

/** Ogg's own: the usual polynomial, nothing reflected or inverted. */
function checksum(page: Uint8Array): number {
  let value = 0;
  for (const byte of page) value = ((value << 8) ^ (CRC_TABLE[(value >>> 24) ^ byte] ?? 0)) >>> 0;
  return value;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.length;
  }
  return all;
}
