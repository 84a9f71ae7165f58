import { AntiphonError } from "../../streaming/index.ts";
import type { FramePart } from "../../streaming/index.ts";
import type { DecoderConfig } from "./config.ts";

/** Frames whose vectors are kept, the last used ones: more than any prompt has. */
const KEPT_FRAMES = 32;

interface StoredFrame {
  readonly embeddings: Float32Array;
  readonly tokens: readonly number[];
}

/**
 * Tokens for the vectors of frames, so that a prompt with pictures is a list of token ids like any other and the seats'
 * search for a common beginning needs no change (LLaVA, arXiv 2304.08485, puts projected patches where words' embeddings
 * stand). Their ids begin where the vocabulary ends, and none is given to two different vectors: a cache that was computed
 * from one is never found for another.
 */
export class FrameTokens {
  readonly #hiddenSize: number;
  /** The least recently used first. */
  readonly #frames = new Map<string, StoredFrame>();
  readonly #vectors = new Map<number, Float32Array>();
  #next: number;

  constructor({ vocabularySize, hiddenSize }: Pick<DecoderConfig, "vocabularySize" | "hiddenSize">) {
    this.#hiddenSize = hiddenSize;
    this.#next = vocabularySize;
  }

  /**
   * The tokens of a frame, the same again for the same vectors.
   * @throws AntiphonError `inference-failed` where the vectors were made for another language model.
   */
  tokensOf({ id, embeddings }: Pick<FramePart, "id" | "embeddings">): readonly number[] {
    const known = this.#frames.get(id);
    const frame =
      known !== undefined && areEqual(known.embeddings, embeddings) ? known : this.#add(embeddings);
    if (known !== undefined && known !== frame) this.#forget(known);
    this.#frames.delete(id);
    this.#frames.set(id, frame);
    for (const [oldest, old] of this.#frames) {
      if (this.#frames.size <= KEPT_FRAMES) break;
      this.#frames.delete(oldest);
      this.#forget(old);
    }
    return frame.tokens;
  }

  /** The vector of a frame's token; none where the frame has not been used for long. */
  vectorOf(token: number): Float32Array | undefined {
    return this.#vectors.get(token);
  }

  #add(given: Float32Array): StoredFrame {
    const size = this.#hiddenSize;
    const count = given.length / size;
    if (!Number.isInteger(count) || count === 0) {
      throw new AntiphonError(
        "inference-failed",
        `a frame has ${given.length} numbers, which are no vectors of ${size}: it was seen for another language model`,
      );
    }
    const embeddings = given.slice();
    const tokens = Array.from({ length: count }, (_, index) => this.#next + index);
    this.#next += count;
    for (const [index, token] of tokens.entries())
      this.#vectors.set(token, embeddings.subarray(index * size, (index + 1) * size));
    return { embeddings, tokens };
  }

  #forget({ tokens }: StoredFrame): void {
    for (const token of tokens) this.#vectors.delete(token);
  }
}

function areEqual(one: Float32Array, other: Float32Array): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
