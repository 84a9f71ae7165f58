import { floats } from "../runtime/session.ts";
import type { NetworkTensor } from "../runtime/session.ts";
import type { CacheSets } from "./cache-sets.ts";
import type { CacheSet } from "./cache-sets.ts";
import type { DecoderConfig } from "./config.ts";
import { moveKeysBack, ropeFrequencies } from "./rope.ts";

const NOTHING = new Float32Array(0);

/**
 * A seat: tokens that have been put through the decoder and their KV cache. The network reads one set of buffers and
 * writes the grown cache to another; then this is the seat's, and the old one serves the next run, of whichever seat.
 * So a step allocates nothing, growing copies nothing, and a seat at rest has one set.
 */
export class Seat {
  /** Tokens whose keys and values the cache holds. */
  readonly tokens: number[] = [];
  #pureLength = 0;
  readonly #config: DecoderConfig;
  readonly #sets: CacheSets;
  /** None before the first run. */
  #current: CacheSet | undefined;
  /** What a run writes to; after one that failed it waits for the next. */
  #next: CacheSet | undefined;

  constructor(config: DecoderConfig, sets: CacheSets) {
    this.#config = config;
    this.#sets = sets;
  }

  /** Memory of its buffers. */
  get byteLength(): number {
    const sizes = [this.#current, this.#next].map((set) =>
      set === undefined ? 0 : this.#sets.byteLengthOf(set),
    );
    return sizes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** How many of the first tokens were computed behind those before them and nothing else. */
  get pureLength(): number {
    return this.#pureLength;
  }

  /** Forgets all tokens from `length` on. */
  truncate(length: number): void {
    const before = this.tokens.length;
    if (length >= before) return;
    const { keyValueHeads, headDim } = this.#config;
    for (const buffer of this.#current?.buffers ?? []) {
      for (let head = 1; head < keyValueHeads; head++) {
        const start = head * before * headDim;
        buffer.copyWithin(head * length * headDim, start, start + length * headDim);
      }
    }
    this.tokens.length = length;
    this.#pureLength = Math.min(this.#pureLength, length);
  }

  /**
   * Forgets `count` tokens from `start` on; those behind them move up. Their keys and values stay as they were computed, which
   * was with the forgotten ones before them (StreamingLLM, arXiv 2309.17453).
   */
  drop(start: number, count: number): void {
    const before = this.tokens.length;
    const { keyValueHeads, headDim, rope } = this.#config;
    const frequencies = ropeFrequencies(rope, headDim);
    const after = before - count;
    for (const [index, buffer] of (this.#current?.buffers ?? []).entries()) {
      for (let head = 0; head < keyValueHeads; head++) {
        const [from, to] = [head * before * headDim, head * after * headDim];
        buffer.copyWithin(to, from, from + start * headDim);
        buffer.copyWithin(to + start * headDim, from + (start + count) * headDim, from + before * headDim);
        const moved = buffer.subarray(to + start * headDim, to + after * headDim);
        if (index % 2 === 0) moveKeysBack(moved, frequencies, count);
      }
    }
    this.tokens.splice(start, count);
    this.#pureLength = Math.min(this.#pureLength, start);
  }

  /** Takes over another seat's first `length` tokens with their cache, in place of all that this seat holds. */
  copyPrefix(other: Seat, length: number): void {
    const { keyValueHeads, headDim } = this.#config;
    const stride = other.tokens.length * headDim;
    const target = this.#setFor(length);
    for (const [index, source] of (other.#current?.buffers ?? []).entries()) {
      for (let head = 0; head < keyValueHeads; head++) {
        const rows = source.subarray(head * stride, head * stride + length * headDim);
        target.buffers[index]?.set(rows, head * length * headDim);
      }
    }
    this.tokens.splice(0, this.tokens.length, ...other.tokens.slice(0, length));
    this.#pureLength = Math.min(other.pureLength, length);
    this.#exchange();
  }

  /** The cache as the network's inputs, and the tensors to which a run over `count` more tokens writes its outputs. */
  bind(count: number): { past: Record<string, NetworkTensor>; present: Record<string, NetworkTensor> } {
    const before = this.tokens.length;
    const next = this.#setFor(before + count);
    const past: Record<string, NetworkTensor> = {};
    const present: Record<string, NetworkTensor> = {};
    for (const [index, buffer] of next.buffers.entries()) {
      const name = `${Math.floor(index / 2)}.${index % 2 === 0 ? "key" : "value"}`;
      past[`past.${name}`] = this.#view(this.#current?.buffers[index] ?? NOTHING, before);
      present[`present.${name}`] = this.#view(buffer, before + count);
    }
    return { past, present };
  }

  /** Takes over what a run has written for these tokens. */
  advance(tokens: readonly number[]): void {
    if (this.#pureLength === this.tokens.length) this.#pureLength += tokens.length;
    this.tokens.push(...tokens);
    this.#exchange();
  }

  #view(buffer: Float32Array, length: number): NetworkTensor {
    const { keyValueHeads, headDim } = this.#config;
    return floats(buffer.subarray(0, length * keyValueHeads * headDim), [1, keyValueHeads, length, headDim]);
  }

  #setFor(tokens: number): CacheSet {
    if (this.#next === undefined || this.#next.capacity < tokens) this.#next = this.#sets.take(tokens);
    else this.#sets.reserve(this.#next, tokens);
    return this.#next;
  }

  #exchange(): void {
    if (this.#current !== undefined) this.#sets.give(this.#current);
    this.#current = this.#next;
    this.#next = undefined;
  }
}

/** How many elements two sequences share, from these places on. */
export function commonPrefixLength(a: readonly number[], b: readonly number[], fromA = 0, fromB = 0): number {
  const end = Math.min(a.length - fromA, b.length - fromB);
  let length = 0;
  while (length < end && a[fromA + length] === b[fromB + length]) length += 1;
  return length;
}
