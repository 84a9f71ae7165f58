import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openCheckpoint } from "../../../models/checkpoint/index.ts";
import type { Checkpoint } from "../../../models/checkpoint/index.ts";
import type { PlainTensor } from "./support.ts";
import { fixture, withFolder, writeCtranslate2, writeGguf, writeSafetensors } from "./support.ts";

const refusal = (code: string): Error => expect.objectContaining({ code }) as Error;

function tensor(name: string, shape: readonly number[], seed: number): PlainTensor {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const values = Float32Array.from({ length: count }, (_, i) => Math.fround(Math.sin(seed + i)));
  return { name, shape, bytes: new Uint8Array(values.buffer) };
}

const tensors = fc
  .uniqueArray(
    fc.record({
      name: fc.string({
        minLength: 1,
        maxLength: 12,
        unit: fc.constantFrom("a", "b", ".", "/", "_", "é", "中", "0"),
      }),
      shape: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
      seed: fc.integer(),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  )
  .map((list) => list.map(({ name, shape, seed }) => tensor(name, shape, seed)));
const metadata = fc.dictionary(
  fc.string({ unit: fc.constantFrom("a", "b", ".", "é"), minLength: 1 }),
  fc.string(),
  {
    maxKeys: 5,
  },
);

async function expectTensors(checkpoint: Checkpoint, expected: readonly PlainTensor[]): Promise<void> {
  expect([...checkpoint.tensors.keys()].sort()).toEqual(expected.map(({ name }) => name).sort());
  for (const { name, shape, bytes } of expected) {
    expect(checkpoint.tensors.get(name)).toEqual({ name, shape, storage: "F32", byteLength: bytes.length });
    expect(await checkpoint.bytes(name)).toEqual(bytes);
    expect(new Uint8Array((await checkpoint.floats(name)).buffer)).toEqual(bytes);
  }
}

describe("checkpoints", () => {
  const writers = [
    ["gguf", writeGguf],
    ["safetensors", writeSafetensors],
    ["ctranslate2", (list: readonly PlainTensor[]) => writeCtranslate2(list, [])],
  ] as const;

  it.each(writers)("%s gives back every tensor and text that was written", async (format, write) => {
    await withFolder(async (folder) => {
      const path = join(folder, "file");
      await fc.assert(
        fc.asyncProperty(tensors, metadata, async (list, texts) => {
          await writeFile(path, write(list, texts));
          const checkpoint = await openCheckpoint(path);
          try {
            expect(checkpoint.format).toBe(format);
            await expectTensors(checkpoint, list);
            if (format !== "ctranslate2") expect(Object.fromEntries(checkpoint.metadata)).toEqual(texts);
          } finally {
            await checkpoint.close();
          }
        }),
        { numRuns: 40 },
      );
    });
  });

  it("shards listed by an index are one checkpoint", async () => {
    await withFolder(async (folder) => {
      const parts = [tensor("a", [2, 3], 1), tensor("b", [4], 2), tensor("c", [1, 2], 3)] as const;
      await writeFile(
        join(folder, "one.safetensors"),
        writeSafetensors([parts[0], parts[2]], { format: "pt" }),
      );
      await writeFile(join(folder, "two.safetensors"), writeSafetensors([parts[1]], {}));
      const index = { weight_map: { a: "one.safetensors", b: "two.safetensors", c: "one.safetensors" } };
      await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
      const checkpoint = await openCheckpoint(folder);
      await expectTensors(checkpoint, parts);
      await checkpoint.close();
      await expect(checkpoint.bytes("a")).rejects.toThrow();
    });
  });

  it("a folder is opened by its single file", async () => {
    const checkpoint = await openCheckpoint(fixture("llama"));
    expect(checkpoint.tensors.get("model.norm.weight")?.shape).toEqual([64]);
    await checkpoint.close();
  });

  it.each([
    ["leads elsewhere", { weight_map: { a: "../one.safetensors" } }, "checkpoint-invalid"],
    ["is no index", { weight_map: ["a"] }, "checkpoint-invalid"],
    ["names a tensor that is not there", { weight_map: { b: "one.safetensors" } }, "checkpoint-invalid"],
    ["names a file that is not there", { weight_map: { a: "three.safetensors" } }, "model-missing"],
  ])("a shard index that %s is refused", async (_, index, code) => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, "inner"));
      await writeFile(join(folder, "one.safetensors"), writeSafetensors([tensor("a", [1], 1)], {}));
      await writeFile(join(folder, "inner", "one.safetensors"), writeSafetensors([tensor("a", [1], 1)], {}));
      await writeFile(join(folder, "inner", "model.safetensors.index.json"), JSON.stringify(index));
      await expect(openCheckpoint(join(folder, "inner"))).rejects.toThrow(refusal(code));
    });
  });

  it("missing files, folders without weights and foreign files are told apart", async () => {
    await withFolder(async (folder) => {
      await expect(openCheckpoint(join(folder, "none"))).rejects.toThrow(refusal("model-missing"));
      await expect(openCheckpoint(folder)).rejects.toThrow(refusal("model-missing"));
      for (const content of ["", "GGU", "PK\u0003\u0004 zip", "\u0080\u0002pickle of some kind"]) {
        await writeFile(join(folder, "file"), content);
        await expect(openCheckpoint(join(folder, "file"))).rejects.toThrow(refusal("checkpoint-unsupported"));
      }
    });
  });

  it("a file that shrinks after it was opened is an error, not zeros", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "file");
      await writeFile(path, writeSafetensors([tensor("a", [2, 100], 1)], {}));
      const checkpoint = await openCheckpoint(path);
      await truncate(path, 600);
      await expect(checkpoint.floats("a")).rejects.toThrow(refusal("checkpoint-invalid"));
      expect(() => checkpoint.floatRows("a", [1])).toThrow(refusal("checkpoint-invalid"));
      await checkpoint.close();
    });
  });

  it("names, rows and ranks that are not there are refused", async () => {
    const checkpoint = await openCheckpoint(fixture("llama"));
    const name = "model.embed_tokens.weight";
    await expect(checkpoint.bytes("nothing")).rejects.toThrow(refusal("checkpoint-invalid"));
    for (const row of [-1, 160, 0.5, NaN]) {
      expect(() => checkpoint.floatRows(name, [row])).toThrow(refusal("checkpoint-invalid"));
    }
    expect(() => checkpoint.floatRows("model.norm.weight", [0])).toThrow(refusal("checkpoint-invalid"));
    expect(checkpoint.floatRows(name, [])).toHaveLength(0);
    expect(() => checkpoint.floatRows(name, [1, 2], new Float32Array(127))).toThrow(RangeError);
    await checkpoint.close();
  });
});

