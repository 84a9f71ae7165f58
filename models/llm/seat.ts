import { floats } from "../runtime/session.ts";
import type { NetworkTensor } from "../runtime/session.ts";
import type { DecoderConfig } from "./config.ts";

/** Tokens that a fresh cache has room for; it doubles when full. */
const FIRST_CAPACITY = 256;

/** One key or value cache: where it is read, and where the grown copy is written by the next run. */
interface CacheBuffers {
  read: Float32Array;
  write: Float32Array;
}

/**
 * A seat: the tokens a conversation has put through the decoder and their KV cache. The network writes the grown cache
 * to a second set of buffers and both sets swap roles, so that a step allocates nothing.
 */
export class Seat {
  /** Tokens whose keys and values the cache holds. */
  readonly tokens: number[] = [];
  readonly #config: DecoderConfig;
  readonly #caches = new Map<string, CacheBuffers>();
  #capacity = FIRST_CAPACITY;

  constructor(config: DecoderConfig) {
    this.#config = config;
    for (let layer = 0; layer < config.layers; layer++) {
      for (const part of ["key", "value"]) {
        this.#caches.set(`${layer}.${part}`, { read: this.#allocate(), write: this.#allocate() });
      }
    }
  }

  /** Memory of the cache in bytes. */
  get byteLength(): number {
    return this.#caches.size * 2 * 4 * this.#floatsPerToken * this.#capacity;
  }

  /** Forgets all tokens from `length` on. */
  truncate(length: number): void {
    const before = this.tokens.length;
    if (length >= before) return;
    const { keyValueHeads, headDim } = this.#config;
    for (const { read } of this.#caches.values()) {
      for (let head = 1; head < keyValueHeads; head++) {
        const start = head * before * headDim;
        read.copyWithin(head * length * headDim, start, start + length * headDim);
      }
    }
    this.tokens.length = length;
  }

  /** The cache as the network's inputs, and the tensors to which a run over `count` more tokens writes its outputs. */
  bind(count: number): { past: Record<string, NetworkTensor>; present: Record<string, NetworkTensor> } {
    this.#reserve(this.tokens.length + count);
    const past: Record<string, NetworkTensor> = {};
    const present: Record<string, NetworkTensor> = {};
    for (const [name, { read, write }] of this.#caches) {
      past[`past.${name}`] = this.#view(read, this.tokens.length);
      present[`present.${name}`] = this.#view(write, this.tokens.length + count);
    }
    return { past, present };
  }

  /** Takes over what a run has written for these tokens. */
  advance(tokens: readonly number[]): void {
    this.tokens.push(...tokens);
    for (const buffers of this.#caches.values()) {
      [buffers.read, buffers.write] = [buffers.write, buffers.read];
    }
  }

  get #floatsPerToken(): number {
    return this.#config.keyValueHeads * this.#config.headDim;
  }

  #view(buffer: Float32Array, length: number): NetworkTensor {
    const { keyValueHeads, headDim } = this.#config;
    return floats(buffer.subarray(0, length * this.#floatsPerToken), [1, keyValueHeads, length, headDim]);
  }

  #reserve(length: number): void {
    if (length <= this.#capacity) return;
    while (this.#capacity < length) this.#capacity *= 2;
    for (const buffers of this.#caches.values()) {
      const grown = this.#allocate();
      grown.set(buffers.read);
      buffers.read = grown;
      buffers.write = this.#allocate();
    }
  }

  #allocate(): Float32Array {
    return new Float32Array(this.#capacity * this.#floatsPerToken);
  }
}

/** How many leading elements two sequences share. */
export function commonPrefixLength(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length += 1;
  return length;
}
