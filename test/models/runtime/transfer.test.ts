import { describe, expect, it } from "vitest";

import { ownBuffers } from "../../../models/runtime/transfer.ts";

describe("buffers to move instead of copy", () => {
  it("are those that an array fills, each once", () => {
    const samples = new Float32Array(4);
    const whole = new Uint8Array(8);
    const value = { samples, again: samples, whole, text: "x", count: 1, nothing: null, missing: undefined };
    expect(ownBuffers(value)).toEqual([samples.buffer, whole.buffer]);
  });

  it("are not those that others may look at: parts, shared and empty ones", () => {
    const large = new Float32Array(8);
    const value = {
      part: large.subarray(0, 4),
      empty: new Float32Array(0),
      shared: new Uint8Array(new SharedArrayBuffer(4)),
      nested: { samples: new Float32Array(4) },
    };
    expect(ownBuffers(value)).toEqual([]);
  });

  it("are none of what is no object", () => {
    for (const value of [undefined, null, 1, "text", true]) expect(ownBuffers(value)).toEqual([]);
  });

  it("survive the move, so that a chunk arrives whole and leaves nothing behind", () => {
    const chunk = { samples: Float32Array.of(1, 2, 3), tail: Float32Array.of(9, 4, 5).subarray(1) };
    const moved = structuredClone(chunk, { transfer: ownBuffers(chunk) });
    expect([...moved.samples]).toEqual([1, 2, 3]);
    expect([...moved.tail]).toEqual([4, 5]);
    expect(chunk.samples).toHaveLength(0);
    expect([...chunk.tail]).toEqual([4, 5]);
  });
});
