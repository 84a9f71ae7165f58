import { describe, expect, it } from "vitest";

import { BLOCK_FORMATS, dequantize, isBlockType } from "../../../models/checkpoint/gguf-blocks.ts";
import type { Checkpoint, StorageType, TensorInfo } from "../../../models/checkpoint/index.ts";
import { Projections } from "../../../models/llm/projection.ts";
import { matrixForm } from "../../../models/llm/stacked-weights.ts";
import type { Precision, ProjectionPart } from "../../../models/llm/stacked-weights.ts";
import { GraphBuilder, serializeModel } from "../../../models/onnx/index.ts";
import { floatData, floats, NetworkSession } from "../../../models/runtime/session.ts";

const COLUMNS = 512;
const BLOCK_TYPES = Object.keys(BLOCK_FORMATS).filter(isBlockType);

/** Uniform in [0, 1), the same on every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Bytes of halves at the places where each block keeps its scales, so that no weight is infinite. */
const HALVES: Readonly<Record<string, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

/** Random bytes of a [rows, COLUMNS] matrix. */
function randomMatrix(storage: StorageType, rows: number, random: () => number): Uint8Array<ArrayBuffer> {
  if (!isBlockType(storage)) {
    return new Uint8Array(Float32Array.from({ length: rows * COLUMNS }, () => random() - 0.5).buffer);
  }
  const { values, bytes: blockBytes } = BLOCK_FORMATS[storage];
  const bytes = Uint8Array.from({ length: ((rows * COLUMNS) / values) * blockBytes }, () => random() * 256);
  for (let at = 0; at < bytes.length; at += blockBytes) {
    // 0x2000 … 0x23ff are halves from 1/128 to 1/64; the sign is random.
    for (const offset of HALVES[storage] ?? []) {
      bytes[at + offset + 1] = 0x20 + Math.floor(random() * 4) + (random() < 0.5 ? 0x80 : 0);
    }
  }
  return bytes;
}

/** A checkpoint in memory with one matrix for each [name, storage, rows]. */
function fakeCheckpoint(
  matrices: readonly (readonly [string, StorageType, number])[],
  seed: number,
): Checkpoint {
  const random = numbers(seed);
  const stored = new Map(
    matrices.map(([name, storage, rows]) => [name, randomMatrix(storage, rows, random)]),
  );
  const tensors = new Map(
    matrices.map(([name, storage, rows]): [string, TensorInfo] => [
      name,
      { name, shape: [rows, COLUMNS], storage, byteLength: stored.get(name)!.length },
    ]),
  );
  const values = (name: string): Float32Array => {
    const { storage, shape } = tensors.get(name)!;
    const bytes = stored.get(name)!;
    if (!isBlockType(storage)) return new Float32Array(bytes.slice().buffer);
    const result = new Float32Array(shape[0]! * COLUMNS);
    dequantize(bytes, storage, result);
    return result;
  };
  return {
    format: "gguf",
    path: "fake.gguf",
    metadata: new Map(),
    tensors,
    bytes: (name) => Promise.resolve(stored.get(name)!.slice()),
    floats: (name) => Promise.resolve(values(name)),
    floatRows: () => new Float32Array(0),
    close: () => Promise.resolve(),
  };
}

/** What the graph computes for `x` [rows, COLUMNS], one result for each part. */
async function multiply(
  checkpoint: Checkpoint,
  parts: readonly ProjectionPart[],
  { precision, x }: { precision: Precision; x: Float32Array },
): Promise<Float32Array[]> {
  const graph = new GraphBuilder("projection");
  const input = graph.input("x", "float32", [1, "s", COLUMNS]);
  const products = new Projections(graph, checkpoint, precision).apply(input, parts);
  products.forEach((product, index) => {
    graph.output(product, `out.${index}`, "float32", [1, "s", "rows"]);
  });
  const session = await NetworkSession.open(await serializeModel(graph), { threads: 1 });
  const outputs = await session.run({ x: floats(x, [1, x.length / COLUMNS, COLUMNS]) });
  const results = parts.map((_, index) => Float32Array.from(floatData(outputs[`out.${index}`])));
  await session.close();
  return results;
}

/** The product in float64. */
function exactProduct(x: Float32Array, weights: Float32Array): Float64Array {
  const rows = weights.length / COLUMNS;
  return Float64Array.from({ length: (x.length / COLUMNS) * rows }, (_, index) => {
    const [step, row] = [Math.floor(index / rows), index % rows];
    let sum = 0;
    for (let column = 0; column < COLUMNS; column++) {
      sum += x[step * COLUMNS + column]! * weights[row * COLUMNS + column]!;
    }
    return sum;
  });
}

/** Root mean square of the difference over that of the exact values. */
function relativeError(actual: Float32Array, exact: Float64Array): number {
  expect(actual.length).toBe(exact.length);
  const squares = (values: Iterable<number>): number => Array.from(values).reduce((sum, v) => sum + v * v, 0);
  return Math.sqrt(squares(exact.map((value, index) => value - actual[index]!)) / squares(exact));
}

const sequence = (seed: number, steps: number): Float32Array => {
  const random = numbers(seed);
  return Float32Array.from({ length: steps * COLUMNS }, () => random() * 2 - 0.9);
};

/**
 * Where activations are whole multiples of a power of two and each block's largest is 127 of them, the int8 activations
 * of `MatMulNBits` are exact, so that any error left comes from the weights.
 */
