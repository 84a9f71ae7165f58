/** Buffers of the typed arrays directly in `value` that may be moved: those that the arrays fill completely. */
export function ownBuffers(value: unknown): ArrayBuffer[] {
  if (typeof value !== "object" || value === null) return [];
  const buffers = new Set<ArrayBuffer>();
  for (const part of Object.values(value)) {
    if (!ArrayBuffer.isView(part)) continue;
    const { buffer, byteLength } = part;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 0)
      buffers.add(buffer);
  }
  return [...buffers];
}
