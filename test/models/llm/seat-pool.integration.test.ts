import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SeatPool } from "../../../models/llm/seat-pool.ts";
import type { Lease } from "../../../models/llm/seat-pool.ts";
import { commonPrefixLength } from "../../../models/llm/seat.ts";
import { BYTES_PER_TOKEN, CONFIG, expectSoundCache, feed } from "./cache-model.ts";

const ROOM = 10_000 * BYTES_PER_TOKEN;

/** What a job does with its seat: takes it and computes what it lacks of the prompt. */
function fill(pool: SeatPool, name: string, prompt: readonly number[]): { lease: Lease; cached: number } {
  const lease = pool.take(name, prompt);
  const cached = commonPrefixLength(lease.seat.tokens, prompt);
  lease.seat.truncate(cached);
  if (cached < prompt.length) feed(lease.seat, prompt.slice(cached));
  return { lease, cached };
}

/** The same by a job that has ended; returns how many tokens it found. */
function use(pool: SeatPool, name: string, prompt: readonly number[]): number {
  const { lease, cached } = fill(pool, name, prompt);
  lease.end();
  return cached;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe("a pool of seats", () => {
  it("starts a seat with what another one has of its prompt, where that saves enough, and else leaves it as it is", () => {
    const pool = new SeatPool(CONFIG, { maxBytes: ROOM, roomTokens: 320 });
    use(pool, "a", range(0, 30));
    expect(use(pool, "b", [...range(0, 20), 500, 501])).toBe(20);
    expect(use(pool, "c", [...range(0, 3), 600])).toBe(0);
    expect(use(pool, "b", [...range(0, 23), 700])).toBe(20); // Three tokens more are no reason.
    expect(use(pool, "b", [...range(0, 24), 700])).toBe(23);
    expect(use(pool, "b", range(0, 30))).toBe(30);
  });

  it("takes the memory of the least recently taken seat, never that of one in use", () => {
    const pool = new SeatPool(CONFIG, { maxBytes: 4 * 64 * BYTES_PER_TOKEN, roomTokens: 64 }); // Four seats of the smallest size.
    const { lease } = fill(pool, "a", range(0, 10));
    use(pool, "b", range(100, 110));
    use(pool, "c", range(200, 210));
    use(pool, "b", range(100, 111));
    use(pool, "d", range(300, 310));
    use(pool, "e", range(400, 410));
    expect(pool.names).toEqual(["a", "b", "d", "e"]);
    lease.end();
    use(pool, "f", range(500, 510));
    expect(pool.names).toEqual(["b", "d", "e", "f"]);
    expect(use(pool, "b", range(100, 110))).toBe(10);
    expect(use(pool, "a", range(0, 10))).toBe(0);
  });

  it("takes that of a seat first which another one makes up for: more conversations have a place", () => {
    const pool = new SeatPool(CONFIG, { maxBytes: 4 * 64 * BYTES_PER_TOKEN, roomTokens: 64 });
    use(pool, "other", range(300, 360));
    use(pool, "one/0", range(0, 60));
    use(pool, "one/1", [...range(0, 50), 900, 901]);
    use(pool, "two/0", range(100, 160));
    use(pool, "three/0", range(200, 260));
    expect(pool.names).toEqual(["other", "one/1", "two/0", "three/0"]);
    use(pool, "four/0", range(400, 460)); // Now each is the only one to know what it holds.
    expect(pool.names).toEqual(["one/1", "two/0", "three/0", "four/0"]);
    expect(use(pool, "one/0", range(0, 60))).toBe(50);
  });

  it("lets those who work have the memory that they need, and takes it back when they are done", () => {
    const pool = new SeatPool(CONFIG, { maxBytes: 64 * BYTES_PER_TOKEN, roomTokens: 320 });
    const one = fill(pool, "one", range(0, 100));
    const two = fill(pool, "two", range(200, 300));
    expect(pool.names).toEqual(["one", "two"]);
    expect(pool.byteLength).toBeGreaterThan(64 * BYTES_PER_TOKEN);
    one.lease.end();
    expect(pool.names).toEqual(["two"]);
    two.lease.end();
    expect([pool.names, pool.byteLength]).toEqual([[], 0]);
  });

  it("tells a job that another one has its seat, or that it was released, and not before", () => {
    const pool = new SeatPool(CONFIG, { maxBytes: ROOM, roomTokens: 320 });
    const first = pool.take("a", []);
    expect(first.isHeld()).toBe(true);
    const second = pool.take("a", []);
    expect([first.isHeld(), second.isHeld()]).toEqual([false, true]);
    first.end();
    expect(second.isHeld()).toBe(true);
    pool.release("a");
    expect(second.isHeld()).toBe(false);
    pool.release("a");
    const third = pool.take("a", []);
    second.end();
    expect(third.isHeld()).toBe(true);
  });

  it("has no memory left when all seats are released", () => {
    const pool = new SeatPool(CONFIG, { maxBytes: ROOM, roomTokens: 320 });
    use(pool, "a", range(0, 100));
    use(pool, "b", range(0, 300));
    pool.release("a");
    expect(pool.byteLength).toBe((320 + 128) * BYTES_PER_TOKEN);
    pool.clear();
    expect([pool.names, pool.byteLength]).toEqual([[], 0]);
  });
});

const NAMES = ["a", "b", "c", "d"] as const;
const CAP_TOKENS = 640;

/** Prompts that often share beginnings. */
const prompt = fc
  .tuple(fc.nat(2), fc.integer({ min: 1, max: 90 }), fc.array(fc.nat(3), { maxLength: 60 }))
  .map(([story, length, end]) => [...range(100 * story, 100 * story + length), ...end]);

const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ take: fc.constantFrom(...NAMES), prompt }) },
  { weight: 4, arbitrary: fc.record({ end: fc.constantFrom(...NAMES) }) },
  { weight: 1, arbitrary: fc.record({ release: fc.constantFrom(...NAMES) }) },
);

