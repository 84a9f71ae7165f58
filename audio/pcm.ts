import { AudioError } from "./errors.ts";

const FULL_SCALE = 32_768;

/**
 * Reads 16-bit little-endian PCM as samples in [-1, 1). The result is owned by the caller.
 * @throws AudioError `audio-unreadable` where a byte is left over.
 */
export function pcm16ToFloats(bytes: Uint8Array): Float32Array {
  if (bytes.byteLength % 2 !== 0) {
    throw new AudioError("audio-unreadable", `16-bit sound cannot have ${bytes.byteLength} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(bytes.byteLength / 2);
  for (let index = 0; index < samples.length; index++) {
    samples[index] = view.getInt16(index * 2, true) / FULL_SCALE;
  }
  return samples;
}

/**
 * Writes samples as 16-bit little-endian PCM. What lies outside [-1, 1] is clipped; NaN and infinities, which are
 * faults of arithmetic and not loud sound, become silence. Exact for what {@link pcm16ToFloats} returned.
 */
export function floatsToPcm16(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < samples.length; index++) {
    const scaled = Math.round((samples[index] ?? 0) * FULL_SCALE);
    const finite = Number.isFinite(scaled) ? scaled : 0;
    view.setInt16(index * 2, Math.min(FULL_SCALE - 1, Math.max(-FULL_SCALE, finite)), true);
  }
  return bytes;
}
