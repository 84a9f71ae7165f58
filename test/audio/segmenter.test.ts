import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  DEFAULT_SEGMENTER_OPTIONS,
  Segmenter,
  type SegmentEvent,
  type SegmenterOptions,
} from "../../audio/index.ts";

const WINDOW = 512;
const OPTIONS: SegmenterOptions = { ...DEFAULT_SEGMENTER_OPTIONS, sampleRate: 16_000 };

function segment(probabilities: readonly number[], options = OPTIONS): SegmentEvent[] {
  const segmenter = new Segmenter(options);
  const events = probabilities.map((probability, index) => {
    return segmenter.push({ probability, startSample: index * WINDOW, endSample: (index + 1) * WINDOW });
  });
  return [...events, segmenter.finish()].filter((event) => event !== undefined);
}

/** What happened, without the onsets that every start has. */
const certain = (events: readonly SegmentEvent[]): SegmentEvent[] =>
  events.filter(({ type }) => type !== "speech-onset");

/** `count` windows of each probability. */
function windows(...runs: readonly (readonly [probability: number, count: number])[]): number[] {
  return runs.flatMap(([probability, count]) => Array.from({ length: count }, () => probability));
}

describe("Segmenter", () => {
  test("starts after 96 ms of speech with 500 ms of pre-roll, pauses after 200 ms and ends after 1.5 s of silence", () => {
    expect(segment(windows([0, 40], [0.9, 10], [0, 60]))).toEqual([
      { type: "speech-onset", onsetSample: 40 * 512, atSample: 41 * 512 },
      { type: "speech-start", startSample: 40 * 512 - 8000, onsetSample: 40 * 512, atSample: 43 * 512 },
      { type: "speech-pause", startSample: 40 * 512 - 8000, endSample: 50 * 512, atSample: 57 * 512 },
      { type: "speech-end", startSample: 40 * 512 - 8000, endSample: 50 * 512, atSample: 97 * 512 },
    ]);
  });

  test("goes on where the speaker does, so that a breath does not cut a sentence in two", () => {
    const events = segment(windows([0.9, 10], [0, 10], [0.9, 5], [0, 10], [0.9, 5]));
    expect(certain(events).map(({ type }) => type)).toEqual([
      "speech-start",
      "speech-pause",
      "speech-resume",
      "speech-pause",
      "speech-resume",
      "speech-end",
    ]);
  });

  test("says at once that there may be speech, and takes it back where it was a click", () => {
    expect(segment(windows([0, 10], [0.9, 2], [0, 60]))).toEqual([
      { type: "speech-onset", onsetSample: 10 * 512, atSample: 11 * 512 },
      { type: "false-onset", atSample: 13 * 512 },
    ]);
  });

  test("keeps between the thresholds what came before, or soft syllables flicker", () => {
    expect(segment(windows([0.45, 100]))).toEqual([]);
    expect(certain(segment(windows([0.9, 5], [0.4, 100]))).map(({ type }) => type)).toEqual([
      "speech-start",
      "speech-end",
    ]);
  });

  test("does not let a second segment's pre-roll hear the first again", () => {
    const options = { ...OPTIONS, pauseMs: 100, hangoverMs: 200 };
    const [, , firstEnd, secondStart] = certain(segment(windows([0.9, 10], [0, 8], [0.9, 10]), options));
    expect(firstEnd).toMatchObject({ type: "speech-end", endSample: 10 * 512 });
    expect(secondStart).toMatchObject({ type: "speech-start", startSample: 10 * 512, onsetSample: 18 * 512 });
  });

  test("begins anew after finish, so that a turn that was taken is not reopened", () => {
    const segmenter = new Segmenter(OPTIONS);
    const push = (probability: number, index: number): SegmentEvent | undefined =>
      segmenter.push({ probability, startSample: index * WINDOW, endSample: (index + 1) * WINDOW });
    const before = windows([0.9, 10], [0, 7]).map(push);
    expect(before.at(-1)).toMatchObject({ type: "speech-pause" });
    expect(segmenter.finish()).toMatchObject({ type: "speech-end", endSample: 10 * 512, atSample: 17 * 512 });
    expect(segmenter.finish()).toBeUndefined();
    const after = windows([0.9, 3]).map((probability, index) => push(probability, 17 + index));
    expect(after.at(-1)).toMatchObject({
      type: "speech-start",
      startSample: 10 * 512,
      onsetSample: 17 * 512,
    });
  });

  test("hears otherwise from the moment on at which it is told to, also in the middle of speech", () => {
    const segmenter = new Segmenter(OPTIONS);
    const push = (probability: number, index: number): SegmentEvent | undefined =>
      segmenter.push({ probability, startSample: index * WINDOW, endSample: (index + 1) * WINDOW });
    const before = windows([0.6, 10]).map(push);
    expect(before.at(2)).toMatchObject({ type: "speech-start" });
    segmenter.adjust({ speechThreshold: 0.9, silenceThreshold: 0.7, preRollMs: 100 });
    const after = windows([0.6, 50], [0.95, 3]).flatMap((probability, index) => {
      return push(probability, 10 + index) ?? [];
    });
    expect(after.map(({ type }) => type)).toEqual([
      "speech-pause",
      "speech-end",
      "speech-onset",
      "speech-start",
    ]);
    expect(after.at(-1)).toMatchObject({ startSample: 60 * 512 - 1600, onsetSample: 60 * 512 });
  });

  test("keeps its grammar and its clock for any probabilities", () => {
    const probability = fc.oneof(fc.double({ min: 0, max: 1 }), fc.constantFrom(0, 0.34, 0.35, 0.5, 1, NaN));
    const times = fc.record({
      minimumSpeechMs: fc.nat(200),
      pauseMs: fc.nat(200),
      hangoverMs: fc.integer({ min: 200, max: 500 }),
      preRollMs: fc.nat(600),
    });
    const runs = fc.array(fc.tuple(probability, fc.integer({ min: 1, max: 20 })), { maxLength: 40 });
    fc.assert(
      fc.property(runs, times, (plan, chosen) => {
        const events = segment(windows(...plan), { ...OPTIONS, ...chosen });
        const letters = { onset: "o", false: "f", start: "s", pause: "p", resume: "r", end: "e" };
        const grammar = events
          .map(
            ({ type }) => letters[type === "false-onset" ? "false" : (type.slice(7) as keyof typeof letters)],
          )
          .join("");
        expect(grammar).toMatch(/^(of|o?s(pr)*p?e)*o?$/);
        let clock = 0;
        let heardUpTo = 0;
        for (const event of events) {
          expect(event.atSample).toBeGreaterThanOrEqual(clock);
          clock = event.atSample;
          if (event.type === "speech-start") {
            expect(event.startSample).toBeGreaterThanOrEqual(heardUpTo);
            expect(event.startSample).toBeLessThanOrEqual(event.onsetSample);
          }
          if (event.type === "speech-end") {
            expect(event.endSample).toBeGreaterThan(event.startSample);
            expect(event.endSample).toBeLessThanOrEqual(event.atSample);
            heardUpTo = event.endSample;
          }
        }
      }),
    );
  });

  test("refuses thresholds and times that contradict each other", () => {
    expect(() => new Segmenter({ ...OPTIONS, silenceThreshold: 0.6 })).toThrow(RangeError);
    expect(() => new Segmenter({ ...OPTIONS, pauseMs: 2_000 })).toThrow(RangeError);
    expect(() => {
      new Segmenter(OPTIONS).adjust({ speechThreshold: 0.3, silenceThreshold: 0.35, preRollMs: 0 });
    }).toThrow(RangeError);
  });
});