/** The simple model: tokens by name, the least recently taken first, and the last job of each. */
class ModelPool {
  readonly seats = new Map<string, readonly number[]>();
  readonly leases = new Map<string, Lease>();
  readonly busy = new Set<string>();

  /** How many of the prompt's tokens the seat has, or another one where that saves enough. */
  reusable(name: string, tokens: readonly number[]): number {
    const own = commonPrefixLength(this.seats.get(name) ?? [], tokens);
    const best = Math.max(0, ...[...this.seats.values()].map((held) => commonPrefixLength(held, tokens)));
    return best >= own + 4 ? best : own;
  }

  take(name: string, tokens: readonly number[], lease: Lease): void {
    this.seats.delete(name);
    this.seats.set(name, tokens);
    this.leases.set(name, lease);
    this.busy.add(name);
  }

  /**
   * Forgets what the pool has evicted: those that have been idle for longest, but for what others hold, too. `former` are the
   * tokens of the seat that was taken meanwhile.
   */
  evict(pool: SeatPool, former: readonly number[] = []): void {
    const kept = new Set(pool.names);
    const all = [...this.seats, ["former", former] as const];
    const isCopied = (name: string, held: readonly number[]): boolean =>
      all.some(([other, tokens]) => other !== name && commonPrefixLength(tokens, held) >= held.length - 16);
    const idle = [...this.seats].filter(([name]) => !this.busy.has(name) || !kept.has(name));
    for (const [index, [name, held]] of idle.entries()) {
      if (kept.has(name)) continue;
      expect(this.busy.has(name)).toBe(false);
      if (!isCopied(name, held))
        expect(idle.slice(0, index).filter(([older]) => kept.has(older))).toEqual([]);
    }
    for (const [name] of idle) if (!kept.has(name)) this.seats.delete(name);
  }
}

type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

function act(pool: SeatPool, model: ModelPool, step: Action): void {
  if ("take" in step) {
    const former = model.leases.get(step.take);
    const expected = model.reusable(step.take, step.prompt);
    const { lease, cached } = fill(pool, step.take, step.prompt);
    expect(cached).toBe(expected);
    expect(former?.isHeld() ?? false).toBe(false);
    const before = model.seats.get(step.take);
    model.take(step.take, step.prompt, lease);
    model.evict(pool, before);
  } else if ("end" in step) {
    model.leases.get(step.end)?.end();
    model.busy.delete(step.end);
    model.evict(pool);
  } else {
    pool.release(step.release);
    model.seats.delete(step.release);
    model.busy.delete(step.release);
  }
}

it("a pool does what lists of tokens do, within its memory, whatever is asked of it", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      const maxBytes = CAP_TOKENS * BYTES_PER_TOKEN;
      const pool = new SeatPool(CONFIG, { maxBytes, roomTokens: 200 });
      const model = new ModelPool();
      for (const step of actions) {
        act(pool, model, step);
        expect(pool.names).toEqual([...model.seats.keys()]);
        const isIdle = pool.names.some((name) => !model.busy.has(name));
        if (isIdle) expect(pool.byteLength).toBeLessThanOrEqual(maxBytes);
        for (const [name, tokens] of model.seats) {
          const lease = model.leases.get(name)!;
          expect(lease.isHeld()).toBe(model.busy.has(name));
          expect(lease.seat.tokens).toEqual(tokens);
        }
      }
      for (const name of pool.names) expectSoundCache(model.leases.get(name)!.seat);
    }),
    { numRuns: 60 },
  );
});
