/** Lets so many in at once; the others wait, first come, first served. */
export class Places {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Resolves when there is a place, with what gives it up again, to be called once.
   * @throws the signal's reason where it is aborted before.
   */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    return () => {
      this.#giveUp();
    };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason as Error);
      };
      this.#waiting.add(enter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** The place goes over to who waits longest. */
  #giveUp(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}

/** Where clients wait for each other, of all connections together. */
export interface SharedPlaces {
  /** Responses outside of conversations that are written: each holds memory of the language model's, as half a conversation does. */
  readonly writing: Places;
  /** Recordings inside of items that are recognised: there is one recogniser, and nobody waits for these by ear. */
  readonly hearing: Places;
  /** Responses outside of conversations whose pictures are looked at: eyes are the cameras' first. */
  readonly looking: Places;
}

export function sharedPlaces(): SharedPlaces {
  return { writing: new Places(2), hearing: new Places(1), looking: new Places(1) };
}
