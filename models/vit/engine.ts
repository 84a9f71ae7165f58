import { readFile } from "node:fs/promises";

import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";
import type { CallOptions, LookRequest, Sight, Sighting } from "../../streaming/index.ts";
import { prepare } from "../../vision/index.ts";
import type { Picture } from "../../vision/index.ts";
import { openCheckpoint } from "../checkpoint/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import type { TextModelFiles } from "../llm/text-model.ts";
import { openVocabulary } from "../llm/vocabulary.ts";
import { compiledModel, fileFingerprint } from "../onnx/index.ts";
import { NamedTensors } from "../onnx/named-tensors.ts";
import type { MlpWeights } from "../projector/grid.ts";
import { addRegionPerceptron } from "../projector/region-perceptron.ts";
import { LAYOUT, TOKENS_PER_REGION, VisualWords } from "../projector/visual-words.ts";
import type { Layout } from "../projector/visual-words.ts";
import { PRIORITY } from "../runtime/engine.ts";
import type { Engine, EngineClient, Job } from "../runtime/engine.ts";
import { floatData, floats, NetworkSession } from "../runtime/session.ts";
import type { SessionOptions } from "../runtime/session.ts";
import { singleChunk } from "../runtime/single-chunk.ts";
import { parseClassNames } from "./class-names.ts";
import type { ClassName } from "./class-names.ts";
import { hybridGraph, hybridWeights } from "./hybrid.ts";
import { Interpreter } from "./interpret.ts";
import type { Calibration, Region } from "./interpret.ts";
import { readTaught, taughtClass, withTaught } from "./taught-things.ts";
import type { TaughtThings } from "./taught-things.ts";

/** Part of the compiled graph's key: raise it when the graph changes. */
const BUILDER_VERSION = 2;

export interface SightEngineConfig extends SessionOptions {
  /** The hybrid ViT, `.safetensors`. */
  readonly weightsPath: string;
  /** The names of its classes, `.json`. */
  readonly namesPath: string;
  readonly cacheDirectory: string;
  /** What users have taught it (see `readTaught`), where there is such a file. */
  readonly taughtPath?: string;
  /** The language model that frames are put into vectors for; without one there are none. */
  readonly languageModel?: TextModelFiles;
  /** The trained projector for that language model, `.safetensors`; without one the visual words stand alone. */
  readonly projectorPath?: string;
}

/** What the encoder sees in a picture, and how long it took. */
export type EncoderSighting = Omit<Sighting, "faces"> & { readonly elapsedMs: number };

export interface SightContract {
  readonly look: {
    readonly request: {
      readonly picture: Picture;
      /** The whole frame, or its middle square as published accuracies are measured. */
      readonly fit: "whole" | "center";
      /** In parts, too, where these eyes can. @default false */
      readonly inTiles?: boolean;
    };
    readonly chunk: EncoderSighting;
  };
}

/** This encoder can be taught, too. */
export type HybridSightContract = SightContract & {
  /** What the stem makes of a picture as a whole, [channels]. */
  readonly features: {
    readonly request: SightContract["look"]["request"];
    readonly chunk: Float32Array;
  };
  /** What these eyes know, in the order of a sighting's evidence. */
  readonly classes: { readonly request: undefined; readonly chunk: readonly ClassName[] };
};

interface Eyes {
  readonly session: NetworkSession;
  readonly interpreter: Interpreter;
  readonly projector: Projector | undefined;
  readonly taught: TaughtThings | undefined;
  readonly inputSize: number;
}

/** What makes a frame readable for a language model. */
interface Projector {
  readonly words: VisualWords;
  readonly isTrained: boolean;
}

/**
 * Loads the encoder (compiling its graph on first use) and looks at pictures. Rejects with `model-missing`,
 * `checkpoint-invalid` or `graph-invalid`.
 */
export async function openSightEngine(config: SightEngineConfig): Promise<Engine<HybridSightContract>> {
  const weights = await openCheckpoint(config.weightsPath);
  let projection: Checkpoint | undefined;
  try {
    if (config.projectorPath !== undefined) projection = await openCheckpoint(config.projectorPath);
    const hybrid = hybridWeights(weights);
    const taught = await openTaught(config);
    const known = parseClassNames(await readFile(config.namesPath, "utf8"));
    const classes = [...known, ...(taught?.labels ?? []).map(taughtClass)];
    const calibration = await readCalibration(weights);
    const interpreter = new Interpreter(classes, hybrid.config.sceneLabels, calibration);
    const words = await openWords(config.languageModel, classes, projection);
    const session = await NetworkSession.open(await compile(config, weights, projection), config);
    const projector = words && { words, isTrained: projection !== undefined };
    const eyes: Eyes = { session, interpreter, projector, taught, inputSize: hybrid.config.inputSize };
    return {
      jobs: {
        look: ({ picture, fit }) => look(picture, fit, eyes),
        features: ({ picture, fit }) => features(picture, fit, eyes),
        // eslint-disable-next-line @typescript-eslint/require-await -- a job has steps; this one needs no network
        classes: async function* () {
          yield classes;
        },
      },
      close: async () => {
        await words?.close();
        await session.close();
      },
    };
  } finally {
    await weights.close();
    await projection?.close();
  }
}

/** The conversation's sight over an engine, wherever that runs. It looks for no faces. */
export function createSight(client: EngineClient<SightContract>): Sight {
  return {
    look: async (
      { picture, urgency, inTiles = false }: LookRequest,
      { signal }: CallOptions,
    ): Promise<Sighting> => {
      const priority = urgency === "asked" ? PRIORITY.looking : PRIORITY.lookingAhead;
      const request = { picture, fit: "whole", inTiles } as const;
      const seen = await singleChunk(client.run("look", request, { signal, priority }));
      return { ...seen, faces: [] };
    },
  };
}

