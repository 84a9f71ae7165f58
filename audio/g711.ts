import { floatsToPcm16, pcm16ToFloats } from "./pcm.ts";

/** The two companding laws of ITU-T G.711: eight bits a sample, at 8 kHz. */
export type CompandingLaw = "mu-law" | "a-law";

const MU_LAW_BIAS = 0x84;
const MU_LAW_CLIP = 32_635;

/** A byte of mu-law as a 16-bit sample (G.711, table 2): sign, exponent and mantissa, all inverted. */
function expandMuLaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + MU_LAW_BIAS) << ((code >> 4) & 7)) - MU_LAW_BIAS;
  return (code & 0x80) === 0 ? magnitude : -magnitude;
}

function compressMuLaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), MU_LAW_CLIP) + MU_LAW_BIAS;
  const exponent = 24 - Math.clz32(magnitude); // of the highest bit, above the smallest segment's
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}

/** A byte of A-law as a 16-bit sample (G.711, table 1): every other bit is inverted. */
function expandALaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (code & 0x80) === 0 ? -magnitude : magnitude;
}

function compressALaw(sample: number): number {
  // The negative half begins at -1, so that each half has 4096 steps.
  const magnitude = Math.min(sample < 0 ? ~sample : sample, 32_767) >> 4;
  const exponent = magnitude < 16 ? 0 : 28 - Math.clz32(magnitude);
  const mantissa = (magnitude >> Math.max(0, exponent - 1)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55;
}

/**
 * Samples as G.711, one byte each.
 * Source: ITU-T recommendation G.711 (1988).
 */
export function floatsToG711(samples: Float32Array, law: CompandingLaw): Uint8Array {
  const pcm = floatsToPcm16(samples);
  const view = new DataView(pcm.buffer);
  const compress = law === "mu-law" ? compressMuLaw : compressALaw;
  return Uint8Array.from(samples, (_, index) => compress(view.getInt16(index * 2, true)));
}

/** G.711 as samples in [-1, 1); owned by the caller. */
export function g711ToFloats(bytes: Uint8Array, law: CompandingLaw): Float32Array {
  const pcm = new Uint8Array(bytes.length * 2);
  const view = new DataView(pcm.buffer);
  const expand = law === "mu-law" ? expandMuLaw : expandALaw;
  for (const [index, byte] of bytes.entries()) view.setInt16(index * 2, expand(byte), true);
  return pcm16ToFloats(pcm);
}
