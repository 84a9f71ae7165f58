import { basename } from "node:path";

import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";

import { AntiphonError } from "../../streaming/index.ts";
import { nativeGate } from "./native-gate.ts";

/** Element types that our networks use, with the typed array that carries each. */
export interface TensorData {
  readonly float32: Float32Array;
  readonly float16: Uint16Array;
  readonly int64: BigInt64Array;
  readonly int32: Int32Array;
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly bool: Uint8Array;
}

/** A dense tensor in row-major order. */
export type NetworkTensor = {
  readonly [Type in keyof TensorData]: {
    readonly type: Type;
    readonly data: TensorData[Type];
    readonly dims: readonly number[];
  };
}[keyof TensorData];

export interface SessionOptions {
  /** Threads for one run, the calling one included. */
  readonly threads: number;
  /** Busy-waiting between operators: faster alone, ruinous beside other sessions. @default false */
  readonly spinning?: boolean;
  /** onnxruntime execution providers in order of preference. @default ["cpu"] */
  readonly executionProviders?: readonly string[];
}

/** Float32 tensor over `data`, which is used in place: do not change it during a run. */
export function floats(data: Float32Array, dims: readonly number[]): NetworkTensor {
  return { type: "float32", data, dims };
}

/** Int64 tensor from plain numbers. */
export function integers(values: ArrayLike<number>, dims: readonly number[]): NetworkTensor {
  return { type: "int64", data: BigInt64Array.from(values, BigInt), dims };
}

/** The data of a tensor that must be float32, as every output of our networks that is read is. */
export function floatData(tensor: NetworkTensor | undefined): Float32Array {
  if (tensor?.type !== "float32") throw new AntiphonError("inference-failed", "expected a float32 output");
  return tensor.data;
}

/** The data of a tensor that must be int64, as plain numbers. */
export function integerData(tensor: NetworkTensor | undefined): number[] {
  if (tensor?.type !== "int64") throw new AntiphonError("inference-failed", "expected an int64 output");
  return Array.from(tensor.data, Number);
}

/**
 * One loaded network. The only user of onnxruntime-node. Both `open` and `run` block the calling thread for their
 * whole time (its `run` is a native call behind `setImmediate`), which is why this runs on worker threads.
 */
export class NetworkSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #native: InferenceSession;

  private constructor(native: InferenceSession) {
    this.#native = native;
    this.inputNames = native.inputNames;
    this.outputNames = native.outputNames;
  }

  /**
   * Loads an ONNX graph from a file (external data beside it) or from memory.
   * @throws AntiphonError `config-invalid` for execution providers that are not part of this onnxruntime, which would
   * skip them without a word; `graph-invalid`, naming the file.
   */
  static async open(graph: string | Uint8Array, options: SessionOptions): Promise<NetworkSession> {
    const executionProviders = [...(options.executionProviders ?? ["cpu"])];
    requireProviders(executionProviders);
    const nativeOptions: InferenceSession.SessionOptions = {
      executionProviders,
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      // A pattern is kept for each shape of the inputs, and ours change from run to run.
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: {
        session: {
          intra_op: { allow_spinning: options.spinning === true ? "1" : "0" },
          inter_op: { allow_spinning: "0" },
          // Processors without VNNI would overflow 16 bits in signed 8-bit products: there, unsigned ones are used.
          x64quantprecision: "1",
        },
      },
    };
    try {
      const native = await nativeGate().pass(() =>
        typeof graph === "string"
          ? InferenceSession.create(graph, nativeOptions)
          : InferenceSession.create(graph, nativeOptions),
      );
      return new NetworkSession(native);
    } catch (cause) {
      if (cause instanceof AntiphonError) throw cause;
      const what = typeof graph === "string" ? basename(graph) : "the network";
      const where = executionProviders.join(", ");
      throw new AntiphonError(
        "graph-invalid",
        `onnxruntime could not load ${what} with runtime.executionProviders ${where}: ${String(cause)}`,
        { cause },
      );
    }
  }

  /**
   * Runs the network once. Outputs named in `into` are written to those tensors (their memory may also be an input,
   * for operators that update in place); the others are fresh. Without `into`, all outputs are returned.
   */
  async run(
    feeds: Readonly<Record<string, NetworkTensor>>,
    into?: Readonly<Record<string, NetworkTensor | null>>,
  ): Promise<Record<string, NetworkTensor>> {
    const nativeFeeds = Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => [name, toNative(tensor)]),
    );
    try {
      const nativeFetches =
        into &&
        Object.fromEntries(
          Object.entries(into).map(([name, tensor]) => [name, tensor === null ? null : toNative(tensor)]),
        );
      const results = await nativeGate().pass(() =>
        nativeFetches === undefined
          ? this.#native.run(nativeFeeds)
          : this.#native.run(nativeFeeds, nativeFetches),
      );
      return results as unknown as Record<string, NetworkTensor>;
    } catch (cause) {
      if (cause instanceof AntiphonError) throw cause;
      throw new AntiphonError("inference-failed", `the network failed to run: ${String(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    await nativeGate().pass(() => this.#native.release());
  }
}

function requireProviders(names: readonly string[]): void {
  const known = listSupportedBackends().map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new AntiphonError(
    "config-invalid",
    `runtime.executionProviders: this onnxruntime has no ${unknown.join(", ")}, but ${known.join(", ")}`,
  );
}

function toNative(tensor: NetworkTensor): Tensor {
  return new Tensor(tensor.type, tensor.data as Tensor.DataType, tensor.dims);
}
