import type { Checkpoint } from "../checkpoint/index.ts";
import { bytesOf, quantizeInt4 } from "../onnx/index.ts";
import type { GraphBuilder, Value } from "../onnx/index.ts";
import { requireTensor, stackedShape } from "./stacked-weights.ts";

/** Tokens on a shortlist. Of 2,048 places in English and code the best token was never below the fifth of the rough order. */
const SHORTLIST_TOKENS = 40;

/** Weights that share a scale in the rough copy. */
const ROUGH_BLOCK = 128;

/** Rows of the vocabulary that are made rough at a time, so that its floats never lie in memory at once. */
const ROWS_AT_A_TIME = 2048;

/** Dynamic int8 activations. */
const INT8_ACTIVATIONS = 4;

/** Whether the vocabulary projection is so large and so finely stored that a rough copy is worth having. */
export function wantsRoughCopy(checkpoint: Checkpoint, head: string): boolean {
  const { storage } = requireTensor(checkpoint, head);
  const { columns } = stackedShape(checkpoint, [{ tensor: head }]);
  return (storage === "Q6_K" || storage === "Q8_0") && columns % ROUGH_BLOCK === 0;
}

/**
 * Scores of the whole vocabulary from a 4-bit copy of its projection: too rough to choose by, good enough to tell
 * which few tokens are worth exact scores (the preview of SVD-softmax, Shim et al., NIPS 2017, by fewer bits in place of
 * fewer dimensions).
 */
export function roughScores(graph: GraphBuilder, checkpoint: Checkpoint, x: Value, head: string): Value {
  const { rows, columns } = stackedShape(checkpoint, [{ tensor: head }]);
  const blocks = columns / ROUGH_BLOCK;
  let copy: RoughCopy | undefined;
  const load = (): RoughCopy => (copy ??= roughCopy(checkpoint, head, { rows, columns }));
  const quants = graph.weight(`${head}.rough`, {
    type: "uint8",
    dims: [rows, blocks, ROUGH_BLOCK / 2],
    load: () => Promise.resolve(load().quants),
  });
  const scales = graph.weight(`${head}.rough-scales`, {
    type: "float32",
    dims: [rows * blocks],
    load: () => Promise.resolve(bytesOf(load().scales)),
  });
  return graph.op("MatMulNBits", [x, quants, scales], {
    domain: "com.microsoft",
    attributes: { K: columns, N: rows, bits: 4, block_size: ROUGH_BLOCK, accuracy_level: INT8_ACTIVATIONS },
  });
}

/** The best of `scores` [1, wanted, vocabulary]: token ids, int64 [1, wanted, count], best first. */
export function bestTokens(graph: GraphBuilder, scores: Value, vocabularySize: number): Value {
  const count = graph.integers([Math.min(SHORTLIST_TOKENS, vocabularySize)]);
  const [, tokens = ""] = graph.ops("TopK", [scores, count], 2);
  return tokens;
}

interface RoughCopy {
  readonly quants: Uint8Array;
  readonly scales: Float32Array;
}

function roughCopy(
  checkpoint: Checkpoint,
  head: string,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): RoughCopy {
  const quants = new Uint8Array((rows * columns) / 2);
  const scales = new Float32Array((rows * columns) / ROUGH_BLOCK);
  for (let first = 0; first < rows; first += ROWS_AT_A_TIME) {
    const count = Math.min(ROWS_AT_A_TIME, rows - first);
    const values = checkpoint.floatRows(
      head,
      Array.from({ length: count }, (_, index) => first + index),
    );
    const part = quantizeInt4(values, ROUGH_BLOCK);
    quants.set(part.quants, (first * columns) / 2);
    scales.set(part.scales, (first * columns) / ROUGH_BLOCK);
  }
  return { quants, scales };
}
