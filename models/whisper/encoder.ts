import { GraphBuilder, NONE } from "../onnx/index.ts";
import type { Value } from "../onnx/index.ts";
import { constant, gelu, layerNorm, linear, type LinearWeights, type Precision } from "../onnx/layers.ts";
import type { FeedForwardWeights, SelfAttentionWeights, WhisperSizes, WhisperWeights } from "./weights.ts";

/**
 * Whisper's audio encoder (Radford et al. 2022, section 2.2, arXiv 2212.04356) as an ONNX graph, batch of one:
 *
 * - in: `mel` float32 [1, melBins, frames], any even number of frames up to 2 × sourcePositions; `positions` int64
 *   [frames / 2], the place of each step in the window (the original always takes all 30 s of it, 0, 1, 2 …; a free
 *   time axis costs only what was said);
 * - out: `hidden` float32 [1, frames / 2, width]; and what the decoder's cross attention makes of it, which is the same
 *   for every token and so is computed here: `cross.{layer}.{key,value}` float32 [1, heads, frames / 2, headWidth].
 */
export function encoderGraph(weights: WhisperWeights, precision: Precision): GraphBuilder {
  const { sizes, encoder, decoder } = weights;
  const graph = new GraphBuilder("whisper-encoder");
  const mel = graph.input("mel", "float32", [1, sizes.melBins, "frames"]);
  const positions = graph.input("positions", "int64", ["steps"]);
  const [first, second] = encoder.convolutions;
  let x = gelu(graph, convolution(graph, mel, first, 1));
  x = gelu(graph, convolution(graph, x, second, 2));
  x = graph.op("Transpose", [x], { attributes: { perm: [0, 2, 1] } });
  x = graph.op("Add", [x, graph.op("Gather", [constant(graph, encoder.positions), positions])]);

  for (const layer of encoder.layers) {
    x = graph.op("Add", [x, selfAttention(graph, sizes, x, layer.selfAttention, precision)]);
    x = graph.op("Add", [x, feedForward(graph, x, layer.feedForward, precision)]);
  }
  const hidden = layerNorm(graph, x, encoder.norm);
  graph.output(hidden, "hidden", "float32", [1, "steps", sizes.width]);

  for (const [index, { crossAttention }] of decoder.layers.entries()) {
    const keyValue = linear(graph, hidden, crossAttention.keyValue, precision);
    const [key = NONE, value = NONE] = split(graph, keyValue, 2);
    const dims = [1, sizes.heads, "steps", sizes.headWidth];
    graph.output(perHead(graph, sizes, key), `cross.${index}.key`, "float32", dims);
    graph.output(perHead(graph, sizes, value), `cross.${index}.value`, "float32", dims);
  }
  return graph;
}

/** Pre-norm self attention without a mask: every step sees all others. */
function selfAttention(
  graph: GraphBuilder,
  sizes: WhisperSizes,
  x: Value,
  weights: SelfAttentionWeights,
  precision: Precision,
): Value {
  const normed = layerNorm(graph, x, weights.norm);
  const projected = split(graph, linear(graph, normed, weights.queryKeyValue, precision), 3);
  const attended = graph.op("MultiHeadAttention", projected, {
    domain: "com.microsoft",
    attributes: { num_heads: sizes.heads },
  });
  return linear(graph, attended, weights.output, precision);
}

/** Pre-norm two-layer perceptron; the decoder uses the same. */
export function feedForward(
  graph: GraphBuilder,
  x: Value,
  weights: FeedForwardWeights,
  precision: Precision,
): Value {
  const normed = layerNorm(graph, x, weights.norm);
  return linear(graph, gelu(graph, linear(graph, normed, weights.up, precision)), weights.down, precision);
}

function convolution(graph: GraphBuilder, x: Value, { weight, bias }: LinearWeights, stride: number): Value {
  const inputs = [x, constant(graph, weight), ...(bias === undefined ? [] : [constant(graph, bias)])];
  return graph.op("Conv", inputs, { attributes: { kernel_shape: [3], pads: [1, 1], strides: [stride] } });
}

/** Cuts the last axis into `parts` equal ones. */
function split(graph: GraphBuilder, x: Value, parts: number): Value[] {
  return graph.ops("Split", [x], parts, { attributes: { axis: -1, num_outputs: parts } });
}

/** [1, steps, width] → [1, heads, steps, headWidth]. */
function perHead(graph: GraphBuilder, { heads, headWidth }: WhisperSizes, x: Value): Value {
  const divided = graph.op("Reshape", [x, graph.integers([0, 0, heads, headWidth])]);
  return graph.op("Transpose", [divided], { attributes: { perm: [0, 2, 1, 3] } });
}
