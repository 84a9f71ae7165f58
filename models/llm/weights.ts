import { bytesOf } from "../onnx/index.ts";
import type { GraphBuilder, Value } from "../onnx/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import type { DecoderConfig } from "./config.ts";
import { Projections } from "./projection.ts";
import { roughScores, wantsRoughCopy } from "./shortlist.ts";
import { requireTensor } from "./stacked-weights.ts";
import type { Precision, ProjectionPart } from "./stacked-weights.ts";
import { decoderTensors } from "./tensor-names.ts";
import type { DecoderTensors } from "./tensor-names.ts";

/** One layer's weights, as values and as functions that multiply by them. */
export interface BlockWeights {
  readonly attentionNorm: Value;
  readonly feedForwardNorm: Value;
  /** Query, key and value projections (with their biases). */
  readonly queryKeyValue: (x: Value) => readonly Value[];
  /** Per-head norms, present in Qwen3 only. */
  readonly queryNorm: Value | undefined;
  readonly keyNorm: Value | undefined;
  readonly attentionOutput: (x: Value) => Value;
  readonly gateAndUp: (x: Value) => readonly Value[];
  readonly down: (x: Value) => Value;
}

/** A checkpoint's weights, placed in one graph. */
export class DecoderWeights {
  readonly #graph: GraphBuilder;
  readonly #checkpoint: Checkpoint;
  readonly #config: DecoderConfig;
  readonly #names: DecoderTensors;
  readonly #precision: Precision;
  readonly #projections: Projections;

  constructor(graph: GraphBuilder, checkpoint: Checkpoint, config: DecoderConfig, precision: Precision) {
    this.#graph = graph;
    this.#checkpoint = checkpoint;
    this.#config = config;
    this.#names = decoderTensors(checkpoint);
    this.#precision = precision;
    this.#projections = new Projections(graph, checkpoint, precision);
  }

  /** The table of token embeddings, float32 [vocabulary, hidden]. */
  embedding(): Value {
    return this.#floats(this.#names.embedding);
  }

  finalNorm(): Value {
    return this.#floats(this.#names.finalNorm);
  }

  /** Hidden states → logits. */
  head(x: Value): Value {
    return this.#one(x, { tensor: this.#names.head });
  }

  /** Hidden states → scores that tell likely tokens from unlikely ones. */
  roughHead(x: Value): Value {
    const { head } = this.#names;
    const isExact = this.#precision === "fp32" || !wantsRoughCopy(this.#checkpoint, head);
    return isExact ? this.head(x) : roughScores(this.#graph, this.#checkpoint, x, head);
  }

  layer(index: number): BlockWeights {
    const names = this.#names.layer(index);
    const { heads, keyValueHeads, queryKeyNorm } = this.#config;
    const interleaved = this.#names.interleavedRotary;
    const query = { tensor: names.query, interleavedHeads: interleaved ? heads : undefined };
    const key = { tensor: names.key, interleavedHeads: interleaved ? keyValueHeads : undefined };
    return {
      attentionNorm: this.#floats(names.attentionNorm),
      feedForwardNorm: this.#floats(names.feedForwardNorm),
      queryNorm: queryKeyNorm ? this.#floats(names.queryNorm) : undefined,
      keyNorm: queryKeyNorm ? this.#floats(names.keyNorm) : undefined,
      queryKeyValue: (x) => this.#biased(x, [query, key, { tensor: names.value }]),
      attentionOutput: (x) => this.#one(x, { tensor: names.attentionOutput }),
      gateAndUp: (x) => this.#projections.apply(x, [{ tensor: names.gate }, { tensor: names.up }]),
      down: (x) => this.#one(x, { tensor: names.down }),
    };
  }

  #one(x: Value, part: ProjectionPart): Value {
    return this.#projections.apply(x, [part])[0] ?? x;
  }

  #biased(x: Value, parts: readonly ProjectionPart[]): Value[] {
    const products = this.#projections.apply(x, parts);
    if (!this.#config.attentionBias) return products;
    return products.map((product, index) => {
      const bias = this.#names.bias(parts[index]?.tensor ?? "");
      return this.#graph.op("Add", [product, this.#floats(bias)]);
    });
  }

  #floats(name: string): Value {
    return this.#graph.weight(name, {
      type: "float32",
      dims: requireTensor(this.#checkpoint, name).shape,
      load: async () => bytesOf(await this.#checkpoint.floats(name)),
    });
  }
}
