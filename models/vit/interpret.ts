import type { SightLabel, Sighting } from "../../streaming/index.ts";
import type { ClassName } from "./class-names.ts";

/** Fitted on held-out pictures. */
export interface Calibration {
  /** Divides the logits of the whole frame, so that probabilities are what share of such names is right. */
  readonly temperature: number;
  /** From this probability on a name, or a kind of things, may be said. */
  readonly threshold: number;
}

/** What the encoder says of one frame and of its cells; see `hybridGraph`. */
export interface FrameLogits {
  readonly classLogits: Float32Array;
  readonly patchLogits: Float32Array;
}

/**
 * Divides the logits of a third where it is put into words for a language model. They are means over its cells: what is sure in
 * some of them and nothing in others comes out flat, and its vector would be a blur of many names. How sure it is they say as
 * they are: at the threshold, one side of a held-out collage in ten gets a wrong name, as one whole photo does.
 */
const SHARPENED = 0.5;

/** Labels that are named at most. */
const NAMED = 5;
const WORTH_NAMING = 0.02;

/** The probabilities of all classes in a part of a frame. */
export interface Region {
  /** What share of such names is right. */
  readonly known: Float32Array;
  /** For the language model: the likeliest of them stand out. */
  readonly told: Float32Array;
}

interface Kind {
  readonly name: string;
  readonly classes: readonly number[];
}

/** Puts into words what the encoder says. */
export class Interpreter {
  readonly #classes: readonly ClassName[];
  /** The narrowest first. */
  readonly #kinds: readonly Kind[];
  readonly #sceneLabels: readonly string[];
  readonly #calibration: Calibration;

  constructor(classes: readonly ClassName[], sceneLabels: readonly string[], calibration: Calibration) {
    this.#classes = classes;
    this.#kinds = kindsOf(classes);
    this.#sceneLabels = sceneLabels;
    this.#calibration = calibration;
  }

  /** What is in the whole frame, and in its left, middle and right third. */
  regions({ classLogits, patchLogits }: FrameLogits): readonly Region[] {
    const { temperature } = this.#calibration;
    const whole = softmax(classLogits.map((logit) => logit / temperature));
    const thirds = thirdsOf(patchLogits, classLogits.length).map((logits) => ({
      known: softmax(logits),
      told: softmax(logits.map((logit) => logit / SHARPENED)),
    }));
    return [{ known: whole, told: whole }, ...thirds];
  }

  /**
   * What there is and where. Nothing of it is sure where no name and no kind is probable enough: of the whole frame, or, since
   * the whole of two things is neither, a name of one of its sides; which is more than its kind only where it is of another.
   */
  describe(
    regions: readonly Float32Array[],
    sceneLogits: Float32Array,
  ): Pick<Sighting, "labels" | "places" | "scene" | "sure" | "kind"> {
    const [whole = [], left = [], center = [], right = []] = regions.map((known) => this.#labels(known));
    const { threshold } = this.#calibration;
    const named = [regions[1], regions[3]].flatMap((side) =>
      this.#classes.filter((_, index) => (side?.[index] ?? 0) >= threshold),
    );
    const kind = regions[0] && this.#sureKind(regions[0]);
    const isOfKind = named.every(({ kinds }) => kind !== undefined && kinds.includes(kind.name));
    const scene = this.#sceneLabels.map((name, index) => ({
      name,
      probability: sigmoid(sceneLogits[index] ?? 0),
    }));
    return {
      labels: whole,
      places: { left, center, right },
      scene: scene.filter(({ probability }) => probability >= 0.5).sort(byProbability),
      sure: named.length > 0 || (whole[0]?.probability ?? 0) >= threshold,
      ...(kind !== undefined && isOfKind && { kind: kind.name }),
    };
  }

  /** The most probable names; before them the narrowest kind that is sure, where no name is. */
  #labels(probabilities: Float32Array): readonly SightLabel[] {
    const labels = Array.from(probabilities, (probability, index) => ({
      name: this.#classes[index]?.clear ?? "",
      probability,
    }));
    const best = labels
      .filter(({ probability }) => probability >= WORTH_NAMING)
      .sort(byProbability)
      .slice(0, NAMED);
    const kind = this.#sureKind(probabilities);
    return kind === undefined ? best : [kind, ...best.slice(0, NAMED - 1)];
  }

  /** The narrowest kind that is sure, where no name is. */
  #sureKind(probabilities: Float32Array): SightLabel | undefined {
    const { threshold } = this.#calibration;
    if (probabilities.some((probability) => probability >= threshold)) return undefined;
    return this.#kinds
      .map(({ name, classes }) => ({
        name,
        probability: classes.reduce((sum, index) => sum + (probabilities[index] ?? 0), 0),
      }))
      .find(({ probability }) => probability >= threshold);
  }
}

function byProbability(one: SightLabel, other: SightLabel): number {
  return other.probability - one.probability;
}

/** Kinds that at least two classes are of. */
function kindsOf(classes: readonly ClassName[]): readonly Kind[] {
  const members = new Map<string, number[]>();
  for (const [index, { kinds }] of classes.entries())
    for (const kind of kinds) members.set(kind, [...(members.get(kind) ?? []), index]);
  return [...members]
    .map(([name, of]) => ({ name, classes: of }))
    .filter((kind) => kind.classes.length > 1)
    .sort((one, other) => one.classes.length - other.classes.length);
}

/** Mean logits of the cells in the left, middle and right third of a square grid with columns in threes, row by row. */
function thirdsOf(patchLogits: Float32Array, classes: number): Float32Array[] {
  const cells = patchLogits.length / classes;
  const side = Math.sqrt(cells);
  const thirds = [0, 1, 2].map(() => new Float32Array(classes));
  for (let cell = 0; cell < cells; cell++) {
    const third = thirds[Math.floor(((cell % side) * 3) / side)];
    for (let index = 0; third !== undefined && index < classes; index++)
      third[index] = (third[index] ?? 0) + ((patchLogits[cell * classes + index] ?? 0) * 3) / cells;
  }
  return thirds;
}

/** exp(x) / sum(exp(x)). */
function softmax(logits: Float32Array): Float32Array {
  const highest = logits.reduce((best, logit) => Math.max(best, logit), -Infinity);
  const weights = logits.map((logit) => Math.exp(logit - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
