import { openCheckpoint } from "../../models/checkpoint/index.ts";
import { serializeModel } from "../../models/onnx/index.ts";
import type { LinearWeights } from "../../models/onnx/layers.ts";
import { floatData, floats, NetworkSession } from "../../models/runtime/session.ts";
import type { ClassName } from "../../models/vit/class-names.ts";
import { hybridGraph, type HybridWeights, hybridWeights } from "../../models/vit/hybrid.ts";
import { projectFile } from "../../src/project.ts";
import { type Picture, prepare } from "../../vision/index.ts";
import type { BenchOptions } from "../bench.ts";
import { LIMITS } from "../limits.ts";
import { type Figure, series, single } from "../report.ts";
import { decode, type Eyes, type Photo, readClasses } from "./eyes.ts";
import type { Part } from "./vision.ts";

const WEIGHTS = "models/vit/weights/hybrid-vit.safetensors";
/** The first runs of a network take longer. */
const WARM_UP_RUNS = 3;

/** What a photo shows, and what it is taken for: ids of WordNet nouns. */
export interface Guess {
  readonly shown: string;
  readonly encoder: string;
  /** By the stem's published classifier alone. */
  readonly stem: string;
}

interface Encoded extends Guess {
  readonly encodeMs: number;
}

interface Networks {
  readonly encoder: NetworkSession;
  readonly stem: NetworkSession;
  readonly inputSize: number;
  readonly classes: readonly ClassName[];
}

/** How many are right by each, and in how many both say the same. */
export function scoreGuesses(guesses: readonly Guess[]): Record<"encoder" | "stem" | "same", number> {
  const count = (holds: (guess: Guess) => boolean): number => guesses.filter(holds).length;
  return {
    encoder: count(({ shown, encoder }) => encoder === shown),
    stem: count(({ shown, stem }) => stem === shown),
    same: count(({ encoder, stem }) => encoder === stem),
  };
}

/** Where the largest number stands. */
export function indexOfBest(logits: ArrayLike<number>): number {
  return Array.from(logits).reduce(
    (best, logit, index, all) => (logit > (all[best] ?? NaN) ? index : best),
    0,
  );
}

/** The encoder beside the classifier that its stem was published with, and what one frame costs on one thread. */
export async function measureEncoder(
  photos: readonly Photo[],
  eyes: Eyes,
  { pack, note }: BenchOptions,
): Promise<Part> {
  note(`encoding ${photos.length} photos, twice, beside the stem alone`);
  const checkpoint = await openCheckpoint(projectFile(WEIGHTS));
  const weights = hybridWeights(checkpoint);
  const encoder = await openNetwork(weights);
  const stem = await openNetwork({ ...weights, classHead: nothingOf(weights.classHead) });
  await checkpoint.close();
  const networks = { encoder, stem, inputSize: weights.config.inputSize, classes: await readClasses() };
  const whole: Encoded[] = [];
  const center: Encoded[] = [];
  try {
    for (const photo of photos) {
      const picture = await decode(photo.bytes, eyes);
      whole.push(await encode(photo, picture, "whole", networks));
      center.push(await encode(photo, picture, "center", networks));
    }
  } finally {
    await encoder.close();
    await stem.close();
  }
  const encodeMs = whole.slice(WARM_UP_RUNS).map((one) => one.encodeMs);
  return {
    figures: [
      series("one frame encoded, one thread", "ms", encodeMs, LIMITS.encode[pack]),
      ...topOnes("the whole frame", whole),
      ...topOnes("its middle square, as published", center),
    ],
    notes: [],
    details: { whole, center },
  };
}

function topOnes(fit: string, guesses: readonly Guess[]): Figure[] {
  const { encoder, stem, same } = scoreGuesses(guesses);
  const unit = `of ${guesses.length}`;
  return [
    single(`top-1 of ${fit}: the encoder`, unit, encoder),
    single("  its stem's classifier alone", unit, stem),
    single("  both say the same", unit, same),
  ];
}

async function encode(
  { wnid: shown }: Photo,
  picture: Picture,
  fit: "whole" | "center",
  { encoder, stem, inputSize, classes }: Networks,
): Promise<Encoded> {
  const guess = async (network: NetworkSession): Promise<string> => {
    const pixels = prepare(picture, { size: inputSize, mean: 127, scale: 128 }, fit);
    const outputs = await network.run({ pixel_values: floats(pixels, [1, 3, inputSize, inputSize]) });
    return classes[indexOfBest(floatData(outputs["class_logits"]))]?.wnid ?? "";
  };
  const startMs = performance.now();
  const guessed = await guess(encoder);
  const encodeMs = performance.now() - startMs;
  return { shown, encoder: guessed, stem: await guess(stem), encodeMs };
}

async function openNetwork(weights: HybridWeights): Promise<NetworkSession> {
  return await NetworkSession.open(await serializeModel(hybridGraph(weights)), { threads: 1 });
}

/** Weights of the same shape that add nothing. */
function nothingOf({ weight, bias }: LinearWeights): LinearWeights {
  const zeros = (tensor: LinearWeights["weight"]): LinearWeights["weight"] => ({
    ...tensor,
    floats: () => Promise.resolve(new Float32Array(tensor.dims.reduce((size, side) => size * side, 1))),
  });
  return { weight: zeros(weight), ...(bias !== undefined && { bias: zeros(bias) }) };
}
