import { expect } from "vitest";

import type { DecoderConfig } from "../../../models/llm/config.ts";
import type { Seat } from "../../../models/llm/seat.ts";
import type { NetworkTensor } from "../../../models/runtime/session.ts";

/** A decoder too small for a network, large enough for mistakes in its cache. */
export const CONFIG: DecoderConfig = {
  layers: 2,
  hiddenSize: 12,
  intermediateSize: 8,
  heads: 4,
  keyValueHeads: 3,
  headDim: 4,
  vocabularySize: 1000,
  normEpsilon: 1e-6,
  rope: { theta: 10_000 },
  contextLength: 4096,
  attentionBias: false,
  queryKeyNorm: false,
};

/** What a cache takes for each token that it has room for. */
export const BYTES_PER_TOKEN = CONFIG.layers * 2 * 4 * CONFIG.keyValueHeads * CONFIG.headDim;

/** What a network would have stored for a token at a position: a number that names every coordinate. */
function cacheValue(at: {
  token: number;
  position: number;
  layer: number;
  part: number;
  head: number;
  dim: number;
}) {
  return at.token * 1e4 + at.position * 10 + at.layer * 2 + at.part + at.head / 8 + at.dim / 64;
}

const PARTS = ["key", "value"] as const;

/** The whole cache a seat ought to hold for `tokens`, one tensor by name, as [heads, length, dim]. */
function expectedCache(tokens: readonly number[]): Record<string, number[]> {
  const caches: Record<string, number[]> = {};
  for (let layer = 0; layer < CONFIG.layers; layer++) {
    for (const [part, name] of PARTS.entries()) {
      caches[`${layer}.${name}`] = Array.from({ length: CONFIG.keyValueHeads }, (_, head) =>
        tokens.map((token, position) =>
          Array.from({ length: CONFIG.headDim }, (_, dim) =>
            Math.fround(cacheValue({ token, position, layer, part, head, dim })),
          ),
        ),
      ).flat(2);
    }
  }
  return caches;
}

function floatsOf(tensor: NetworkTensor | undefined): number[] {
  if (tensor?.type !== "float32") throw new Error("no float32 tensor");
  return [...tensor.data];
}

function expectTensors(past: Record<string, NetworkTensor>, tokens: readonly number[]): void {
  for (const [name, values] of Object.entries(expectedCache(tokens))) {
    expect(past[`past.${name}`]?.dims).toEqual([1, CONFIG.keyValueHeads, tokens.length, CONFIG.headDim]);
    expect(floatsOf(past[`past.${name}`]), name).toEqual(values);
  }
}

/** That the seat's cache is what a network would have stored for its tokens. */
export function expectSoundCache(seat: Seat): void {
  expectTensors(seat.bind(0).past, seat.tokens);
}

/** Feeds tokens as the network does: reads the past, writes the grown cache to the other buffers. */
export function feed(seat: Seat, tokens: readonly number[]): void {
  const before = [...seat.tokens];
  const { past, present } = seat.bind(tokens.length);
  expectTensors(past, before);
  for (const [name, values] of Object.entries(expectedCache([...before, ...tokens]))) {
    const target = present[`present.${name}`];
    if (target?.type !== "float32") throw new Error("no float32 tensor");
    expect(target.dims).toEqual([1, CONFIG.keyValueHeads, before.length + tokens.length, CONFIG.headDim]);
    target.data.set(values);
  }
  expectTensors(past, before); // The grown cache must not overwrite what the run still reads.
  seat.advance(tokens);
}
