import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import { GraphBuilder } from "../onnx/index.ts";
import type { Value } from "../onnx/index.ts";
import { constant, layerNorm, linear } from "../onnx/layers.ts";
import type { FloatTensor, LinearWeights, NormWeights } from "../onnx/layers.ts";
import { NamedTensors, reshaped } from "../onnx/named-tensors.ts";
import { vitBlock } from "./blocks.ts";
import { stemFeatures, stemWeights } from "./stem.ts";
import type { StemWeights } from "./stem.ts";
import type { VitBlockWeights } from "./weights.ts";

/** The shipped encoder's configuration, from the metadata of its file. */
export interface HybridConfig {
  /** Sides of the square pictures in pixels. */
  readonly inputSize: number;
  readonly hidden: number;
  readonly heads: number;
  readonly normEpsilon: number;
  /** What the scene logits say, in their order. */
  readonly sceneLabels: readonly string[];
}

export interface HybridWeights {
  readonly config: HybridConfig;
  readonly stem: StemWeights;
  /** A cell of the stem's map → a token. */
  readonly patch: LinearWeights;
  /** [hidden] */
  readonly classToken: FloatTensor;
  /** [1 + cells, hidden], the class token's first. */
  readonly positions: FloatTensor;
  readonly blocks: readonly VitBlockWeights[];
  readonly norm: NormWeights;
  /** What the class token adds to the stem's logits. */
  readonly classHead: LinearWeights;
  /** What a patch token adds to the stem's logits of its cell. */
  readonly patchHead: LinearWeights;
  readonly sceneHead: LinearWeights;
}

const metadataShape = z.object({
  "stem.input_size": z.coerce.number().int().positive().default(260),
  "stem.blocks": z.string(),
  "vit.heads": z.coerce.number().int().positive(),
  "vit.norm_epsilon": z.coerce.number().positive(),
  "vit.scene_labels": z.string(),
});

/**
 * The weights of a hybrid ViT from one safetensors file with its configuration in the metadata.
 * @throws AntiphonError `checkpoint-invalid`
 */
export function hybridWeights(checkpoint: Checkpoint): HybridWeights {
  const metadata = metadataShape.safeParse(Object.fromEntries(checkpoint.metadata));
  if (!metadata.success) {
    const why = z.prettifyError(metadata.error);
    throw new AntiphonError("checkpoint-invalid", `${checkpoint.path} is no hybrid ViT: ${why}`);
  }
  const tensors = new NamedTensors(checkpoint, "vit.");
  const classToken = tensors.tensor("class_token");
  return {
    config: {
      inputSize: metadata.data["stem.input_size"],
      hidden: classToken.dims.at(-1) ?? 0,
      heads: metadata.data["vit.heads"],
      normEpsilon: metadata.data["vit.norm_epsilon"],
      sceneLabels: z.array(z.string()).parse(JSON.parse(metadata.data["vit.scene_labels"])),
    },
    stem: stemWeights(new NamedTensors(checkpoint, "stem."), metadata.data["stem.blocks"]),
    patch: tensors.linear("patch"),
    classToken,
    positions: tensors.tensor("positions"),
    blocks: Array.from({ length: tensors.count((index) => `blocks.${index}.norm1`) }, (_, index) =>
      blockWeights(tensors.below(`blocks.${index}.`)),
    ),
    norm: tensors.norm("norm"),
    classHead: tensors.linear("class_head"),
    patchHead: tensors.linear("patch_head"),
    sceneHead: tensors.linear("scene_head"),
  };
}

function blockWeights(tensors: NamedTensors): VitBlockWeights {
  return {
    attentionNorm: tensors.norm("norm1"),
    query: tensors.linear("attention.query"),
    key: tensors.linear("attention.key"),
    value: tensors.linear("attention.value"),
    output: tensors.linear("attention.output"),
    perceptronNorm: tensors.norm("norm2"),
    up: tensors.linear("mlp.up"),
    down: tensors.linear("mlp.down"),
  };
}

