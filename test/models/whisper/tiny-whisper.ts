import { join } from "node:path";

import { openCheckpoint, type Checkpoint } from "../../../models/checkpoint/index.ts";
import type { GraphBuilder } from "../../../models/onnx/index.ts";
import { serializeModel } from "../../../models/onnx/index.ts";
import { NetworkSession } from "../../../models/runtime/session.ts";
import { whisperWeights } from "../../../models/whisper/checkpoint-weights.ts";
import type { WhisperWeights } from "../../../models/whisper/weights.ts";

const folder = join(import.meta.dirname, "../../fixtures/checkpoints/whisper");

/** Path of the randomly initialised Whisper with 32 channels and 160 tokens. */
const tinyWhisperPath = join(folder, "model.safetensors");
/** It has two heads, published models have heads of 64. */
const TINY_HEAD_WIDTH = 16;

/** The tiny network's checkpoint and its weights, which are read from it as they are used. */
export async function openTinyWhisper(): Promise<{ checkpoint: Checkpoint; weights: WhisperWeights }> {
  const checkpoint = await openCheckpoint(tinyWhisperPath);
  return { checkpoint, weights: whisperWeights(checkpoint, TINY_HEAD_WIDTH) };
}

/** What the reference implementation computes with it. */
export async function tinyWhisperReference(): Promise<Checkpoint> {
  return await openCheckpoint(join(folder, "reference.safetensors"));
}

/** Loads a graph without writing it to disk. */
export async function openGraph(graph: GraphBuilder): Promise<NetworkSession> {
  return await NetworkSession.open(await serializeModel(graph), { threads: 1 });
}
