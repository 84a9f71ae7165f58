import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Ear } from "../../web/client/ear.ts";
import { NOT_STARTED } from "../../web/client/voice-state.ts";

const frame = {
  user: new Float32Array(320),
  assistant: new Float32Array(320),
  userLevel: 0,
  assistantLevel: 0,
};
let ear: Ear;

beforeEach(() => {
  vi.useFakeTimers();
  ear = new Ear();
});
afterEach(() => {
  vi.useRealTimers();
});

function hear(frames: number): void {
  for (let index = 0; index < frames; index++) ear.take(frame, NOT_STARTED);
}

test("time passes without any sound, so that no two pictures bear the same time", () => {
  vi.advanceTimersByTime(1000);
  expect(ear.capturedMs).toBe(1000);
  vi.advanceTimersByTime(1000);
  expect(ear.capturedMs).toBe(2000);
});

test("from the first sound on its samples are the clock, which goes on from where it stood", () => {
  vi.advanceTimersByTime(1500);
  hear(1);
  expect(ear.capturedMs).toBe(1520);
  vi.advanceTimersByTime(700); // a page that was busy gets its frames late, and all of them
  expect(ear.capturedMs).toBe(1520);
  hear(35);
  expect(ear.capturedMs).toBe(2220);
});

test("when the sound is over, time goes on without it and never back", () => {
  hear(10);
  ear.rest();
  expect(ear.capturedMs).toBe(200);
  vi.advanceTimersByTime(300);
  ear.rest();
  vi.advanceTimersByTime(300);
  expect(ear.capturedMs).toBe(800);
  hear(1);
  expect(ear.capturedMs).toBe(820);
});