/**
 * The ViT paper's hybrid (arXiv 2010.11929, section 3.1), whose patches are the cells of a convolutional network's feature map, as
 * an ONNX graph. The stem's published classifier says what is in the picture, and cell by cell where (class
 * activation maps, 1512.04150); the transformer's heads add what they know better.
 *
 * - in: `pixel_values` float32 [1, 3, inputSize, inputSize], RGB, (value - 127) / 128;
 * - out, all float32: `class_logits` [1, classes]; `patch_logits` [1, cells, classes], row by row; `scene_logits`
 *   [1, labels]; `class_feature` [1, hidden]; `patch_features` [1, cells, hidden]; `region_features` [1, 4, channels],
 *   the stem's map averaged over the whole frame and its left, middle and right third.
 */
export function hybridGraph(weights: HybridWeights): GraphBuilder {
  const { config, stem } = weights;
  const graph = new GraphBuilder("hybrid-vit");
  const [classes = 0, channels = 0] = stem.classifier.weight.dims;
  const cells = (weights.positions.dims[0] ?? 1) - 1;
  const sides = [config.inputSize, config.inputSize];
  const pixels = graph.input("pixel_values", "float32", [1, 3, ...sides]);
  const product = (x: Value, matrix: LinearWeights): Value => linear(graph, x, matrix, "float32");

  const map = stemFeatures(graph, pixels, stem);
  const flat = graph.op("Reshape", [map, graph.integers([1, channels, cells])]);
  const patches = graph.op("Transpose", [flat], { attributes: { perm: [0, 2, 1] } });
  const stemPatchLogits = product(patches, stem.classifier);
  // The classifier is linear: the mean of what it says of the cells is what it says of their mean.
  const stemClassLogits = graph.op("ReduceMean", [stemPatchLogits, graph.integers([1])], {
    attributes: { keepdims: 0 },
  });

  const tokens = hybridTokens(graph, product(patches, weights.patch), weights);
  const [first = "", others = ""] = graph.ops("Split", [tokens, graph.integers([1, cells])], 2, {
    attributes: { axis: 1 },
  });
  const classFeature = graph.op("Reshape", [first, graph.integers([1, config.hidden])]);
  const classLogits = graph.op("Add", [stemClassLogits, product(classFeature, weights.classHead)]);
  const patchLogits = graph.op("Add", [stemPatchLogits, product(others, weights.patchHead)]);

  graph.output(classLogits, "class_logits", "float32", [1, classes]);
  graph.output(patchLogits, "patch_logits", "float32", [1, cells, classes]);
  const labels = config.sceneLabels.length;
  graph.output(product(classFeature, weights.sceneHead), "scene_logits", "float32", [1, labels]);
  graph.output(classFeature, "class_feature", "float32", [1, config.hidden]);
  graph.output(others, "patch_features", "float32", [1, cells, config.hidden]);
  const averages = graph.floats("regions", regionAverages(cells), [1, REGION_COUNT, cells]);
  const regionFeatures = graph.op("MatMul", [averages, patches]);
  graph.output(regionFeatures, "region_features", "float32", [1, REGION_COUNT, channels]);
  return graph;
}

/** The whole frame and its thirds from left to right. */
const REGION_COUNT = 4;

/** [regions, cells] of a square map with columns in threes: what of each cell, row by row, is in the mean of a region. */
function regionAverages(cells: number): Float32Array {
  const side = Math.sqrt(cells);
  const matrix = new Float32Array(REGION_COUNT * cells).fill(1 / cells, 0, cells);
  for (let cell = 0; cell < cells; cell++)
    matrix[(1 + Math.floor(((cell % side) * 3) / side)) * cells + cell] = 3 / cells;
  return matrix;
}

/** Class token, positions, pre-norm blocks, norm: [1, cells, hidden] → [1, 1 + cells, hidden]. */
function hybridTokens(graph: GraphBuilder, patches: Value, weights: HybridWeights): Value {
  const { config, classToken, positions, blocks, norm } = weights;
  const { heads, normEpsilon } = config;
  const first = constant(graph, reshaped(classToken, [1, 1, config.hidden]));
  let x = graph.op("Concat", [first, patches], { attributes: { axis: 1 } });
  x = graph.op("Add", [x, constant(graph, positions)]);
  const sizes = { heads, normEpsilon, activation: "gelu" } as const;
  for (const block of blocks) x = vitBlock(graph, x, block, { sizes, precision: "float32" });
  return layerNorm(graph, x, norm, normEpsilon);
}
