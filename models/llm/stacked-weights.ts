import { int4Blocks, int8Blocks, isBlockType, unpermuteRotary } from "../checkpoint/index.ts";
import type { Checkpoint, StorageType, TensorInfo } from "../checkpoint/index.ts";
import { AntiphonError } from "../../streaming/index.ts";
import { bytesOf, quantizeInt8 } from "../onnx/index.ts";

/** A matrix of the checkpoint, [outputs, inputs]. */
export interface ProjectionPart {
  readonly tensor: string;
  /** Heads whose rows are stored for interleaved rotary and must be put in half-split order. */
  readonly interleavedHeads?: number | undefined;
}

/** A matrix as integers in blocks along its columns: w = scale·(q - zero) + min, zero being 8 or 128 by `bits`. */
export interface QuantizedMatrix {
  /** As `MatMulNBits` packs them: [rows, columns / block, block·bits / 8]. */
  readonly quants: Uint8Array;
  /** [rows, columns / block] */
  readonly scales: Float32Array;
  /** [rows, columns / block] */
  readonly mins: Float32Array;
}

/** How a stored matrix is multiplied; `blockSize` elements share a scale. */
export type MatrixForm =
  | { readonly kind: "floats" }
  | { readonly kind: "blocks"; readonly bits: 4 | 8; readonly blockSize: 16 | 32; readonly hasMins: boolean };

/** Whether quantised tensors stay as stored, plain ones are quantised to int8 as well, or all are expanded. */
export type Precision = "fp32" | "stored" | "int8";

/** The cheapest form that keeps every stored bit (block size 16 where the file changes its scale that often). */
export function matrixForm(storage: StorageType, precision: Precision): MatrixForm {
  if (precision === "fp32") return { kind: "floats" };
  if (!isBlockType(storage)) {
    return precision === "int8"
      ? { kind: "blocks", bits: 8, blockSize: 32, hasMins: false }
      : { kind: "floats" };
  }
  switch (storage) {
    case "Q4_0":
      return { kind: "blocks", bits: 4, blockSize: 32, hasMins: false };
    case "Q4_1":
    case "Q4_K":
      return { kind: "blocks", bits: 4, blockSize: 32, hasMins: true };
    case "Q5_1":
    case "Q5_K":
      return { kind: "blocks", bits: 8, blockSize: 32, hasMins: true };
    case "Q6_K":
      return { kind: "blocks", bits: 8, blockSize: 16, hasMins: false };
    case "Q5_0":
    case "Q8_0":
      return { kind: "blocks", bits: 8, blockSize: 32, hasMins: false };
  }
}

/** Looks a tensor up; throws `checkpoint-invalid` where the checkpoint lacks it. */
export function requireTensor(checkpoint: Checkpoint, name: string): TensorInfo {
  const info = checkpoint.tensors.get(name);
  if (info === undefined)
    throw new AntiphonError("checkpoint-invalid", `${checkpoint.path} has no tensor ${name}`);
  return info;
}

/** Rows and columns of the parts laid one below the other. */
export function stackedShape(
  checkpoint: Checkpoint,
  parts: readonly ProjectionPart[],
): { rows: number; columns: number } {
  const infos = parts.map((part) => requireTensor(checkpoint, part.tensor));
  return {
    rows: infos.reduce((sum, info) => sum + (info.shape[0] ?? 0), 0),
    columns: infos[0]?.shape[1] ?? 0,
  };
}

/** The parts laid one below the other and transposed, float32 [columns, rows], as MatMul wants them. */
export async function loadTransposed(
  checkpoint: Checkpoint,
  parts: readonly ProjectionPart[],
): Promise<Float32Array> {
  const { rows, columns } = stackedShape(checkpoint, parts);
  const stacked = new Float32Array(rows * columns);
  let offset = 0;
  for (const part of parts) {
    const values = await loadFloats(checkpoint, part);
    stacked.set(values, offset);
    offset += values.length;
  }
  return transpose(stacked, rows, columns);
}

/** The parts laid one below the other as blocks of the given form. */
export async function loadBlocks(
  checkpoint: Checkpoint,
  parts: readonly ProjectionPart[],
  form: Extract<MatrixForm, { kind: "blocks" }>,
): Promise<QuantizedMatrix> {
  const { rows, columns } = stackedShape(checkpoint, parts);
  const groups = columns / form.blockSize;
  const stacked: QuantizedMatrix = {
    quants: new Uint8Array((rows * columns * form.bits) / 8),
    scales: new Float32Array(rows * groups),
    mins: new Float32Array(rows * groups),
  };
  let row = 0;
  for (const part of parts) {
    const matrix = await loadPart(checkpoint, part, form);
    stacked.quants.set(matrix.quants, (row * columns * form.bits) / 8);
    stacked.scales.set(matrix.scales, row * groups);
    stacked.mins.set(matrix.mins, row * groups);
    row += requireTensor(checkpoint, part.tensor).shape[0] ?? 0;
  }
  return stacked;
}

/** [rows, columns] → [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return result;
}

async function loadPart(
  checkpoint: Checkpoint,
  part: ProjectionPart,
  form: Extract<MatrixForm, { kind: "blocks" }>,
): Promise<QuantizedMatrix> {
  const { storage, shape } = requireTensor(checkpoint, part.tensor);
  const [rows = 0, columns = 0] = shape;
  if (!isBlockType(storage)) return quantizeInt8(await loadFloats(checkpoint, part), form.blockSize);
  const bytes = inOrder(await checkpoint.bytes(part.tensor), rows, part.interleavedHeads);
  if (form.bits === 8) {
    const { quants, scales, mins } = int8Blocks(bytes, storage, rows, columns, form.blockSize);
    return { quants, scales, mins: mins ?? new Float32Array(scales.length) };
  }
  const { quants, scales, mins } = int4Blocks(bytes, storage, rows, columns);
  // Stored as scale·q + min; counting q from 8, as MatMulNBits does, moves 8 scales into the min.
  return { quants, scales, mins: mins.map((min, index) => min + 8 * (scales[index] ?? 0)) };
}

async function loadFloats(checkpoint: Checkpoint, part: ProjectionPart): Promise<Float32Array> {
  const rows = requireTensor(checkpoint, part.tensor).shape[0] ?? 0;
  const bytes = inOrder(bytesOf(await checkpoint.floats(part.tensor)), rows, part.interleavedHeads);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function inOrder(bytes: Uint8Array, rows: number, interleavedHeads: number | undefined): Uint8Array {
  return interleavedHeads === undefined ? bytes : unpermuteRotary(bytes, rows, interleavedHeads);
}
