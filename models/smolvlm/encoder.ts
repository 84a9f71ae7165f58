import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import { GraphBuilder } from "../onnx/index.ts";
import type { LinearWeights, Precision } from "../onnx/layers.ts";
import { NamedTensors } from "../onnx/named-tensors.ts";
import { linearProjector, pixelShuffle } from "../projector/grid.ts";
import { vitWeights } from "../vit/checkpoints.ts";
import { vitTokens } from "../vit/vit.ts";
import type { VitWeights } from "../vit/weights.ts";

/** What SmolVLM sees with: a SigLIP encoder and a linear connector. */
export interface SmolVlmEyes {
  readonly vision: VitWeights;
  readonly connector: LinearWeights;
  /** Patches along the side of a square that becomes one token. */
  readonly shuffle: number;
  /** Sides of a tile in pixels. */
  readonly tileSize: number;
}

const configShape = z.object({
  scale_factor: z.int().positive(),
  vision_config: z.looseObject({ model_type: z.string().optional() }),
});

/**
 * The encoder and connector of SmolVLM's own safetensors file.
 * @param json - its config.json
 * @throws AntiphonError `checkpoint-invalid`
 */
export function smolVlmEyes(checkpoint: Checkpoint, json: unknown): SmolVlmEyes {
  const config = configShape.safeParse(json);
  if (!config.success) {
    const why = z.prettifyError(config.error);
    throw new AntiphonError("checkpoint-invalid", `the configuration is not SmolVLM's: ${why}`);
  }
  const { scale_factor: shuffle, vision_config: visionConfig } = config.data;
  const vision = vitWeights(
    checkpoint,
    { model_type: "smolvlm_vision", ...visionConfig },
    "model.vision_model.",
  );
  const tensors = new NamedTensors(checkpoint, "model.connector.");
  const { gridSize, patchSize } = vision.sizes;
  return {
    vision,
    connector: tensors.linear("modality_projection.proj"),
    shuffle,
    tileSize: gridSize * patchSize,
  };
}

/**
 * Tiles into embeddings of the language model (arXiv 2504.05299): in `pixel_values` float32 [n, 3, size, size] between -1 and
 * 1; out `embeddings` float32 [n, tokens of a tile, hidden].
 */
export function smolVlmEncoderGraph(eyes: SmolVlmEyes, precision: Precision): GraphBuilder {
  const graph = new GraphBuilder("smolvlm-encoder");
  const { vision, connector, shuffle, tileSize } = eyes;
  const { gridSize, width } = vision.sizes;
  const grid = { rows: gridSize, columns: gridSize };
  const pixels = graph.input("pixel_values", "float32", ["n", 3, tileSize, tileSize]);
  const patches = vitTokens(graph, pixels, vision, { grid, precision });
  const tokens = pixelShuffle(graph, patches, { ...grid, width }, shuffle);
  const embeddings = linearProjector(graph, tokens, connector, precision);
  const [hidden = 0] = connector.weight.dims;
  graph.output(embeddings, "embeddings", "float32", ["n", (gridSize / shuffle) ** 2, hidden]);
  return graph;
}
