import { describe, expect, it } from "vitest";

import { BLOCK_FORMATS, dequantize, isBlockType } from "../../../models/checkpoint/gguf-blocks.ts";
import type { BlockType } from "../../../models/checkpoint/gguf-blocks.ts";
import type { Checkpoint, StorageType } from "../../../models/checkpoint/index.ts";
import { bestTokens, roughScores, wantsRoughCopy } from "../../../models/llm/shortlist.ts";
import { GraphBuilder, serializeModel } from "../../../models/onnx/index.ts";
import { floatData, floats, integerData, NetworkSession } from "../../../models/runtime/session.ts";

const COLUMNS = 256;
/** More than are made rough at a time, so that the seam is there. */
const ROWS = 2100;
const SHORTLIST_TOKENS = 40;
const HIDDEN_STATES = 24;

/** Uniform in [0, 1), the same on every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Where a block keeps its scale as a half. */
const SCALE_AT = { Q8_0: 0, Q6_K: 208 } as const;

/** A [rows, columns] head of random blocks whose scales differ by a factor of two. */
function randomHead(storage: keyof typeof SCALE_AT, seed: number): Float32Array {
  const random = numbers(seed);
  const { values, bytes: blockBytes } = BLOCK_FORMATS[storage];
  const bytes = Uint8Array.from({ length: ((ROWS * COLUMNS) / values) * blockBytes }, () => random() * 256);
  for (let at = 0; at < bytes.length; at += blockBytes) {
    bytes[at + SCALE_AT[storage] + 1] = 0x20 + Math.floor(random() * 4);
  }
  const head = new Float32Array(ROWS * COLUMNS);
  dequantize(bytes, storage, head);
  return head;
}

/** A checkpoint in memory whose only tensor is the head. */
function checkpointOf(
  storage: StorageType,
  columns: number,
  head: Float32Array = new Float32Array(0),
): Checkpoint {
  const rowOf = (row: number): Float32Array => head.subarray(row * columns, (row + 1) * columns);
  return {
    format: "gguf",
    path: "fake.gguf",
    metadata: new Map(),
    tensors: new Map([["head", { name: "head", shape: [ROWS, columns], storage, byteLength: 0 }]]),
    bytes: () => Promise.resolve(new Uint8Array(0)),
    floats: () => Promise.resolve(head),
    floatRows: (_, rows) => Float32Array.from(Array.from(rows).flatMap((row) => [...rowOf(row)])),
    close: () => Promise.resolve(),
  };
}

/** Rough scores and shortlist for hidden states [n, COLUMNS]. */
async function shortlistOf(head: Float32Array, hidden: Float32Array) {
  const graph = new GraphBuilder("shortlist");
  const x = graph.input("x", "float32", [1, "s", COLUMNS]);
  const scores = roughScores(graph, checkpointOf("Q8_0", COLUMNS, head), x, "head");
  graph.output(scores, "scores", "float32", [1, "s", ROWS]);
  graph.output(bestTokens(graph, scores, ROWS), "tokens", "int64", [1, "s", "candidates"]);
  const session = await NetworkSession.open(await serializeModel(graph), { threads: 1 });
  const outputs = await session.run({ x: floats(hidden, [1, hidden.length / COLUMNS, COLUMNS]) });
  const [rough, tokens] = [Float32Array.from(floatData(outputs["scores"])), integerData(outputs["tokens"])];
  await session.close();
  return { rough, tokens };
}

/** The row whose product with `hidden` is largest. */
function bestRow(head: Float32Array, hidden: Float32Array): number {
  let [best, largest] = [-1, -Infinity];
  for (let row = 0; row < ROWS; row++) {
    let product = 0;
    for (let column = 0; column < COLUMNS; column++)
      product += head[row * COLUMNS + column]! * hidden[column]!;
    if (product > largest) [best, largest] = [row, product];
  }
  return best;
}

describe.each(["Q8_0", "Q6_K"] as const)("the shortlist from a rough copy of a %s head", (storage) => {
  const head = randomHead(storage, 3);
  const random = numbers(4);
  const hidden = Float32Array.from({ length: HIDDEN_STATES * COLUMNS }, () => random() * 2 - 1);
  const made = shortlistOf(head, hidden);
  const candidates = async (index: number): Promise<number[]> =>
    (await made).tokens.slice(index * SHORTLIST_TOKENS, (index + 1) * SHORTLIST_TOKENS);

  it("holds the token that exact scores would choose", async () => {
    expect((await made).tokens).toHaveLength(HIDDEN_STATES * SHORTLIST_TOKENS);
    for (let index = 0; index < HIDDEN_STATES; index++) {
      const exact = bestRow(head, hidden.subarray(index * COLUMNS, (index + 1) * COLUMNS));
      expect(await candidates(index), `hidden state ${index}`).toContain(exact);
    }
  });

  it("is ordered by rough score, and nothing that is not on it scores higher", async () => {
    for (let index = 0; index < HIDDEN_STATES; index++) {
      const rough = (await made).rough.subarray(index * ROWS, (index + 1) * ROWS);
      const scores = (await candidates(index)).map((token) => rough[token]!);
      expect(scores).toEqual([...rough].sort((a, b) => b - a).slice(0, SHORTLIST_TOKENS));
    }
  });
});

describe("a rough copy", () => {
  it.each(Object.keys(BLOCK_FORMATS).filter(isBlockType))(
    "is made of a %s head only where that is stored in more than half a byte and worth it",
    (storage: BlockType) => {
      const isFine = storage === "Q8_0" || storage === "Q6_K";
      expect(wantsRoughCopy(checkpointOf(storage, COLUMNS), "head")).toBe(isFine);
    },
  );

  it("is not made where the columns do not fill its blocks", () => {
    expect(wantsRoughCopy(checkpointOf("Q8_0", 576), "head")).toBe(false);
    expect(wantsRoughCopy(checkpointOf("Q8_0", 1152), "head")).toBe(true);
  });
});
