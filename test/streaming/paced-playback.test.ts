import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FRAME_MS } from "../../audio/index.ts";
import type { AudioFrame } from "../../audio/index.ts";
import { PacedPlayback, PATIENCE_WITH_LISTENER_MS } from "../../streaming/paced-playback.ts";
import { ManualClock } from "../support/manual-clock.ts";

const RATE = 8000;

async function* piecesOf(lengths: readonly number[]) {
  let value = 0;
  for (const length of lengths) {
    await Promise.resolve();
    yield { samples: Float32Array.from({ length }, () => ++value), sampleRate: RATE };
  }
}

/** Lets everything run that does not wait for the clock. */
async function settle(): Promise<void> {
  for (let round = 0; round < 50; round++) await new Promise((resolve) => setImmediate(resolve));
}

function play(lengths: readonly number[], leadMs: number) {
  const clock = new ManualClock();
  const playback = new PacedPlayback(clock, { leadMs });
  const frames: AudioFrame[] = [];
  const controller = new AbortController();
  let isOver = false;
  const done = (async () => {
    for await (const frame of playback.frames(piecesOf(lengths), controller)) frames.push(frame);
    const isHeard = await playback.untilHeard(controller);
    isOver = true;
    return isHeard;
  })();
  /** Real time in which the listener says every 100 ms how much they have played. */
  const passTime = async (ms: number, playedMs?: () => number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += FRAME_MS) {
      if (playedMs !== undefined && passed % 100 === 0) playback.report(playedMs());
      clock.advance(FRAME_MS);
      await settle();
    }
  };
  return { clock, playback, frames, done, controller, passTime, isOver: () => isOver };
}

/** Sound of `firstMs`, and another second when it is asked for. */
function playWithGap(firstMs: number) {
  const clock = new ManualClock();
  const playback = new PacedPlayback(clock, { leadMs: 100 });
  let more: () => void = () => undefined;
  const gap = new Promise<void>((resolve) => (more = resolve));
  async function* pieces() {
    yield { samples: new Float32Array((RATE * firstMs) / 1000), sampleRate: RATE };
    await gap;
    yield { samples: new Float32Array(RATE), sampleRate: RATE };
  }
  const frames: AudioFrame[] = [];
  const controller = new AbortController();
  const done = (async () => {
    for await (const frame of playback.frames(pieces(), controller)) frames.push(frame);
  })();
  const stop = async (): Promise<void> => {
    controller.abort(new Error("stop"));
    await expect(done).rejects.toThrow("stop");
  };
  return { clock, playback, frames, more, stop };
}

