import type { DecoderConfig } from "./config.ts";

/** Smallest room of a cache in tokens; larger ones are this times a power of two, so that sets can be exchanged. */
const SMALLEST_CAPACITY = 64;

const FLOAT_BYTES = 4;

/** Buffers for the keys and values of every layer: of layer n, keys at 2n and values at 2n + 1. */
export interface CacheSet {
  /** Tokens for which there is room. */
  readonly capacity: number;
  readonly buffers: readonly Float32Array[];
}

/** Where seats get buffers from. A spare set of each size that is in use serves all seats that have this size. */
export class CacheSets {
  readonly #config: DecoderConfig;
  readonly #beforeAllocating: (bytes: number) => void;
  readonly #spares = new Map<number, CacheSet>();

  /** `beforeAllocating` is told how many bytes are needed before they are taken, and may make room for them. */
  constructor(config: DecoderConfig, beforeAllocating: (bytes: number) => void = () => undefined) {
    this.#config = config;
    this.#beforeAllocating = beforeAllocating;
  }

  /** Memory of the spare sets. */
  get byteLength(): number {
    return [...this.#spares.keys()].reduce((sum, capacity) => sum + this.byteLengthOf(capacity), 0);
  }

  /** Memory of a set with room for `capacity` tokens. */
  byteLengthOf(capacity: number): number {
    return 2 * this.#config.layers * FLOAT_BYTES * this.#floatsPerToken * capacity;
  }

  /** A set with room for so many tokens. What it holds is of no meaning. */
  take(tokens: number): CacheSet {
    const capacity = capacityFor(tokens);
    const spare = this.#spares.get(capacity);
    if (spare !== undefined) {
      this.#spares.delete(capacity);
      return spare;
    }
    this.#beforeAllocating(this.byteLengthOf(capacity));
    const buffers = Array.from(
      { length: 2 * this.#config.layers },
      () => new Float32Array(capacity * this.#floatsPerToken),
    );
    return { capacity, buffers };
  }

  /** Takes a set back, for whoever needs one of this size next. */
  give(set: CacheSet): void {
    this.#spares.set(set.capacity, set);
  }

  /** Lets go of the spare sets of all other sizes. */
  keepOnly(capacities: ReadonlySet<number>): void {
    for (const capacity of this.#spares.keys()) {
      if (!capacities.has(capacity)) this.#spares.delete(capacity);
    }
  }

  get #floatsPerToken(): number {
    return this.#config.keyValueHeads * this.#config.headDim;
  }
}

/** The room that a set for so many tokens has. */
function capacityFor(tokens: number): number {
  let capacity = SMALLEST_CAPACITY;
  while (capacity < tokens) capacity *= 2;
  return capacity;
}
