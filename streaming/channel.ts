import { AntiphonError } from "./errors.ts";
import type { CallOptions } from "./contracts.ts";

/** What a full channel does with one more item. */
export type OverflowPolicy = "drop-oldest" | "fail";

export interface ChannelOptions<Item> {
  readonly capacity: number;
  readonly overflow: OverflowPolicy;
  /** How much of the capacity an item takes; by default each takes 1. One that is larger than all of it may wait alone. */
  readonly sizeOf?: (item: Item) => number;
}

/**
 * A bounded queue from callbacks to one reader: the only place where push meets pull, and the one place that listens
 * for abort, so that no stage has to.
 */
export class Channel<Item> {
  readonly #options: ChannelOptions<Item>;
  readonly #items: Item[] = [];
  #waiting = 0;
  #closed = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(options: ChannelOptions<Item>) {
    this.#options = options;
  }

  /**
   * Offers an item; it is ignored after `close`. With policy "fail" a full channel ends with `rate-exceeded`, else the
   * oldest items make room.
   *
   * @returns how much will never be read: what the oldest took that made room, or this one where it was ignored.
   */
  push(item: Item): number {
    const size = this.#sizeOf(item);
    if (this.#closed) return size;
    const { capacity, overflow } = this.#options;
    const isTooMuch = this.#items.length > 0 && this.#waiting + size > capacity;
    if (isTooMuch && overflow === "fail") {
      this.close(new AntiphonError("rate-exceeded", `more than ${capacity} items are waiting`));
      return size;
    }
    const forgotten = isTooMuch ? this.#forget(this.#waiting + size - capacity) : 0;
    this.#items.push(item);
    this.#waiting += size;
    this.#wake();
    return forgotten;
  }

  /** Takes out all that waits, unread. */
  clear(): readonly Item[] {
    this.#waiting = 0;
    return this.#items.splice(0);
  }

  /** Ends the stream after what is queued; with an error, the reader throws it then. */
  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#wake();
  }

  /** The items in order. Throws `signal.reason` when aborted; leaving the loop closes the channel. */
  async *read({ signal }: CallOptions): AsyncGenerator<Item, void, void> {
    const onAbort = (): void => {
      this.#wake();
    };
    signal.addEventListener("abort", onAbort);
    try {
      for (;;) {
        signal.throwIfAborted();
        const item = this.#items.shift();
        if (item !== undefined) {
          this.#waiting -= this.#sizeOf(item);
          yield item;
          continue;
        }
        if (this.#closed) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#closed = true;
      this.clear();
    }
    if (this.#error !== undefined) throw this.#error;
  }

  #sizeOf(item: Item): number {
    return this.#options.sizeOf?.(item) ?? 1;
  }

  /** Takes out the oldest until they make up `atLeast`, or none is left. Returns how much they took. */
  #forget(atLeast: number): number {
    let forgotten = 0;
    while (forgotten < atLeast) {
      const oldest = this.#items.shift();
      if (oldest === undefined) break;
      forgotten += this.#sizeOf(oldest);
    }
    this.#waiting -= forgotten;
    return forgotten;
  }
}
