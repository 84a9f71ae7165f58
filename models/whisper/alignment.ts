import { readFile } from "node:fs/promises";

import { z } from "zod";

import type { WordTiming } from "../../streaming/index.ts";
import { openCheckpoint } from "../checkpoint/index.ts";
import { compiledModel, fileFingerprint, GraphBuilder } from "../onnx/index.ts";
import type { Value } from "../onnx/index.ts";
import { constant, layerNorm, linear, type Precision } from "../onnx/layers.ts";
import { floatData, integers, NetworkSession } from "../runtime/session.ts";
import { whisperWeights } from "./checkpoint-weights.ts";
import { feedForward } from "./encoder.ts";
import type { WhisperConfig } from "./engine.ts";
import type { Heard } from "./networks.ts";
import type { WhisperTokens } from "./tokens.ts";
import type { CrossAttentionWeights, SelfAttentionWeights, WhisperSizes, WhisperWeights } from "./weights.ts";
import { tokenTimes, wordTimes } from "./word-times.ts";

/** A head of a decoder layer. */
type Head = readonly [layer: number, head: number];

/** Raise when the graph or the way it is written changes. */
const BUILDER_VERSION = 1;
const PRECISION: Precision = "int8-columns";

/** Those that look at what they write, found by the model's makers and listed beside its weights. */
const headsSchema = z.object({ alignment_heads: z.array(z.tuple([z.int(), z.int()])).nullish() });

/**
 * The decoder once more, all tokens of a text at once, to see what it looks at: `attention.{layer}` float32 [1, heads,
 * s, steps] of the layers that are asked for. Behind the last of them there is nothing.
 */
function alignmentGraph(
  weights: WhisperWeights,
  layers: readonly number[],
  precision: Precision,
): GraphBuilder {
  const { sizes, decoder } = weights;
  const graph = new GraphBuilder("whisper-alignment");
  const ids = graph.input("input_ids", "int64", [1, "s"]);
  const positions = graph.input("positions", "int64", ["s"]);
  const embedded = graph.op("Gather", [constant(graph, decoder.tokens), ids]);
  let x = graph.op("Add", [embedded, graph.op("Gather", [constant(graph, decoder.positions), positions])]);
  for (const [index, layer] of decoder.layers.slice(0, Math.max(...layers) + 1).entries()) {
    x = graph.op("Add", [x, selfAttention(graph, sizes, x, { precision, ...layer.selfAttention })]);
    const place = { index, precision, isWatched: layers.includes(index), ...layer.crossAttention };
    x = graph.op("Add", [x, crossAttention(graph, sizes, x, place)]);
    x = graph.op("Add", [x, feedForward(graph, x, layer.feedForward, precision)]);
  }
  return graph;
}

/** Pre-norm causal self attention; without a cache, since the text is there as a whole. */
function selfAttention(
  graph: GraphBuilder,
  { heads }: WhisperSizes,
  x: Value,
  { precision, ...weights }: SelfAttentionWeights & { readonly precision: Precision },
): Value {
  const projected = linear(graph, layerNorm(graph, x, weights.norm), weights.queryKeyValue, precision);
  const parts = graph.ops("Split", [projected], 3, { attributes: { axis: -1, num_outputs: 3 } });
  const attended = graph.op("MultiHeadAttention", parts, {
    domain: "com.microsoft",
    attributes: { num_heads: heads, unidirectional: 1 },
  });
  return linear(graph, attended, weights.output, precision);
}

interface CrossPlace extends CrossAttentionWeights {
  readonly index: number;
  readonly precision: Precision;
  readonly isWatched: boolean;
}

