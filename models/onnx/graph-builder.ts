import { ATTRIBUTE_TYPE, ELEMENT_TYPE } from "./schema.ts";
import type { AttributeProto, ElementType, NodeProto, ValueInfoProto } from "./schema.ts";

/** Name of a tensor inside a graph. */
export type Value = string;

/** An omitted optional input of an operator. */
export const NONE: Value = "";

/** A size, or the name of a free one. */
export type Dimension = number | string;

/** A constant tensor whose bytes (little-endian, row-major) are asked for only while the model is written. */
export interface WeightSource {
  readonly type: ElementType;
  readonly dims: readonly number[];
  load(): Promise<Uint8Array>;
}

/** Numbers are ints when whole; write `{ float: 1 }` for a whole float attribute. */
export type AttributeValue = number | string | readonly number[] | { readonly float: number };

export interface OperatorOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Operator set, "" for ONNX's own. */
  readonly domain?: "" | "com.microsoft";
  /** Output names; made up when left out. */
  readonly outputs?: readonly Value[];
}

/** Bytes per element, to size constants without loading them. */
const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** Size in bytes of a constant. */
export function weightBytes(source: Pick<WeightSource, "type" | "dims">): number {
  return source.dims.reduce((product, size) => product * size, ELEMENT_BYTES[source.type]);
}

/**
 * Writes down a network operator by operator; `writeModel` turns it into an ONNX file. Weights are lazy, so building a
 * graph of a billion parameters needs no memory for them.
 */
export class GraphBuilder {
  readonly name: string;
  readonly nodes: NodeProto[] = [];
  readonly inputs: ValueInfoProto[] = [];
  readonly outputs: ValueInfoProto[] = [];
  readonly weights = new Map<string, WeightSource>();
  #fresh = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Declares an input of the network. */
  input(name: string, type: ElementType, dims: readonly Dimension[]): Value {
    this.inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** Declares `value` an output of the network under `name` (its own name when both are equal). */
  output(value: Value, name: string, type: ElementType, dims: readonly Dimension[]): void {
    if (value !== name) this.nodes.push(node("Identity", [value], [name]));
    this.outputs.push(valueInfo(name, type, dims));
  }

  /** A lazy constant, shared by name: the second request for a name returns the first's value. */
  weight(name: string, source: WeightSource): Value {
    if (!this.weights.has(name)) this.weights.set(name, source);
    return name;
  }

  /** A float32 constant. */
  floats(name: string, data: Float32Array, dims: readonly number[]): Value {
    return this.weight(name, { type: "float32", dims, load: () => Promise.resolve(bytesOf(data)) });
  }

  /** An int64 constant; a scalar when given one number. */
  integers(values: number | readonly number[]): Value {
    const list = typeof values === "number" ? [values] : values;
    const name = typeof values === "number" ? `int_${values}` : `ints_${values.join("_")}`;
    const data = BigInt64Array.from(list, BigInt);
    const dims = typeof values === "number" ? [] : [list.length];
    return this.weight(name, { type: "int64", dims, load: () => Promise.resolve(bytesOf(data)) });
  }

  /** Adds an operator with one output. */
  op(type: string, inputs: readonly Value[], options: OperatorOptions = {}): Value {
    const [output] = this.ops(type, inputs, 1, options);
    return output ?? NONE;
  }

  /** Adds an operator with `count` outputs. */
  ops(type: string, inputs: readonly Value[], count: number, options: OperatorOptions = {}): Value[] {
    const outputs = options.outputs ?? Array.from({ length: count }, () => `${type}_${this.#fresh++}`);
    this.nodes.push(node(type, inputs, outputs, options));
    return [...outputs];
  }
}

/** The bytes behind a typed array, without a copy. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function node(
  type: string,
  inputs: readonly Value[],
  outputs: readonly Value[],
  options: OperatorOptions = {},
): NodeProto {
  return {
    op_type: type,
    domain: options.domain ?? "",
    name: outputs[0] ?? type,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(options.attributes ?? {}).map(([name, value]) => attribute(name, value)),
  };
}

function attribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "string") {
    return { name, type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(value) };
  }
  if (typeof value === "number") {
    return Number.isInteger(value)
      ? { name, type: ATTRIBUTE_TYPE.int, i: value }
      : { name, type: ATTRIBUTE_TYPE.float, f: value };
  }
  if ("float" in value) return { name, type: ATTRIBUTE_TYPE.float, f: value.float };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: [...value] };
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[]): ValueInfoProto {
  const dim = dims.map((size) => (typeof size === "number" ? { dim_value: size } : { dim_param: size }));
  return { name, type: { tensor_type: { elem_type: ELEMENT_TYPE[type], shape: { dim } } } };
}