describe("CTranslate2", () => {
  const steps = { float32: 0, float16: 2 ** -11, bfloat16: 2 ** -8, int8: 1 / 127, int16: 1 / 1024 };

  it.each(Object.entries(steps))(
    "%s weights, their scales and aliases come back as floats",
    async (kind, step) => {
      const reference = await openCheckpoint(fixture("ctranslate2/reference.safetensors"));
      const matrix = await reference.floats("matrix");
      const vector = await reference.floats("vector");
      const checkpoint = await openCheckpoint(fixture(`ctranslate2/${kind}.bin`));
      expect(checkpoint.metadata).toEqual(
        new Map<string, string | number>([
          ["spec", "TinySpec"],
          ["revision", 3],
        ]),
      );
      for (const name of ["embeddings/weight", "projection/weight"]) {
        const values = await checkpoint.floats(name);
        expect(checkpoint.floatRows(name, [0, 1, 2, 3, 4, 5])).toEqual(values);
        for (let row = 0; row < 6; row++) {
          // int16 has one scale for the whole matrix, the others round relative to the row at worst.
          const original = kind === "int16" ? matrix : matrix.subarray(row * 16, row * 16 + 16);
          const allowed = step * original.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
          for (let i = row * 16; i < row * 16 + 16; i++)
            expect(Math.abs(values[i]! - matrix[i]!)).toBeLessThanOrEqual(allowed);
        }
      }
      const norm = await checkpoint.floats("norm/gamma");
      for (const [i, value] of norm.entries())
        expect(Math.abs(value - vector[i]!)).toBeLessThanOrEqual(2 ** -7 * Math.abs(vector[i]!));
      await reference.close();
      await checkpoint.close();
    },
  );
});