async function* look(
  picture: Picture,
  fit: "whole" | "center",
  { session, interpreter, projector, taught, inputSize }: Eyes,
): Job<EncoderSighting> {
  const startMs = performance.now();
  const pixels = prepare(picture, { size: inputSize, mean: 127, scale: 128 }, fit);
  let elapsedMs = performance.now() - startMs;
  yield undefined;
  const runMs = performance.now();
  const outputs = await session.run({ pixel_values: floats(pixels, [1, 3, inputSize, inputSize]) });
  const known: readonly Region[] = interpreter.regions({
    classLogits: floatData(outputs["class_logits"]),
    patchLogits: floatData(outputs["patch_logits"]),
  });
  const regionFeatures = floatData(outputs["region_features"]);
  const channels = regionFeatures.length / known.length;
  const regions = known.map((region, index) => {
    if (taught === undefined) return region;
    const things = taught.probabilities(regionFeatures.subarray(index * channels, (index + 1) * channels));
    return { known: withTaught(region.known, things), told: withTaught(region.told, things) };
  });
  const evidence = regions.map((region) => region.known);
  const additions = projector?.isTrained === true ? floatData(outputs["region_additions"]) : undefined;
  const told = regions.map((region) => region.told);
  const tokens = (await projector?.words.frame(told, additions)) ?? new Float32Array();
  const described = interpreter.describe(evidence, floatData(outputs["scene_logits"]));
  elapsedMs += performance.now() - runMs;
  yield { ...described, evidence, tokens, elapsedMs };
}

async function* features(
  picture: Picture,
  fit: "whole" | "center",
  { session, inputSize }: Eyes,
): Job<Float32Array> {
  const pixels = prepare(picture, { size: inputSize, mean: 127, scale: 128 }, fit);
  const outputs = await session.run({ pixel_values: floats(pixels, [1, 3, inputSize, inputSize]) });
  const all = floatData(outputs["region_features"]);
  yield all.slice(0, all.length / 4);
}

/** Things of another encoder, or a damaged file, are told of at once: what was taught is not lost silently. */
async function openTaught(config: SightEngineConfig): Promise<TaughtThings | undefined> {
  const { taughtPath, weightsPath, cacheDirectory } = config;
  if (taughtPath === undefined) return undefined;
  return (await readTaught(taughtPath, await fileFingerprint(weightsPath, cacheDirectory)))?.things;
}

async function compile(
  config: SightEngineConfig,
  weights: Checkpoint,
  projection: Checkpoint | undefined,
): Promise<string> {
  const paths = [config.weightsPath, ...(config.projectorPath === undefined ? [] : [config.projectorPath])];
  const fingerprints = await Promise.all(paths.map((path) => fileFingerprint(path, config.cacheDirectory)));
  const key = `hybrid-vit-${fingerprints.join("-")}-v${BUILDER_VERSION}`;
  return await compiledModel({ directory: config.cacheDirectory, key }, () => {
    const hybrid = hybridWeights(weights);
    const graph = hybridGraph(hybrid);
    if (projection !== undefined) {
      const cells = (hybrid.positions.dims[0] ?? 1) - 1;
      addRegionPerceptron(graph, projectorPerceptron(projection), { cells, width: hybrid.config.hidden });
    }
    return graph;
  });
}

function projectorPerceptron(projection: Checkpoint): MlpWeights {
  const mlp = new NamedTensors(projection, "projector.mlp.");
  return { up: mlp.linear("0"), down: mlp.linear("2") };
}

async function openWords(
  languageModel: TextModelFiles | undefined,
  classes: Parameters<typeof VisualWords.open>[0],
  projection: Checkpoint | undefined,
): Promise<VisualWords | undefined> {
  if (languageModel === undefined) return undefined;
  const vocabulary = await openVocabulary(languageModel);
  try {
    const trainedFor = projection && projectorPerceptron(projection).down.weight.dims[0];
    const size = TOKENS_PER_REGION * vocabulary.hiddenSize;
    if (trainedFor !== undefined && trainedFor !== size) {
      const vectors = `${trainedFor} numbers a region, this language model needs ${size}`;
      throw new AntiphonError(
        "checkpoint-invalid",
        `${projection?.path ?? ""} is for another model: ${vectors}`,
      );
    }
    return await VisualWords.open(classes, vocabulary, readLayout(projection));
  } finally {
    await vocabulary.close();
  }
}

/** The words between the visual tokens that a projector was trained with. */
function readLayout(projection: Checkpoint | undefined): Layout {
  const json = projection?.metadata.get("projector.layout");
  if (json === undefined) return LAYOUT;
  const layout = z.array(z.union([z.string(), z.int().min(0).max(3)])).safeParse(JSON.parse(String(json)));
  if (layout.success) return layout.data;
  throw new AntiphonError("checkpoint-invalid", `projector.layout: ${z.prettifyError(layout.error)}`);
}

async function readCalibration(weights: Checkpoint): Promise<Calibration> {
  const [temperature] = await weights.floats("calibration.temperature");
  const threshold = Number(weights.metadata.get("calibration.threshold"));
  if (temperature !== undefined && temperature > 0 && threshold > 0 && threshold < 1)
    return { temperature, threshold };
  throw new AntiphonError("checkpoint-invalid", `${weights.path} has no calibration`);
}
