import { readFile } from "node:fs/promises";

import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";
import { openCheckpoint } from "../checkpoint/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import { safetensorsBytes } from "../checkpoint/write-safetensors.ts";
import type { ClassName } from "./class-names.ts";
import { fitRidge, predict } from "./ridge.ts";
import type { RidgeWeights } from "./ridge.ts";

/** In place of the id of a WordNet noun. */
export const TAUGHT = "taught";

/** What the stem makes of a view of something that has a name. */
export interface Lesson {
  readonly label: string;
  /** The mean of the stem's map over the picture, [channels]. */
  readonly features: Float32Array;
}

/** What ordinary photos look like to the stem; features are standardised by it. */
export interface Background {
  /** [channels] each. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  /** Of some photos. */
  readonly features: readonly Float32Array[];
}

/**
 * From two pictures on, one of each of two things, everything between these bounds told new views of taught things (0.6 and more
 * as a rule) from other photos (0.3 and less), for photos that had no part in the background.
 */
const PENALTY = 0.1;
const LESSON_WEIGHT = 4;
const MIDDLE = 0.4;
const STEEPNESS = 20;
/** Channels that hardly ever say anything must not say all. */
const LEAST_DEVIATION = 0.05;

/** Things that users have taught: a ridge regression over the stem's features, against what photos look like otherwise. */
export class TaughtThings {
  /** Sorted. */
  readonly labels: readonly string[];
  readonly #background: Omit<Background, "features">;
  readonly #weights: RidgeWeights;

  constructor(labels: readonly string[], background: Omit<Background, "features">, weights: RidgeWeights) {
    this.labels = labels;
    this.#background = background;
    this.#weights = weights;
  }

  /** Seconds at most: a few hundred lessons are a system of so many equations. */
  static fit(lessons: readonly Lesson[], background: Background): TaughtThings {
    const labels = [...new Set(lessons.map(({ label }) => label))].sort();
    const sample = (features: Float32Array, own: string | undefined, weight: number) => ({
      features: standardized(features, background),
      targets: labels.map((label) => (label === own ? 1 : 0)),
      weight,
    });
    const samples = [
      ...lessons.map(({ label, features }) => sample(features, label, LESSON_WEIGHT)),
      ...background.features.map((features) => sample(features, undefined, 1)),
    ];
    return new TaughtThings(labels, background, fitRidge(samples, PENALTY));
  }

  /** How probable each of the labels is, each for itself: a frame may show several things, or none of them. */
  probabilities(features: Float32Array): Float32Array {
    const scores = predict(this.#weights, standardized(features, this.#background));
    return Float32Array.from(scores, (score) => 1 / (1 + Math.exp(-STEEPNESS * (score - MIDDLE))));
  }

  get weights(): RidgeWeights {
    return this.#weights;
  }
}

/** Probabilities of the encoder's classes, and behind them of what was taught: where that is in view, it goes before them. */
export function withTaught(classes: Float32Array, taught: Float32Array): Float32Array {
  const sum = taught.reduce((total, probability) => total + probability, 0);
  const share = Math.max(1, sum);
  const rest = 1 - Math.min(1, sum);
  const all = new Float32Array(classes.length + taught.length);
  all.set(classes.map((probability) => probability * rest));
  all.set(
    taught.map((probability) => probability / share),
    classes.length,
  );
  return all;
}

/** A taught label as one more class. It is said as it was given where it is a name or has its own article. */
export function taughtClass(label: string): ClassName {
  const isSaidAsGiven = /^(?:\p{Lu}|(?:a|an|the|my|your|his|her|our|their)\s)/u.test(label);
  const article = /^[aeiou]/iu.test(label) ? "an" : "a";
  return {
    wnid: TAUGHT,
    names: [label],
    clear: label,
    kinds: [],
    phrase: isSaidAsGiven ? label : `${article} ${label}`,
  };
}

/** What the shipped file says of ordinary photos. @throws AntiphonError `checkpoint-invalid`, `model-missing`. */
export async function readBackground(path: string): Promise<Background> {
  const checkpoint = await openCheckpoint(path);
  try {
    return {
      mean: await checkpoint.floats("background.mean"),
      deviation: await checkpoint.floats("background.deviation"),
      features: await readRows(checkpoint, "background.features"),
    };
  } finally {
    await checkpoint.close();
  }
}

/** Lessons, and what was fitted to them. */
export interface TaughtFile {
  readonly things: TaughtThings;
  readonly lessons: readonly Lesson[];
}

const labelList = z.array(z.string());

/**
 * Reads what was taught; undefined where nothing was.
 * @param encoder - fingerprint of the encoder's weights, whose features another one cannot use
 * @throws AntiphonError `checkpoint-invalid`
 */
export async function readTaught(path: string, encoder: string): Promise<TaughtFile | undefined> {
  const isThere = await readFile(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const checkpoint = await openCheckpoint(path);
  try {
    if (checkpoint.metadata.get("encoder") !== encoder)
      throw new AntiphonError(
        "checkpoint-invalid",
        `${path} was taught to another encoder: teach the pictures again, or forget all that was taught`,
      );
    const labelsOf = (name: string) => labelList.parse(JSON.parse(String(checkpoint.metadata.get(name))));
    const features = await readRows(checkpoint, "features");
    const standard = {
      mean: await checkpoint.floats("mean"),
      deviation: await checkpoint.floats("deviation"),
    };
    const weights = await readRows(checkpoint, "weights");
    return {
      things: new TaughtThings(labelsOf("labels"), standard, weights),
      lessons: labelsOf("lessons").map((label, index) => ({
        label,
        features: features[index] ?? new Float32Array(),
      })),
    };
  } finally {
    await checkpoint.close();
  }
}

/** What {@link readTaught} reads. */
export function taughtBytes(
  { things, lessons }: TaughtFile,
  encoder: string,
  background: Background,
): Uint8Array {
  const vector = (values: Float32Array) => ({ shape: [values.length], values });
  return safetensorsBytes(
    {
      mean: vector(background.mean),
      deviation: vector(background.deviation),
      weights: matrix(things.weights),
      features: matrix(lessons.map(({ features }) => features)),
    },
    {
      encoder,
      labels: JSON.stringify(things.labels),
      lessons: JSON.stringify(lessons.map(({ label }) => label)),
    },
  );
}

function matrix(rows: readonly Float32Array[]) {
  const width = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * width);
  for (const [index, row] of rows.entries()) values.set(row, index * width);
  return { shape: [rows.length, width], values };
}

async function readRows(checkpoint: Checkpoint, name: string): Promise<Float32Array[]> {
  const values = await checkpoint.floats(name);
  const [rows = 0, width = 0] = checkpoint.tensors.get(name)?.shape ?? [];
  return Array.from({ length: rows }, (_, row) => values.subarray(row * width, (row + 1) * width));
}

/** (x - mean) / deviation, of length 1: what counts is which channels say more than usual, not how much all do. */
function standardized(
  features: Float32Array,
  { mean, deviation }: Omit<Background, "features">,
): Float32Array {
  const x = features.map((value, at) => (value - (mean[at] ?? 0)) / ((deviation[at] ?? 0) + LEAST_DEVIATION));
  const length = Math.hypot(...x) || 1;
  return x.map((value) => value / length);
}
