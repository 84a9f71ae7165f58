import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";
import type { GraphBuilder, Value } from "../onnx/index.ts";
import { constant } from "../onnx/layers.ts";
import type { LinearWeights } from "../onnx/layers.ts";
import type { NamedTensors } from "../onnx/named-tensors.ts";

/** An inverted residual block: 1×1 up, depthwise, 1×1 down; the first has no way up. */
export interface StemBlockWeights {
  readonly expand?: LinearWeights;
  readonly depthwise: LinearWeights;
  readonly project: LinearWeights;
  readonly stride: 1 | 2;
}

export interface StemWeights {
  readonly conv: LinearWeights;
  readonly blocks: readonly StemBlockWeights[];
  readonly head: LinearWeights;
  /** The published classifier [classes, channels], of the map's mean or of one of its cells. */
  readonly classifier: LinearWeights;
}

const blockShapes = z.array(z.object({ stride: z.union([z.literal(1), z.literal(2)]) }));

/**
 * An EfficientNet-Lite whose batch norms are folded into its convolutions, from tensors `conv`, `blocks.{i}.{expand,
 * depthwise,project}`, `head`, `classifier`.
 *
 * @param blocks - JSON, the stride of each block: all else follows from the kernels' shapes
 * @throws AntiphonError `checkpoint-invalid`
 */
export function stemWeights(tensors: NamedTensors, blocks: string): StemWeights {
  const strides = blockShapes.safeParse(parse(blocks));
  if (!strides.success)
    throw new AntiphonError("checkpoint-invalid", "stem.blocks must list the stride of each block");
  return {
    conv: tensors.linear("conv"),
    blocks: strides.data.map(({ stride }, index) => {
      const block = tensors.below(`blocks.${index}.`);
      return {
        ...(block.has("expand.weight") && { expand: block.linear("expand") }),
        depthwise: block.linear("depthwise"),
        project: block.linear("project"),
        stride,
      };
    }),
    head: tensors.linear("head"),
    classifier: tensors.linear("classifier"),
  };
}

/**
 * EfficientNet-Lite's feature map (EfficientNet, arXiv 1905.11946, without squeeze-and-excitation and with ReLU6; MobileNetV2's
 * blocks, 1801.04381): pixels [1, 3, height, width] → [1, channels, ⌈height / 32⌉, ⌈width / 32⌉].
 */
export function stemFeatures(graph: GraphBuilder, pixels: Value, weights: StemWeights): Value {
  let x = relu6(graph, convolution(graph, pixels, weights.conv, { stride: 2 }));
  for (const block of weights.blocks) x = invertedResidual(graph, x, block);
  return relu6(graph, convolution(graph, x, weights.head));
}

function invertedResidual(graph: GraphBuilder, x: Value, weights: StemBlockWeights): Value {
  const { expand, depthwise, project, stride } = weights;
  const wide = expand === undefined ? x : relu6(graph, convolution(graph, x, expand));
  const groups = depthwise.weight.dims[0] ?? 1;
  const filtered = relu6(graph, convolution(graph, wide, depthwise, { stride, groups }));
  const narrow = convolution(graph, filtered, project);
  const inputs = (expand ?? depthwise).weight.dims[expand === undefined ? 0 : 1];
  const keepsShape = stride === 1 && inputs === project.weight.dims[0];
  return keepsShape ? graph.op("Add", [x, narrow]) : narrow;
}

/**
 * TensorFlow's "same" padding: the odd pixel, which a stride of 2 leaves, goes to the right and the bottom. Padding both
 * sides alike, as is usual elsewhere, would shift the map and cost several points of accuracy.
 */
function convolution(
  graph: GraphBuilder,
  x: Value,
  { weight, bias }: LinearWeights,
  { stride = 1, groups = 1 }: { readonly stride?: number; readonly groups?: number } = {},
): Value {
  const inputs = [x, constant(graph, weight), ...(bias === undefined ? [] : [constant(graph, bias)])];
  return graph.op("Conv", inputs, {
    attributes: {
      auto_pad: "SAME_UPPER",
      kernel_shape: weight.dims.slice(2),
      strides: [stride, stride],
      group: groups,
    },
  });
}

function relu6(graph: GraphBuilder, x: Value): Value {
  const [zero, six] = [
    graph.floats("zero", Float32Array.of(0), []),
    graph.floats("six", Float32Array.of(6), []),
  ];
  return graph.op("Clip", [x, zero, six]);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
