import { CacheSets } from "./cache-sets.ts";
import type { DecoderConfig } from "./config.ts";
import { exactReuse, forgetfulReuse, type Reuse } from "./reuse.ts";
import { commonPrefixLength, Seat } from "./seat.ts";

/** Tokens from which on a copy is worth it: moving hundreds of tokens' cache takes as long as computing one or two. */
const WORTHWHILE_TOKENS = 4;

/** With no more than this of its own, what a seat holds is soon there again: by a copy of another one, and a short prompt. */
const FEW_TOKENS = 16;

export interface SeatPoolOptions {
  /** Is kept to, but for seats that are held. */
  readonly maxBytes: number;
  /** Tokens that every seat has room for. */
  readonly roomTokens: number;
}

/** A job's hold on a seat. */
export interface Lease {
  readonly seat: Seat;
  /** False once another job has taken the seat, or it was released: then the holder must leave it alone. */
  isHeld(): boolean;
  /** Says that the job is over, however it ended; the seat keeps its cache. */
  end(): void;
}

/** What a prompt is the newest part of. */
export interface Context {
  readonly name: string;
  /** How many of the prompt's tokens are its system prompt. */
  readonly fixedTokens: number;
}

interface PooledSeat {
  readonly seat: Seat;
  /** What its tokens were computed in. */
  context: string | undefined;
  holder: symbol | undefined;
}

/**
 * Named seats within a limit of memory. Where it is reached, one goes that no job holds: the least recently taken of those
 * whose tokens another seat has, too, and else of all; whoever asks for it next gets an empty one. A seat may begin with a
 * copy of another's cache, but only of tokens that are its own prompt's as well: keys and values depend on the tokens before
 * them and on nothing else. Within one context those that were computed behind its oldest messages serve also where these are gone:
 * they are not quite what would be computed then.
 */
export class SeatPool {
  readonly #config: DecoderConfig;
  readonly #maxBytes: number;
  readonly #sets: CacheSets;
  /** The least recently taken first. */
  readonly #seats = new Map<string, PooledSeat>();

  constructor(config: DecoderConfig, { maxBytes, roomTokens }: SeatPoolOptions) {
    this.#config = config;
    this.#maxBytes = maxBytes;
    const beforeGrowing = (bytes: number): void => {
      this.#makeRoom(bytes);
    };
    this.#sets = new CacheSets(config, { roomTokens, beforeGrowing });
  }

  /** Names of the seats that have not been evicted, the least recently taken first. */
  get names(): readonly string[] {
    return [...this.#seats.keys()];
  }

  /** Memory of all seats and of the spare set between them. */
  get byteLength(): number {
    return [...this.#seats.values()].reduce((sum, { seat }) => sum + seat.byteLength, this.#sets.byteLength);
  }

  /**
   * Takes the seat for a prompt, from whoever holds it, and fills it from another seat where that saves work; in a `context`, also with
   * what was computed in that behind messages that are gone now.
   */
  take(name: string, prompt: readonly number[], context?: Context): Lease {
    const pooled: PooledSeat = this.#seats.get(name) ?? {
      seat: new Seat(this.#config, this.#sets),
      context: undefined,
      holder: undefined,
    };
    const holder = Symbol(name);
    pooled.holder = holder;
    this.#seats.delete(name);
    this.#seats.set(name, pooled);
    this.#fillFromCaches(pooled, prompt, context);
    pooled.context = context?.name;
    return {
      seat: pooled.seat,
      isHeld: () => pooled.holder === holder,
      end: () => {
        if (pooled.holder !== holder) return;
        pooled.holder = undefined;
        this.#makeRoom(0);
      },
    };
  }

  /** Lets go of a seat, also from under a job that holds it. Unknown names are fine. */
  release(name: string): void {
    const pooled = this.#seats.get(name);
    if (pooled !== undefined) pooled.holder = undefined;
    this.#seats.delete(name);
    if (this.#seats.size === 0) this.#sets.drop();
  }

  /** Lets go of all seats. */
  clear(): void {
    for (const name of this.names) this.release(name);
  }

  #fillFromCaches(pooled: PooledSeat, prompt: readonly number[], context: Context | undefined): void {
    const isShared = (of: PooledSeat): boolean => context !== undefined && of.context === context.name;
    const reuseOf = (of: PooledSeat): Reuse =>
      isShared(of)
        ? forgetfulReuse(of.seat.tokens, prompt, context?.fixedTokens ?? 0)
        : exactReuse(of.seat.tokens.slice(0, of.seat.pureLength), prompt);
    // What was computed behind messages that are gone serves nobody else.
    if (!isShared(pooled)) pooled.seat.truncate(pooled.seat.pureLength);
    let best = { pooled, ...reuseOf(pooled) };
    const enough = (): number => best.length + (best.pooled === pooled ? WORTHWHILE_TOKENS : 1);
    for (const other of this.#seats.values()) {
      const reuse = reuseOf(other);
      if (reuse.length >= enough()) best = { pooled: other, ...reuse };
    }
    const { seat } = pooled;
    if (best.pooled !== pooled) seat.copyPrefix(best.pooled.seat, best.length + best.gap);
    if (best.gap === 0) return;
    seat.truncate(best.length + best.gap);
    seat.drop(best.prefix, best.gap);
  }

  /** The spare set goes first: having them again takes milliseconds, a cache seconds. */
  #makeRoom(bytes: number): void {
    const fits = (): boolean => this.byteLength + bytes <= this.#maxBytes;
    if (!fits()) this.#sets.drop();
    while (!fits()) {
      const idle = [...this.#seats].filter(([, { holder }]) => holder === undefined);
      const [next] = idle.find(([, { seat }]) => this.#isCopied(seat)) ?? idle[0] ?? [];
      if (next === undefined) return;
      this.release(next);
    }
  }

  /** Both seats of a conversation in which nobody speaks hold the same, but for what was prepared on one of them. */
  #isCopied(seat: Seat): boolean {
    const enough = seat.tokens.length - FEW_TOKENS;
    return [...this.#seats.values()].some(
      ({ seat: other }) => other !== seat && commonPrefixLength(other.tokens, seat.tokens) >= enough,
    );
  }
}
