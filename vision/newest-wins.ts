/**
 * A gate before work that is slower than what it is for comes in: at most one piece is in flight, at most one waits,
 * and the newest takes the place of the one that waits.
 */
export class NewestWins<Item> {
  readonly #work: (item: Item) => Promise<void>;
  #waiting: Item | undefined;
  #running: Promise<void> | undefined;
  #dropped = 0;

  /** @param work - must not reject: what fails is the worker's to tell. */
  constructor(work: (item: Item) => Promise<void>) {
    this.#work = work;
  }

  /** How many items gave way to newer ones. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes the newest item, at once where nothing is in flight; returns the one that will not be worked on for it. */
  offer(item: NonNullable<Item>): Item | undefined {
    const replaced = this.#waiting;
    if (replaced !== undefined) this.#dropped += 1;
    this.#waiting = item;
    this.#running ??= this.#run();
    return replaced;
  }

  /** Forgets what waits; what is in flight is not stopped. */
  clear(): void {
    this.#waiting = undefined;
  }

  /** Resolves when nothing is in flight and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      for (let item = this.#next(); item !== undefined; item = this.#next()) await this.#work(item);
    } finally {
      this.#running = undefined;
    }
  }

  #next(): Item | undefined {
    const item = this.#waiting;
    this.#waiting = undefined;
    return item;
  }
}
