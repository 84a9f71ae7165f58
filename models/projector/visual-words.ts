import { GraphBuilder, serializeModel } from "../onnx/index.ts";
import { floatData, floats, NetworkSession } from "../runtime/session.ts";
import type { ClassName } from "../vit/class-names.ts";
import { joined } from "./joined.ts";

/** The parts of a frame that are described, in the order of their numbers in a layout. */
export const REGIONS = ["whole", "left", "middle", "right"] as const;

/** Words between the regions' tokens, and the regions by their number. */
export type Layout = readonly (string | number)[];

export const LAYOUT: Layout = ["[camera:", 0, "; left:", 1, "; middle:", 2, "; right:", 3, "]"];

/** Where all parts show the same: told once, since a language model counts what it is told four times. */
const ALONE: Layout = ["[camera:", 0, "]"];

/** From here on the likeliest class of a part says something of its own. */
const SAYS_SOMETHING = 0.3;

/** Vectors for each region. */
export const TOKENS_PER_REGION = 5;

/** What a projector must know of a language model: its words as vectors. */
export interface Vocabulary {
  readonly hiddenSize: number;
  encode(text: string): readonly number[];
  /** The embeddings of tokens, one after the other. */
  embed(tokens: readonly number[]): Float32Array;
}

/**
 * A projector without weights: a region's token t is Σ p(c) · embedding(token t of the name of class c), in the language
 * model's own space of words (ConSE, Norouzi et al., arXiv 1312.5650). A trained one may add to it (see `regionPerceptron`).
 */
export class VisualWords {
  readonly #size: number;
  readonly #layout: EmbeddedLayout;
  readonly #alone: EmbeddedLayout;
  /** Eight million products a region: three times as fast there as here. */
  readonly #names: NetworkSession;

  private constructor(
    names: NetworkSession,
    {
      size,
      layout,
      alone,
    }: { readonly size: number; readonly layout: EmbeddedLayout; readonly alone: EmbeddedLayout },
  ) {
    this.#names = names;
    this.#size = size;
    this.#layout = layout;
    this.#alone = alone;
  }

  /** Rejects with `graph-invalid`. */
  static async open(
    classes: readonly ClassName[],
    vocabulary: Vocabulary,
    layout: Layout = LAYOUT,
  ): Promise<VisualWords> {
    const embedded = (parts: Layout): EmbeddedLayout =>
      parts.map((part) => (typeof part === "number" ? part : vocabulary.embed(vocabulary.encode(part))));
    const size = TOKENS_PER_REGION * vocabulary.hiddenSize;
    const graph = namesGraph(classes, vocabulary, size);
    const names = await NetworkSession.open(await serializeModel(graph), { threads: 1 });
    return new VisualWords(names, { size, layout: embedded(layout), alone: embedded(ALONE) });
  }

  /**
   * A frame for the language model. Parts that show the same are told once.
   * @param probabilities - of all classes, for each region
   * @param additions - what a trained projector adds: [regions, TOKENS_PER_REGION · hidden size]
   * @returns [vectors, hidden size]
   */
  async frame(probabilities: readonly Float32Array[], additions?: Float32Array): Promise<Float32Array> {
    const classes = probabilities[0]?.length ?? 0;
    const outputs = await this.#names.run({
      probabilities: floats(joined(probabilities), [probabilities.length, classes]),
    });
    const regions = floatData(outputs["regions"]);
    const layout = showTheSame(probabilities) ? this.#alone : this.#layout;
    return joined(
      layout.map((part) => {
        if (typeof part !== "number") return part;
        const [start, end] = [part * this.#size, (part + 1) * this.#size];
        return sum(regions.subarray(start, end), additions?.subarray(start, end));
      }),
    );
  }

  async close(): Promise<void> {
    await this.#names.close();
  }
}

/** `probabilities` [regions, classes] → `regions` [regions, size]. */
function namesGraph(classes: readonly ClassName[], vocabulary: Vocabulary, size: number): GraphBuilder {
  const [comma = 0] = vocabulary.encode(",");
  const names = classes.map(({ clear, phrase = `a ${clear}` }) => {
    const tokens = vocabulary.encode(` ${phrase}`).slice(0, TOKENS_PER_REGION);
    while (tokens.length < TOKENS_PER_REGION) tokens.push(comma);
    return vocabulary.embed(tokens);
  });
  const graph = new GraphBuilder("visual-words");
  const probabilities = graph.input("probabilities", "float32", ["regions", classes.length]);
  const matrix = graph.floats("names", joined(names), [classes.length, size]);
  graph.output(graph.op("MatMul", [probabilities, matrix]), "regions", "float32", ["regions", size]);
  return graph;
}

function sum(one: Float32Array, other: Float32Array | undefined): Float32Array {
  return other === undefined ? one : one.map((value, at) => value + (other[at] ?? 0));
}

type EmbeddedLayout = readonly (Float32Array | number)[];

/** Whether no part of the frame has anything of its own to say. */
function showTheSame([whole = new Float32Array(), ...parts]: readonly Float32Array[]): boolean {
  const best = likeliest(whole);
  return (
    parts.length > 0 &&
    parts.every((part) => {
      const own = likeliest(part);
      return own === best || (part[own] ?? 0) < SAYS_SOMETHING;
    })
  );
}

function likeliest(probabilities: Float32Array): number {
  return probabilities.indexOf(Math.max(...probabilities));
}
