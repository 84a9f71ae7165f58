import type { ByteSource } from "./byte-source.ts";
import { invalid } from "./byte-source.ts";
import type { Checkpoint, MetadataValue, TensorInfo } from "./checkpoint.ts";
import type { Layout, StoredTensor } from "./layout.ts";
import { toFloats } from "./values.ts";

/** The one implementation of `Checkpoint`: parsers give it a layout, it reads and widens. */
export class FileCheckpoint implements Checkpoint {
  readonly format: Checkpoint["format"];
  readonly path: string;
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #stored: ReadonlyMap<string, StoredTensor>;
  readonly #sources: readonly ByteSource[];
  readonly #divisors = new Map<StoredTensor, Float32Array>();
  #row = new Uint8Array(0);

  /** Closes `sources` with itself. */
  constructor(path: string, layout: Layout, sources: readonly ByteSource[]) {
    this.#sources = sources;
    this.path = path;
    this.format = layout.format;
    this.metadata = layout.metadata;
    this.#stored = layout.tensors;
    this.tensors = new Map(Array.from(layout.tensors, ([name, { info }]) => [name, info]));
  }

  async bytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { source, offset, info } = this.#find(name);
    return await source.read(offset, info.byteLength);
  }

  async floats(name: string): Promise<Float32Array> {
    const tensor = this.#find(name);
    const bytes = await this.bytes(name);
    if (tensor.info.storage === "F32") return new Float32Array(bytes.buffer);

    const { shape, storage } = tensor.info;
    const values = new Float32Array(shape.reduce((product, dimension) => product * dimension, 1));
    toFloats(bytes, storage, values);
    this.#divide(tensor, values, 0);
    return values;
  }

  floatRows(name: string, rows: ArrayLike<number>, into?: Float32Array): Float32Array {
    const tensor = this.#find(name);
    const { info, source, offset } = tensor;
    const [rowCount, columns] = info.shape;
    if (rowCount === undefined || columns === undefined || info.shape.length !== 2) {
      throw invalid(this, `has no matrix "${name}" but a tensor [${info.shape.join(", ")}]`);
    }
    if (into && into.length < rows.length * columns) throw new RangeError(`no room for ${rows.length} rows`);
    const result = into?.subarray(0, rows.length * columns) ?? new Float32Array(rows.length * columns);
    const rowBytes = info.byteLength / rowCount;
    if (this.#row.length !== rowBytes) this.#row = new Uint8Array(rowBytes);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] ?? -1;
      if (!Number.isInteger(row) || row < 0 || row >= rowCount) {
        throw invalid(this, `has no row ${row} in matrix "${name}" of ${rowCount}`);
      }
      source.readIntoSync(offset + row * rowBytes, this.#row);
      const values = result.subarray(i * columns, (i + 1) * columns);
      toFloats(this.#row, info.storage, values);
      this.#divide(tensor, values, row);
    }
    return result;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#sources.map(async (source) => {
        await source.close();
      }),
    );
  }

  #find(name: string): StoredTensor {
    const tensor = this.#stored.get(name);
    if (tensor === undefined) throw invalid(this, `has no tensor "${name}"`);
    return tensor;
  }

  /** Applies the divisors of whole rows from `firstRow` on. */
  #divide(tensor: StoredTensor, values: Float32Array, firstRow: number): void {
    if (tensor.divisors === undefined) return;
    const divisors = this.#readDivisors(tensor.divisors);
    const rowValues = tensor.info.shape.slice(1).reduce((product, dimension) => product * dimension, 1);
    for (let i = 0; i < values.length; i++) {
      const row = divisors.length === 1 ? 0 : firstRow + Math.floor(i / rowValues);
      values[i] = (values[i] ?? 0) / (divisors[row] ?? 1);
    }
  }

  #readDivisors(stored: StoredTensor): Float32Array {
    const known = this.#divisors.get(stored);
    if (known) return known;
    const bytes = new Uint8Array(stored.info.byteLength);
    stored.source.readIntoSync(stored.offset, bytes);
    const values = new Float32Array(stored.info.shape.reduce((product, dimension) => product * dimension, 1));
    toFloats(bytes, stored.info.storage, values);
    this.#divisors.set(stored, values);
    return values;
  }
}
