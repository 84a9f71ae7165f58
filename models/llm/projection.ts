import { bytesOf } from "../onnx/index.ts";
import type { GraphBuilder, Value } from "../onnx/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import {
  loadBlocks,
  loadTransposed,
  matrixForm,
  requireTensor,
  stackedShape,
  transpose,
} from "./stacked-weights.ts";
import type { MatrixForm, Precision, ProjectionPart, QuantizedMatrix } from "./stacked-weights.ts";

type BlockForm = Extract<MatrixForm, { kind: "blocks" }>;

/** Dynamic int8 activations: the fast path of MatMulNBits on CPUs with VNNI. */
const INT8_ACTIVATIONS = 4;

/** Writes multiplications by the checkpoint's matrices into a graph, each in the form its storage asks for. */
export class Projections {
  readonly #graph: GraphBuilder;
  readonly #checkpoint: Checkpoint;
  readonly #precision: Precision;
  readonly #blockSums = new Map<Value, Value>();

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
   * Exact product with blocks w = scale·(q - zero) + min, where MatMulNBits by itself computes Σ scale·(q - zero)·x
   * with zero 8 (128 for 8 bits): what is missing is each block's min times the sum of x over the block, a matrix
   * product as many times smaller as a block is long.
   */
  #byBlocks(x: Value, parts: readonly ProjectionPart[], form: BlockForm): Value {
    const graph = this.#graph;
    const { bits, blockSize } = form;
    const { rows, columns } = stackedShape(this.#checkpoint, parts);
    const blocks = columns / blockSize;
    const name = label(parts);
    const load = sharedLoad(
      form.hasMins ? 3 : 2,
      async () => await loadBlocks(this.#checkpoint, parts, form),
    );
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
    const product = graph.op("MatMulNBits", [x, quants, scales], {
      domain: "com.microsoft",
      attributes: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: INT8_ACTIVATIONS },
    });
    if (!form.hasMins) return product;
    const mins = graph.weight(`${name}.mins`, {
      type: "float32",
      dims: [blocks, rows],
      load: async () => bytesOf(transpose((await load()).mins, rows, blocks)),
    });
    return graph.op("Add", [product, graph.op("MatMul", [this.#sumBlocks(x, blocks, blockSize), mins])]);
  }

  #sumBlocks(x: Value, blocks: number, blockSize: number): Value {
    const known = this.#blockSums.get(x);
    if (known !== undefined) return known;
    const grouped = this.#graph.op("Reshape", [x, this.#graph.integers([0, -1, blocks, blockSize])]);
    const sums = this.#graph.op("ReduceSum", [grouped, this.#graph.integers([3])], {
      attributes: { keepdims: 0 },
    });
    this.#blockSums.set(x, sums);
    return sums;
  }
}

function label(parts: readonly ProjectionPart[]): string {
  return parts.map((part) => part.tensor).join("+");
}

/** Loads once for `uses` readers and lets go after the last, so that writing a model holds one matrix at a time. */
function sharedLoad(uses: number, load: () => Promise<QuantizedMatrix>): () => Promise<QuantizedMatrix> {
  let pending: Promise<QuantizedMatrix> | undefined;
  let left = uses;
  return async () => {
    pending ??= load();
    const matrix = await pending;
    left -= 1;
    if (left === 0) pending = undefined;
    return matrix;
  };
}