/** As the decoder's own, but spelled out, with the weights of the attention as an output where it is watched. */
function crossAttention(
  graph: GraphBuilder,
  { heads, headWidth }: WhisperSizes,
  x: Value,
  { index, precision, isWatched, ...weights }: CrossPlace,
): Value {
  const dims = [1, heads, "steps", headWidth];
  const key = graph.input(`cross.${index}.key`, "float32", dims);
  const value = graph.input(`cross.${index}.value`, "float32", dims);
  const query = linear(graph, layerNorm(graph, x, weights.norm), weights.query, precision);
  const divided = graph.op("Reshape", [query, graph.integers([0, 0, heads, headWidth])]);
  const perHead = graph.op("Transpose", [divided], { attributes: { perm: [0, 2, 1, 3] } });
  const turned = graph.op("Transpose", [key], { attributes: { perm: [0, 1, 3, 2] } });
  const scale = graph.floats(`scale.${index}`, Float32Array.of(headWidth ** -0.5), [1]);
  const scores = graph.op("Mul", [graph.op("MatMul", [perHead, turned]), scale]);
  const attention = graph.op("Softmax", [scores], { attributes: { axis: -1 } });
  if (isWatched) graph.output(attention, `attention.${index}`, "float32", [1, heads, "s", "steps"]);
  const mixed = graph.op("Transpose", [graph.op("MatMul", [attention, value])], {
    attributes: { perm: [0, 2, 1, 3] },
  });
  const joined = graph.op("Reshape", [mixed, graph.integers([0, 0, heads * headWidth])]);
  return linear(graph, joined, weights.output, precision);
}

/** Finds out when the words of a text were said. */
export class Aligner {
  readonly #network: NetworkSession;
  readonly #heads: readonly Head[];
  readonly #tokens: WhisperTokens;

  private constructor(network: NetworkSession, heads: readonly Head[], tokens: WhisperTokens) {
    this.#network = network;
    this.#heads = heads;
    this.#tokens = tokens;
  }

  /** Builds and caches its network on first use; fails like the engine itself. */
  static async open(config: WhisperConfig, tokens: WhisperTokens): Promise<Aligner> {
    const listed = headsSchema.safeParse(JSON.parse(await readFile(config.configPath, "utf8")));
    const checkpoint = await openCheckpoint(config.weightsPath);
    try {
      const weights = whisperWeights(checkpoint);
      const heads = listed.data?.alignment_heads ?? upperHalf(weights);
      const layers = [...new Set(heads.map(([layer]) => layer))];
      const fingerprint = await fileFingerprint(checkpoint.path, config.cacheDirectory);
      const key = `whisper-alignment-${layers.join("+")}-v${BUILDER_VERSION}-${fingerprint}`;
      const path = await compiledModel({ directory: config.cacheDirectory, key }, () =>
        alignmentGraph(weights, layers, PRECISION),
      );
      return new Aligner(await NetworkSession.open(path, config), heads, tokens);
    } finally {
      await checkpoint.close();
    }
  }

  /** One run of the network. `steps` is how many of the encoder's hold sound. */
  async times(heard: Heard, text: readonly number[], steps: number): Promise<WordTiming[]> {
    const { startOfTranscript, task, endOfText } = this.#tokens;
    const ids = [startOfTranscript, ...task, ...text, endOfText];
    const outputs = await this.#network.run({
      ...this.#known(heard),
      input_ids: integers(ids, [1, ids.length]),
      positions: integers(
        ids.map((_, index) => index),
        [ids.length],
      ),
    });
    // A row tells what was looked at to find the next token: the last of the task's finds the first of the text.
    const firstRow = task.length;
    const heads = this.#heads.map(([layer, head]) => {
      const tensor = outputs[`attention.${layer}`];
      const all = tensor?.dims[3] ?? 0;
      const data = floatData(tensor);
      const rows = new Float32Array((text.length + 1) * steps);
      for (let row = 0; row <= text.length; row++) {
        const start = (head * ids.length + firstRow + row) * all;
        rows.set(data.subarray(start, start + steps), row * steps);
      }
      return rows;
    });
    const times = tokenTimes({ tokens: text.length + 1, steps, heads });
    return wordTimes(text, times, (some) => this.#tokens.decode(some));
  }

  async close(): Promise<void> {
    await this.#network.close();
  }

  /** Of what the encoder made, the layers that this network has. */
  #known({ cross }: Heard): Heard["cross"] {
    return Object.fromEntries(
      Object.entries(cross).filter(([name]) => this.#network.inputNames.includes(name)),
    );
  }
}

/** Where nobody has looked which heads are of use, those of the later layers are. */
function upperHalf({ sizes, decoder }: WhisperWeights): Head[] {
  const from = Math.floor(decoder.layers.length / 2);
  return decoder.layers.flatMap((_, layer) =>
    layer < from ? [] : Array.from({ length: sizes.heads }, (_unused, head): Head => [layer, head]),
  );
}
