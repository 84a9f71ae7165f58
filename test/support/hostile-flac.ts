/** Samples of a channel in each frame: the most that a frame may have. */
const BLOCK = 65_535;
const CHANNELS = 8;
const SAMPLE_RATE = 192_000;

/**
 * The smallest FLAC file for the longest sound: 8 channels of silence at 192 kHz, 2 MB of samples in each frame of 28 bytes
 * (RFC 9639). Its header does not say how long it lasts.
 */
export function hostileFlac(frames: number): Uint8Array {
  return Buffer.concat([streamInfo(), ...Array.from({ length: frames }, (_, number) => frame(number))]);
}

function streamInfo(): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(BLOCK, 0);
  info.writeUInt16BE(BLOCK, 2);
  // 20 bits of sample rate, 3 of channels - 1, 5 of bits - 1, and the upper 4 of the count.
  info.writeUInt32BE(((SAMPLE_RATE << 12) | ((CHANNELS - 1) << 9) | (7 << 4)) >>> 0, 10);
  return Buffer.concat([Buffer.from("fLaC"), Buffer.from([0x80, 0, 0, info.length]), info]);
}

function frame(number: number): Buffer {
  if (number > 127) throw new RangeError("longer frame numbers are not written");
  // Fixed block size, told at the end of the header; 192 kHz; 8 channels of 8 bits.
  const header = Buffer.from([0xff, 0xf8, 0x73, 0x72, number, 0xff, 0xfe]);
  const constantChannels = Buffer.alloc(2 * CHANNELS);
  const body = Buffer.concat([header, Buffer.from([checksum(header, 8, 0x07)]), constantChannels]);
  const footer = Buffer.alloc(2);
  footer.writeUInt16BE(checksum(body, 16, 0x8005));
  return Buffer.concat([body, footer]);
}

function checksum(bytes: Buffer, width: 8 | 16, polynomial: number): number {
  let remainder = 0;
  for (const byte of bytes) {
    remainder ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) {
      const carry = (remainder >> (width - 1)) & 1;
      remainder = ((remainder << 1) & ((1 << width) - 1)) ^ (carry * polynomial);
    }
  }
  return remainder;
}
