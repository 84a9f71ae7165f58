import { AntiphonError } from "../../streaming/index.ts";

/** Nobody is inside; the thread is inside; it is, and may not come back; nobody is inside any more. */
const FREE = 0;
const HELD = 1;
const CLOSING = 2;
const SHUT = 3;

/** How often the end of a native call is looked for. */
const POLL_MS = 10;

/** Longer than any network takes to load; a thread that is not out by then never comes out. */
const SHUT_LIMIT_MS = 30_000;

/**
 * The door between a worker thread and onnxruntime, whose binding aborts the whole process where its thread is stopped
 * inside a call (N-API cannot throw into a thread that is being terminated). The thread goes through it for every call;
 * whoever would stop the thread shuts it first, which takes as long as the call that is running.
 */
export class NativeGate {
  /** To be shared with the other thread. */
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;
  /** Calls of this thread that are under way; those of several sessions may overlap. */
  #calls = 0;

  constructor(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#state = new Int32Array(memory);
  }

  /** Makes a native call. @throws AntiphonError `shutting-down` where the gate is shut. */
  async pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.#calls === 0 && Atomics.compareExchange(this.#state, 0, FREE, HELD) !== FREE) {
      throw new AntiphonError("shutting-down", "this thread is being stopped");
    }
    this.#calls += 1;
    try {
      return await call();
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#leave();
    }
  }

  /** Shuts the gate; resolves when nobody is inside. */
  async shut(): Promise<void> {
    while (!this.#isShut()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  /** Shuts the gate and blocks this thread until nobody is inside, or for `limitMs`. For the end of the process. */
  shutNow(limitMs = SHUT_LIMIT_MS): void {
    const endMs = performance.now() + limitMs;
    while (!this.#isShut()) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return;
      Atomics.wait(this.#state, 0, CLOSING, leftMs);
    }
  }

  /** Shuts the gate behind a thread that is gone, wherever it was. */
  abandon(): void {
    Atomics.store(this.#state, 0, SHUT);
    Atomics.notify(this.#state, 0);
  }

  /** Shuts the gate if nobody is inside, else sees to it that the last to leave does. */
  #isShut(): boolean {
    Atomics.compareExchange(this.#state, 0, HELD, CLOSING);
    const before = Atomics.compareExchange(this.#state, 0, FREE, SHUT);
    return before === FREE || before === SHUT;
  }

  #leave(): void {
    if (Atomics.compareExchange(this.#state, 0, HELD, FREE) === HELD) return;
    this.abandon();
  }
}

let ofThisThread = new NativeGate();

/** Native calls of this thread go through `gate` from now on. */
export function useNativeGate(gate: NativeGate): void {
  ofThisThread = gate;
}

/** The gate of this thread; one that nobody shuts where none was set. */
export function nativeGate(): NativeGate {
  return ofThisThread;
}
