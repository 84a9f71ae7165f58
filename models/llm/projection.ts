import { bytesOf } from "../onnx/index.ts";
import type { GraphBuilder, Value } from "../onnx/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import { loadBlocks, loadTransposed, matrixForm, requireTensor, stackedShape } from "./stacked-weights.ts";
import type { MatrixForm, Precision, ProjectionPart, QuantizedMatrix } from "./stacked-weights.ts";
import { paddedSums, restDigits, withZeroPoints } from "./zero-points.ts";
import type { BlockLayout } from "./zero-points.ts";

type BlockForm = Extract<MatrixForm, { kind: "blocks" }>;

/** Dynamic int8 activations: the fast path of MatMulNBits on CPUs with VNNI. */
const INT8_ACTIVATIONS = 4;

/** Writes multiplications by the checkpoint's matrices into a graph, each in the form its storage asks for. */
export class Projections {
  readonly #graph: GraphBuilder;
  readonly #checkpoint: Checkpoint;
  readonly #precision: Precision;
  readonly #extended = new Map<Value, Value>();

  constructor(graph: GraphBuilder, checkpoint: Checkpoint, precision: Precision) {
    this.#graph = graph;
    this.#checkpoint = checkpoint;
    this.#precision = precision;
  }

  /** x [1, s, inputs] times each part's transpose. Parts of one form are multiplied in one go. */
  apply(x: Value, parts: readonly ProjectionPart[]): Value[] {
    const forms = parts.map((part) =>
      matrixForm(requireTensor(this.#checkpoint, part.tensor).storage, this.#precision),
    );
    const [form] = forms;
    const alike = forms.every((other) => JSON.stringify(other) === JSON.stringify(form));
    if (form === undefined || parts.length === 1 || !alike) {
      return parts.map((part, index) => this.#multiply(x, [part], forms[index] ?? { kind: "floats" }));
    }
    const stacked = this.#multiply(x, parts, form);
    const sizes = parts.map((part) => stackedShape(this.#checkpoint, [part]).rows);
    return this.#graph.ops("Split", [stacked, this.#graph.integers(sizes)], parts.length, {
      attributes: { axis: -1 },
    });
  }

  #multiply(x: Value, parts: readonly ProjectionPart[], form: MatrixForm): Value {
    return form.kind === "floats" ? this.#byFloats(x, parts) : this.#byBlocks(x, parts, form);
  }

  #byFloats(x: Value, parts: readonly ProjectionPart[]): Value {
    const { rows, columns } = stackedShape(this.#checkpoint, parts);
    const weight = this.#graph.weight(`${label(parts)}.transposed`, {
      type: "float32",
      dims: [columns, rows],
      load: async () => bytesOf(await loadTransposed(this.#checkpoint, parts)),
    });
    return this.#graph.op("MatMul", [x, weight]);
  }

  /**
   * Product with blocks w = scale·(q - zero) + min. Where blocks have a min, the matrix has further columns that x's
   * block sums are multiplied with (see `ZeroPointMatrix`).
   */
  #byBlocks(x: Value, parts: readonly ProjectionPart[], form: BlockForm): Value {
    const { bits, blockSize } = form;
    const { rows, columns } = stackedShape(this.#checkpoint, parts);
    const layout = { bits, blockSize, rows, columns };
    const load = async (): Promise<QuantizedMatrix> => await loadBlocks(this.#checkpoint, parts, form);
    if (!form.hasMins) {
      return this.#multiplyBlocks(x, layout, { name: label(parts), load: sharedLoad(2, load) });
    }
    const loadWithZeros = sharedLoad(3, async () => withZeroPoints(await load(), layout));
    const extended = { ...layout, columns: columns + restDigits(bits) * paddedSums(layout) };
    return this.#multiplyBlocks(this.#withBlockSums(x, layout), extended, {
      name: `${label(parts)}.rests`,
      load: loadWithZeros,
      zeroPoints: async () => (await loadWithZeros()).zeroPoints,
    });
  }

  #multiplyBlocks(x: Value, { bits, blockSize, rows, columns }: BlockLayout, matrix: BlockSource): Value {
    const graph = this.#graph;
    const { name, load } = matrix;
    const blocks = columns / blockSize;
    const quants = graph.weight(`${name}.int${bits}`, {
      type: "uint8",
      dims: [rows, blocks, (blockSize * bits) / 8],
      load: async () => (await load()).quants,
    });
    const scales = graph.weight(`${name}.scales`, {
      type: "float32",
      dims: [rows * blocks],
      load: async () => bytesOf((await load()).scales),
    });
    const inputs = [x, quants, scales];
    if (matrix.zeroPoints !== undefined) {
      const dims = [rows * Math.ceil((blocks * bits) / 8)];
      inputs.push(graph.weight(`${name}.zeros`, { type: "uint8", dims, load: matrix.zeroPoints }));
    }
    return graph.op("MatMulNBits", inputs, {
      domain: "com.microsoft",
      attributes: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: INT8_ACTIVATIONS },
    });
  }

  /** x, followed by its sums over blocks, once for each digit of the rests. */
  #withBlockSums(x: Value, { bits, blockSize, columns }: BlockLayout): Value {
    const known = this.#extended.get(x);
    if (known !== undefined) return known;
    const graph = this.#graph;
    const blocks = columns / blockSize;
    const grouped = graph.op("Reshape", [x, graph.integers([0, -1, blocks, blockSize])]);
    let sums = graph.op("ReduceSum", [grouped, graph.integers([3])], { attributes: { keepdims: 0 } });
    const missing = paddedSums({ blockSize, columns }) - blocks;
    if (missing > 0) sums = graph.op("Pad", [sums, graph.integers([0, 0, 0, 0, 0, missing])]);
    const copies = Array.from({ length: restDigits(bits) }, () => sums);
    const extended = graph.op("Concat", [x, ...copies], { attributes: { axis: -1 } });
    this.#extended.set(x, extended);
    return extended;
  }
}

interface BlockSource {
  readonly name: string;
  readonly load: () => Promise<Pick<QuantizedMatrix, "quants" | "scales">>;
  readonly zeroPoints?: () => Promise<Uint8Array>;
}

function label(parts: readonly ProjectionPart[]): string {
  return parts.map((part) => part.tensor).join("+");
}

/** Loads once for `uses` readers and lets go after the last, so that writing a model holds one matrix at a time. */
function sharedLoad<Matrix>(uses: number, load: () => Promise<Matrix>): () => Promise<Matrix> {
  let pending: Promise<Matrix> | undefined;
  let left = uses;
  return async () => {
    pending ??= load();
    const matrix = await pending;
    left -= 1;
    if (left === 0) pending = undefined;
    return matrix;
  };
}