describe("paced playback", () => {
  it("runs ahead of real time by the lead and no more", async () => {
    const { clock, playback, frames, done } = play([RATE], 200);
    await settle();
    expect(frames.length * FRAME_MS).toBeGreaterThanOrEqual(200);
    expect(frames.length * FRAME_MS).toBeLessThanOrEqual(200 + FRAME_MS);
    expect(playback.playedMs).toBe(0);
    clock.advance(100);
    await settle();
    expect(playback.playedMs).toBe(100);
    expect(frames.length * FRAME_MS).toBeLessThanOrEqual(300 + FRAME_MS);
    for (let step = 0; step < 60; step++) {
      clock.advance(FRAME_MS);
      await settle();
    }
    await done;
    expect(frames).toHaveLength(1000 / FRAME_MS);
    expect(playback.playedMs).toBe(1000);
  });

  it("gives out every sample once, in order, in whole frames, however the sound was cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 8 }), async (lengths) => {
        const { clock, frames, done } = play(lengths, 1e9);
        await settle();
        clock.advance(1e9);
        await done;
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const samples = frames.flatMap((frame) => [...frame.samples]);
        expect(samples.slice(0, total)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
        expect(samples.slice(total).every((sample) => sample === 0)).toBe(true);
        expect(frames.every((frame) => frame.samples.length === 160)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("hands out nothing once it is told to stop, also where the machine slept and all of it is late", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const frames = new PacedPlayback(clock, { leadMs: 100 }).frames(piecesOf([2 * RATE]), controller);
    await frames.next();
    clock.advance(60_000);
    await frames.next();
    controller.abort(new Error("stop"));
    await expect(frames.next()).rejects.toThrow("stop");
  });

  it("does not rush after the sound ran dry, since the listener waited too", async () => {
    const { clock, playback, frames, more, stop } = playWithGap(20);
    await settle();
    clock.advance(5000);
    expect(playback.playedMs).toBe(20);
    more();
    await settle();
    expect(frames.length * FRAME_MS).toBeLessThanOrEqual(20 + 100 + FRAME_MS);
    await stop();
  });

  it("stands still while it is held, and goes on where it stood: nothing is sent, heard or lost meanwhile", async () => {
    const { playback, frames, done, passTime } = play([RATE], 100);
    await settle();
    await passTime(200);
    playback.hold();
    const { length } = frames;
    await passTime(1000);
    expect(playback.playedMs).toBe(200);
    expect(frames.length).toBeLessThanOrEqual(length + 1);
    playback.goOn();
    await passTime(100);
    expect(playback.playedMs).toBe(300);
    expect(frames.length * FRAME_MS).toBeLessThanOrEqual(300 + 100 + FRAME_MS);
    await passTime(1200);
    await done;
    const samples = frames.flatMap((frame) => [...frame.samples]);
    expect(samples).toEqual(Array.from({ length: RATE }, (_, index) => index + 1));
  });

  it("does not end while it is held", async () => {
    const { clock, playback, done, isOver } = play([RATE / 10], 1000);
    await settle();
    playback.hold();
    clock.advance(60_000);
    await settle();
    expect(isOver()).toBe(false);
    playback.goOn();
    clock.advance(100);
    expect(await done).toBe(true);
  });

  it("is over when it has been heard, not when its time has passed", async () => {
    const { clock, done, passTime, isOver } = play([RATE], 200);
    await settle();
    await passTime(1260, () => Math.max(0, clock.nowMs() - 300));
    expect(isOver()).toBe(false);
    await passTime(60, () => clock.nowMs() - 300);
    expect(await done).toBe(true);
  });

  it("is over as much later as the listener was behind, where they tell nothing more", async () => {
    const { playback, passTime, isOver } = play([RATE], 200);
    await settle();
    await passTime(500);
    playback.report(100);
    await passTime(880);
    expect(isOver()).toBe(false);
    await passTime(40);
    expect(isOver()).toBe(true);
  });

  it("waits while the listener holds it, and plays on from there", async () => {
    const { clock, playback, passTime, isOver } = play([RATE], 200);
    await settle();
    await passTime(5000, () => 0);
    expect([playback.playedMs, isOver()]).toEqual([100, false]);
    await passTime(960, () => clock.nowMs() - 5000);
    expect(isOver()).toBe(false);
    await passTime(100, () => clock.nowMs() - 5000);
    expect(isOver()).toBe(true);
  });

  it("gives up who is behind for ever", async () => {
    const { done, passTime, isOver } = play([RATE], 200);
    await settle();
    await passTime(1000 + PATIENCE_WITH_LISTENER_MS - FRAME_MS, () => 0);
    expect(isOver()).toBe(false);
    await passTime(2 * FRAME_MS, () => 0);
    expect(await done).toBe(false);
  });

  it("stops to wait when it is told to", async () => {
    const { clock, done, controller } = play([RATE / 10], 200);
    await settle();
    clock.advance(50);
    controller.abort(new Error("stop"));
    await expect(done).rejects.toThrow("stop");
  });

  it("believes the listener's own account, but never one that is ahead of real time", async () => {
    const { clock, playback } = play([RATE], 200);
    await settle();
    playback.report(50);
    expect(playback.playedMs).toBe(0);
    clock.advance(100);
    playback.report(50);
    expect(playback.playedMs).toBe(50);
    playback.report(30);
    expect(playback.playedMs).toBe(50);
    playback.report(1e9);
    expect(playback.playedMs).toBe(100);
  });

  it("keeps its estimate where an account is none, or there is none", async () => {
    const { clock, playback } = play([RATE], 200);
    await settle();
    clock.advance(100);
    for (const nonsense of [-1, -1e9, Number.NaN]) playback.report(nonsense);
    expect(playback.playedMs).toBe(100);
  });

  it("never takes more for heard than had time to be played, nor less than was reported, whatever that is", async () => {
    const step = fc.oneof(
      fc.record({ passMs: fc.nat(400) }),
      fc.record({ reportMs: fc.oneof(fc.double(), fc.integer({ min: -100, max: 2000 })) }),
      fc.constantFrom("hold" as const, "goOn" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const { clock, playback, frames } = play([RATE], 200);
        await settle();
        let [passedMs, reportedMs] = [0, 0];
        for (const next of steps) {
          if (next === "hold") playback.hold();
          else if (next === "goOn") playback.goOn();
          else if ("reportMs" in next) {
            reportedMs = Math.max(reportedMs, Math.min(next.reportMs, playback.playedMs) || 0);
            playback.report(next.reportMs);
          } else {
            clock.advance(next.passMs);
            passedMs += playback.isHeld ? 0 : next.passMs;
          }
          await settle();
          expect(playback.playedMs).toBeGreaterThanOrEqual(reportedMs);
          expect(playback.playedMs).toBeLessThanOrEqual(Math.min(passedMs, frames.length * FRAME_MS));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("goes on from the last account where the listener gives no other, as far behind as they were", async () => {
    const { clock, playback, frames } = play([RATE], 200);
    await settle();
    clock.advance(100);
    await settle();
    playback.report(40);
    clock.advance(100);
    await settle();
    expect(playback.playedMs).toBe(140);
    clock.advance(5000);
    expect(playback.playedMs).toBe(frames.length * FRAME_MS);
  });

  it("goes on from the last account, too, where that came when the supply had run dry", async () => {
    const { clock, playback, more, stop } = playWithGap(100);
    await settle();
    clock.advance(5000);
    playback.report(60);
    more();
    await settle();
    expect(playback.playedMs).toBe(60);
    clock.advance(50);
    expect(playback.playedMs).toBe(110);
    await stop();
  });

  it("does not take new sound for heard because of an account from before the supply ran dry, nor lose old one", async () => {
    const { clock, playback, more, stop } = playWithGap(100);
    await settle();
    clock.advance(80);
    playback.report(30);
    clock.advance(5000);
    more();
    await settle();
    expect(playback.playedMs).toBe(100);
    clock.advance(70);
    expect(playback.playedMs).toBe(120);
    await stop();
  });
});
