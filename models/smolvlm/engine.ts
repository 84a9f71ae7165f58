import { readFile } from "node:fs/promises";

import { openCheckpoint } from "../checkpoint/index.ts";
import { openVocabulary } from "../llm/vocabulary.ts";
import type { OpenVocabulary } from "../llm/vocabulary.ts";
import { compiledModel, fileFingerprint } from "../onnx/index.ts";
import type { Precision } from "../onnx/layers.ts";
import { joined } from "../projector/joined.ts";
import type { Engine, Job } from "../runtime/engine.ts";
import { floatData, floats, NetworkSession } from "../runtime/session.ts";
import type { SessionOptions } from "../runtime/session.ts";
import type { EncoderSighting, SightContract } from "../vit/engine.ts";
import { smolVlmEncoderGraph, smolVlmEyes } from "./encoder.ts";
import { framedTiles } from "./prompt.ts";
import { smolVlmTiles, tilePixels } from "./tiles.ts";

/** Part of the compiled graph's key: raise it when the graph changes. */
const BUILDER_VERSION = 1;

/** SmolVLM's files, which are also those of its language model's engine. */
export interface SmolVlmSightConfig extends SessionOptions {
  readonly modelPath: string;
  readonly configPath: string;
  readonly tokenizerPath: string;
  readonly cacheDirectory: string;
  readonly precision: Precision;
}

/**
 * SmolVLM's eyes: an engine like the hybrid encoder's, whose frames are for SmolVLM's own language model. It names nothing by
 * itself. Rejects with `model-missing`, `checkpoint-invalid` or `checkpoint-unsupported`.
 */
export async function openSmolVlmSightEngine(config: SmolVlmSightConfig): Promise<Engine<SightContract>> {
  const json: unknown = JSON.parse(await readFile(config.configPath, "utf8"));
  const { path, tileSize } = await compile(config, json);
  const vocabulary = await openVocabulary(config);
  try {
    const session = await NetworkSession.open(path, config);
    const eyes = { session, tileSize, vocabulary };
    return {
      jobs: { look: (request) => look(request, eyes) },
      close: async () => {
        await session.close();
        await vocabulary.close();
      },
    };
  } catch (error) {
    await vocabulary.close();
    throw error;
  }
}

async function compile(
  { modelPath, cacheDirectory, precision }: SmolVlmSightConfig,
  json: unknown,
): Promise<{ path: string; tileSize: number }> {
  const checkpoint = await openCheckpoint(modelPath);
  try {
    const eyes = smolVlmEyes(checkpoint, json);
    const key = `smolvlm-encoder-${await fileFingerprint(modelPath, cacheDirectory)}-${precision}-v${BUILDER_VERSION}`;
    const path = await compiledModel({ directory: cacheDirectory, key }, () =>
      smolVlmEncoderGraph(eyes, precision),
    );
    return { path, tileSize: eyes.tileSize };
  } finally {
    await checkpoint.close();
  }
}

interface Eyes {
  readonly session: NetworkSession;
  readonly tileSize: number;
  readonly vocabulary: OpenVocabulary;
}

/** Looks at one tile a step: at the whole picture, or at up to 16 tiles before it, which reads small print. */
async function* look(
  { picture, inTiles = false }: SightContract["look"]["request"],
  { session, tileSize, vocabulary }: Eyes,
): Job<EncoderSighting> {
  let startMs = performance.now();
  let elapsedMs = 0;
  const lap = (): void => {
    elapsedMs += performance.now() - startMs;
  };
  const { tiles, rows, columns } = smolVlmTiles(picture, tileSize, inTiles);
  const features: Float32Array[] = [];
  for (const tile of tiles) {
    const pixel_values = floats(tilePixels([tile]), [1, 3, tileSize, tileSize]);
    const { embeddings } = await session.run({ pixel_values });
    features.push(floatData(embeddings));
    lap();
    yield undefined;
    startMs = performance.now();
  }
  const tokens = framedTiles(joined(features), { rows, columns }, vocabulary);
  lap();
  const nothing = { labels: [], places: { left: [], center: [], right: [] }, scene: [] };
  yield { ...nothing, sure: true, tokens, elapsedMs };
}
