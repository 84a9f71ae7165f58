import { AntiphonError } from "./errors.ts";
import type { CallOptions } from "./contracts.ts";

/** What a full channel does with one more item. */
export type OverflowPolicy = "drop-oldest" | "fail";

export interface ChannelOptions {
  readonly capacity: number;
  readonly overflow: OverflowPolicy;
}

/**
 * A bounded queue from callbacks to one reader: the only place where push meets pull, and the one place that listens
 * for abort, so that no stage has to.
 */
export class Channel<Item> {
  readonly #options: ChannelOptions;
  readonly #items: Item[] = [];
  #closed = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /**
   * Offers an item; it is ignored after `close`. With policy "fail" a full channel ends with `rate-exceeded`, else the
   * oldest item makes room.
   *
   * @returns the item that will never be read: the oldest that made room, or this one where it was ignored.
   */
  push(item: Item): Item | undefined {
    if (this.#closed) return item;
    const isFull = this.#items.length >= this.#options.capacity;
    if (isFull && this.#options.overflow === "fail") {
      this.close(new AntiphonError("rate-exceeded", `more than ${this.#options.capacity} items are waiting`));
      return item;
    }
    const forgotten = isFull ? this.#items.shift() : undefined;
    this.#items.push(item);
    this.#wake();
    return forgotten;
  }

  /** Takes out all that waits, unread. */
  clear(): readonly Item[] {
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
      this.#items.length = 0;
    }
    if (this.#error !== undefined) throw this.#error;
  }
}
