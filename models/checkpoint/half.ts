let halves: Float32Array | undefined;

/** The value of an IEEE 754 half-precision bit pattern. */
function halfValue(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits >> 15 === 0 ? 1 : -1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** All 65,536 half-precision values, indexed by bit pattern: the fastest conversion where the CPU's is out of reach. */
export function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => halfValue(bits));
  return halves;
}

/** Widens half-precision bit patterns. */
export function halvesToFloats(bits: Uint16Array, into: Float32Array): void {
  const table = halfTable();
  for (let i = 0; i < bits.length; i++) into[i] = table[bits[i] ?? 0] ?? 0;
}

/** Widens bfloat16 bit patterns: the upper halves of float32 ones. */
export function bfloatsToFloats(bits: Uint16Array, into: Float32Array): void {
  const words = new Uint32Array(into.buffer, into.byteOffset, bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] ?? 0) << 16;
}