const wholeSequence = (seed: number, steps: number): Float32Array => {
  const random = numbers(seed);
  return Float32Array.from({ length: steps * COLUMNS }, (_, index) =>
    index % 16 === 0 ? 127 / 64 : Math.floor(random() * 200 - 100) / 64,
  );
};

/**
 * Nothing is lost, except where the file changes its scale within a block, so that the finer half is rounded again. Where
 * blocks have a min, what is left of it beside the zero point goes through further columns, whose inputs, block sums, are
 * rounded as activations are: less than a thousandth of the whole.
 */
function weightError(storage: StorageType): number {
  const form = matrixForm(storage, "stored");
  if (form.kind === "floats" || !isBlockType(storage)) return 1e-5;
  if (form.blockSize > BLOCK_FORMATS[storage].groupSize) return 0.005;
  return form.hasMins ? 1e-3 : 1e-5;
}

describe("multiplication by a stored matrix", () => {
  it.each(BLOCK_TYPES)("%s as stored is exact but for the rounding of activations", async (storage) => {
    const checkpoint = fakeCheckpoint([["w", storage, 24]], 7);
    const weights = await checkpoint.floats("w");
    for (const steps of [1, 5]) {
      const x = wholeSequence(steps, steps);
      const [exactly] = await multiply(checkpoint, [{ tensor: "w" }], { precision: "stored", x });
      expect(relativeError(exactly!, exactProduct(x, weights)), `${steps} steps`).toBeLessThan(
        weightError(storage),
      );
      const y = sequence(steps, steps);
      const [roughly] = await multiply(checkpoint, [{ tensor: "w" }], { precision: "stored", x: y });
      // An activation is off by 1/254 of the largest at most, and errors of 512 of them mostly cancel out.
      expect(relativeError(roughly!, exactProduct(y, weights)), `${steps} steps`).toBeLessThan(0.01);
    }
  });

  it.each<StorageType>([...BLOCK_TYPES, "F32"])("%s expanded to float32 is exact", async (storage) => {
    const checkpoint = fakeCheckpoint([["w", storage, 24]], 8);
    const x = sequence(3, 3);
    const [product] = await multiply(checkpoint, [{ tensor: "w" }], { precision: "fp32", x });
    expect(relativeError(product!, exactProduct(x, await checkpoint.floats("w")))).toBeLessThan(1e-5);
  });

  it("F32 stays as it is where nothing else is asked for, and is rounded to int8 where it is", async () => {
    const checkpoint = fakeCheckpoint([["w", "F32", 24]], 9);
    const x = sequence(4, 2);
    const exact = exactProduct(x, await checkpoint.floats("w"));
    const [stored] = await multiply(checkpoint, [{ tensor: "w" }], { precision: "stored", x });
    const [rounded] = await multiply(checkpoint, [{ tensor: "w" }], { precision: "int8", x });
    expect(relativeError(stored!, exact)).toBeLessThan(1e-5);
    expect(relativeError(rounded!, exact)).toBeLessThan(0.02);
    expect(relativeError(rounded!, exact)).toBeGreaterThan(1e-5);
  });

  it.each<readonly [string, StorageType, StorageType, StorageType]>([
    ["of one kind, in one go", "Q4_K", "Q4_K", "Q4_K"],
    ["of one form though stored otherwise", "Q4_1", "Q4_K", "Q4_1"],
    ["of different forms", "Q4_K", "Q4_K", "Q6_K"],
  ])("gives each part of a stack its own product: %s", async (_, ...storages) => {
    const parts = storages.map((storage, index) => [`w${index}`, storage, 8 * (index + 1)] as const);
    const checkpoint = fakeCheckpoint(parts, 10);
    const x = wholeSequence(5, 3);
    const products = await multiply(
      checkpoint,
      parts.map(([tensor]) => ({ tensor })),
      { precision: "stored", x },
    );
    for (const [index, product] of products.entries()) {
      const exact = exactProduct(x, await checkpoint.floats(`w${index}`));
      expect(relativeError(product, exact), `w${index}`).toBeLessThan(weightError(storages[index]!));
    }
  });

  it.each<Precision>(["stored", "fp32"])(
    "puts interleaved heads in half-split order (%s)",
    async (precision) => {
      const checkpoint = fakeCheckpoint([["w", "Q4_0", 16]], 11);
      const x = wholeSequence(6, 1);
      const [plain] = await multiply(checkpoint, [{ tensor: "w" }], { precision, x });
      const [split] = await multiply(checkpoint, [{ tensor: "w", interleavedHeads: 2 }], { precision, x });
      // Of each head's rows 0 1 2 3 4 5 6 7, the even ones come first.
      const order = [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15];
      expect([...split!]).toEqual(order.map((row) => plain![row]));
    },
  );

  it("takes 4 bits where the file does, and never fewer than it has", () => {
    for (const storage of BLOCK_TYPES) {
      const form = matrixForm(storage, "stored");
      const bits = form.kind === "blocks" ? form.bits : 32;
      expect(bits, storage).toBe(BLOCK_FORMATS[storage].bits === 4 ? 4 : 8);
    }
  });

  it("names the tensor that a checkpoint lacks", async () => {
    const checkpoint = fakeCheckpoint([], 1);
    const product = multiply(checkpoint, [{ tensor: "w" }], { precision: "stored", x: sequence(1, 1) });
    await expect(product).rejects.toMatchObject({
      code: "checkpoint-invalid",
      message: expect.stringContaining(" w") as string,
    });
  });
});
