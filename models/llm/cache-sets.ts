import type { DecoderConfig } from "./config.ts";

const FLOAT_BYTES = 4;

/** Memory is counted in steps of so many tokens. */
const COUNTED_TOKENS = 64;

/** Buffers for the keys and values of every layer: of layer n, keys at 2n and values at 2n + 1. */
export interface CacheSet {
  /** Tokens for which there is room. */
  readonly capacity: number;
  readonly buffers: readonly Float32Array[];
  /** The most tokens that have been written to it: what lies behind them has never taken any memory. */
  writtenTokens: number;
}

export interface CacheSetsOptions {
  /** Tokens that every set has room for; one for more is made larger. */
  readonly roomTokens: number;
  /** Is told how many bytes more are needed before they are taken, and may make room for them. */
  readonly beforeGrowing?: (bytes: number) => void;
}

/**
 * Where seats get buffers from. All have the same room, so that every set serves every seat, and memory is taken by what
 * is written to them only: the system gives it page by page. So a conversation that grows neither moves nor frees any.
 */
export class CacheSets {
  readonly #config: DecoderConfig;
  readonly #roomTokens: number;
  readonly #beforeGrowing: (bytes: number) => void;
  /** Runs take turns, so one set is enough to write to. */
  #spare: CacheSet | undefined;

  constructor(config: DecoderConfig, { roomTokens, beforeGrowing }: CacheSetsOptions) {
    this.#config = config;
    this.#roomTokens = roomTokens;
    this.#beforeGrowing = beforeGrowing ?? (() => undefined);
  }

  /** Memory of the spare set. */
  get byteLength(): number {
    return this.#spare === undefined ? 0 : this.byteLengthOf(this.#spare);
  }

  /** Memory of a set. */
  byteLengthOf({ writtenTokens }: CacheSet): number {
    return 2 * this.#config.layers * FLOAT_BYTES * this.#floatsPerToken * writtenTokens;
  }

  /** A set to which so many tokens can be written. What it holds is of no meaning. */
  take(tokens: number): CacheSet {
    const set =
      this.#spare !== undefined && this.#spare.capacity >= tokens ? this.#spare : this.#allocate(tokens);
    if (set === this.#spare) this.#spare = undefined;
    this.reserve(set, tokens);
    return set;
  }

  /** Says that up to so many tokens are going to be written to a set, which has room for them. */
  reserve(set: CacheSet, tokens: number): void {
    const written = COUNTED_TOKENS * Math.ceil(tokens / COUNTED_TOKENS);
    if (written <= set.writtenTokens) return;
    const before = this.byteLengthOf(set);
    this.#beforeGrowing(this.byteLengthOf({ ...set, writtenTokens: written }) - before);
    set.writtenTokens = written;
  }

  /** Takes a set back, for whoever needs one next. */
  give(set: CacheSet): void {
    this.#spare = set;
  }

  /** Lets go of the spare set. */
  drop(): void {
    this.#spare = undefined;
  }

  #allocate(tokens: number): CacheSet {
    const capacity = Math.max(tokens, this.#roomTokens);
    const buffers = Array.from(
      { length: 2 * this.#config.layers },
      () => new Float32Array(capacity * this.#floatsPerToken),
    );
    return { capacity, buffers, writtenTokens: 0 };
  }

  get #floatsPerToken(): number {
    return this.#config.keyValueHeads * this.#config.headDim;
  }
}
