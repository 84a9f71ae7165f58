import { expect, test } from "vitest";

import type { SpeechDetectorStream } from "../../streaming/contracts.ts";
import { unfailing } from "../../streaming/unfailing-detector.ts";

const WINDOW = new Float32Array(512);

/** A detector that does these things one after the other: scores, or fails. */
function scripted(steps: readonly (number | Error)[]) {
  const waiting = [...steps];
  const told: unknown[] = [];
  const score = async (): Promise<number> => {
    const step = (await Promise.resolve(waiting.shift())) ?? 0;
    if (typeof step !== "number") throw step;
    return step;
  };
  let resets = 0;
  const stream = unfailing({ score, reset: () => (resets += 1) }, (error) => told.push(error));
  return { stream, told, resets: () => resets };
}

async function scoresOf(stream: SpeechDetectorStream, windows: number): Promise<number[]> {
  const scores: number[] = [];
  for (let window = 0; window < windows; window++)
    scores.push(await stream.score(WINDOW, new AbortController()));
  return scores;
}

// Without a score no window would come, and no time would pass; told each time, a client gets 31 errors a second.
test("what cannot be scored is no speech, and of failures in a row the first is told", async () => {
  const [first, again] = [new Error("died"), new Error("died again")];
  const { stream, told } = scripted([0.9, first, again, again, 0.8]);
  expect(await scoresOf(stream, 5)).toEqual([0.9, 0, 0, 0, 0.8]);
  expect(told).toEqual([first]);
});

// A detector that fails every other window would tell a client 15 times a second.
test("a failure is told again only behind a second without one", async () => {
  const [first, again, later] = [new Error("died"), new Error("died again"), new Error("died later")];
  const second = Array<number>(32).fill(0.1);
  const { stream, told } = scripted([
    first,
    0.1,
    again,
    0.1,
    again,
    ...second.slice(1),
    again,
    ...second,
    later,
  ]);
  await scoresOf(stream, 70);
  expect(told).toEqual([first, later]);
});

// A conversation that is closed would be told of an error, and hear on.
test("who is told to stop does, and has not failed", async () => {
  const { stream, told } = scripted([new Error("stopped")]);
  const controller = new AbortController();
  const reason = new Error("closed");
  controller.abort(reason);
  await expect(stream.score(WINDOW, controller)).rejects.toBe(reason);
  expect(told).toEqual([]);
});

// What was heard before a gap would be taken for the past of what comes after it.
test("the past is forgotten where it is to be", () => {
  const { stream, resets } = scripted([]);
  stream.reset();
  expect(resets()).toBe(1);
});
