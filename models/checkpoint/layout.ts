import type { ByteSource } from "./byte-source.ts";
import { checkRange, invalid } from "./byte-source.ts";
import type { Checkpoint, StorageType, TensorInfo } from "./checkpoint.ts";
import { unitOf } from "./values.ts";

/** Where a tensor lies: what each format's parser finds out, all that reading needs. */
export interface StoredTensor {
  readonly info: TensorInfo;
  readonly source: ByteSource;
  /** Of the first byte in the source. */
  readonly offset: number;
  /** Divisors of an integer tensor (CTranslate2): one for each row, or one for all. */
  readonly divisors?: StoredTensor;
}

export interface Layout extends Pick<Checkpoint, "format" | "metadata"> {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Describes a tensor; `checkpoint-invalid` if its shape does not divide into blocks or it leaves the file. */
export function storedTensor(
  source: ByteSource,
  tensor: {
    readonly name: string;
    readonly shape: readonly number[];
    readonly storage: StorageType;
    readonly offset: number;
  },
): StoredTensor {
  const { name, shape, storage, offset } = tensor;
  const unit = unitOf(storage);
  const valueCount = shape.reduce((product, dimension) => product * dimension, 1);
  const rowValues = shape.at(-1) ?? 1;
  const byteLength = (valueCount / unit.values) * unit.bytes;
  if (
    !Number.isSafeInteger(valueCount) ||
    !Number.isSafeInteger(byteLength) ||
    rowValues % unit.values !== 0
  ) {
    throw invalid(source, `gives tensor "${name}" the impossible shape [${shape.join(", ")}] of ${storage}`);
  }
  checkRange(source, offset, byteLength, `tensor "${name}"`);
  return { info: { name, shape, storage, byteLength }, source, offset };
}

/** Throws `checkpoint-invalid` if two tensors share bytes, or, `withoutHoles`, if there are bytes between them. */
export function checkOverlaps(
  source: ByteSource,
  tensors: Iterable<StoredTensor>,
  withoutHoles: boolean,
): void {
  const inOrder = [...tensors].sort((a, b) => a.offset - b.offset || a.info.byteLength - b.info.byteLength);
  let end = inOrder[0]?.offset ?? 0;
  for (const { info, offset } of inOrder) {
    if (offset < end) throw invalid(source, `lets tensor "${info.name}" overlap another`);
    if (withoutHoles && offset > end) throw invalid(source, `has unused bytes before tensor "${info.name}"`);
    end = offset + info.byteLength;
  }
}
