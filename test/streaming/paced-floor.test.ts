import { expect, test } from "vitest";

import { FRAME_MS } from "../../audio/index.ts";
import { PacedPlayback, type Lead } from "../../streaming/paced-playback.ts";
import { ManualClock } from "../support/manual-clock.ts";

const RATE = 8000;

/** Lets everything run that does not wait for the clock. */
async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** A minute of sound; `aheadMs` is what the listener was sent and cannot have played, who plays all they have. */
function setUp(lead: Lead) {
  const clock = new ManualClock();
  const playback = new PacedPlayback(clock, lead);
  let sentMs = 0;
  let startMs = 0;
  async function* sound() {
    await Promise.resolve();
    yield { samples: new Float32Array(60 * RATE), sampleRate: RATE };
  }
  void (async () => {
    const frames = playback.frames(sound(), new AbortController());
    while ((await frames.next()).done !== true) {
      if (sentMs === 0) startMs = clock.nowMs();
      sentMs += FRAME_MS;
    }
  })();
  const aheadMs = (): number => sentMs - (clock.nowMs() - startMs);
  /** Lets time pass, and returns the least that was ahead. */
  const pass = async (ms: number): Promise<number> => {
    let least = aheadMs();
    for (let passed = 0; passed < ms; passed += FRAME_MS) {
      clock.advance(FRAME_MS);
      least = Math.min(least, aheadMs());
      await settle();
    }
    return least;
  };
  return { playback, aheadMs, pass };
}

test("who cannot hold their loudspeaker has little left to play where an answer is held a moment after it was lowered", async () => {
  const { playback, aheadMs, pass } = setUp({ leadMs: 180, duckedLeadMs: 20 });
  await pass(1000);
  expect(aheadMs()).toBeGreaterThanOrEqual(180);
  playback.setFloor("ducked");
  expect(await pass(160)).toBeGreaterThanOrEqual(0);
  playback.setFloor("paused");
  expect(aheadMs()).toBeLessThanOrEqual(20 + FRAME_MS);
});

test("their sound has no gap where nothing comes of it, however long that takes, and is as far ahead as before", async () => {
  const { playback, aheadMs, pass } = setUp({ leadMs: 180, duckedLeadMs: 20 });
  await pass(1000);
  playback.setFloor("ducked");
  expect(await pass(1000)).toBeGreaterThanOrEqual(0);
  playback.setFloor("full");
  expect(await pass(400)).toBeGreaterThanOrEqual(0);
  expect(aheadMs()).toBeGreaterThanOrEqual(180);
});

test("who is lowered for longer is sent as far ahead as ever again: it is not about to be held", async () => {
  const { playback, aheadMs, pass } = setUp({ leadMs: 180, duckedLeadMs: 20 });
  await pass(1000);
  playback.setFloor("ducked");
  await pass(380);
  expect(aheadMs()).toBeLessThanOrEqual(20 + FRAME_MS);
  await pass(100);
  expect(aheadMs()).toBeGreaterThanOrEqual(180);
});

test("an answer that was held and goes on lowered is sent as far ahead as ever", async () => {
  const { playback, aheadMs, pass } = setUp({ leadMs: 180, duckedLeadMs: 20 });
  await pass(1000);
  playback.setFloor("paused");
  playback.setFloor("ducked");
  await pass(400);
  expect(aheadMs()).toBeGreaterThanOrEqual(180);
});

test("who lowers and holds it themselves is sent as much as ever", async () => {
  const { playback, aheadMs, pass } = setUp({ leadMs: 180 });
  await pass(1000);
  playback.setFloor("ducked");
  await pass(400);
  expect(aheadMs()).toBeGreaterThanOrEqual(180);
});
