import { describe, expect, test } from "vitest";

import type { EngineClient } from "../../../models/runtime/engine.ts";
import { createSpeechDetector, VAD_WINDOW, type VadContract } from "../../../models/vad/silero.ts";

type Request = VadContract["score"]["request"];

/** A detector that says how loud the window is and counts windows in its state. */
function countingClient(): {
  client: EngineClient<VadContract>;
  requests: Request[];
  release: (() => void)[];
} {
  const requests: Request[] = [];
  const release: (() => void)[] = [];
  const client: EngineClient<VadContract> = {
    async *run(_method, request, { signal }) {
      requests.push(request);
      await new Promise<void>((resolve, reject) => {
        release.push(resolve);
        const onAbort = (): void => {
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", onAbort, { once: true });
      });
      const state = request.state.map((count) => count + 1);
      yield { probability: request.samples.at(-1) ?? 0, state };
    },
  };
  return { client, requests, release };
}

const signal = new AbortController().signal;

function windowOf(value: number): Float32Array {
  return new Float32Array(VAD_WINDOW).fill(value);
}

/** Lets everything that can go on go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("createSpeechDetector", () => {
  test("gives each window the end and the state of the one before, even if nobody waited", async () => {
    const { client, requests, release } = countingClient();
    const stream = createSpeechDetector(client).openStream();
    const scores = [0.25, 0.5].map((value) => stream.score(windowOf(value), { signal }));
    await settled();
    expect(requests.length).toBe(1);
    release[0]?.();
    await settled();
    release[1]?.();
    expect(await Promise.all(scores)).toEqual([0.25, 0.5]);
    expect(requests.map(({ samples }) => [samples.length, samples[0], samples[64]])).toEqual([
      [576, 0, 0.25],
      [576, 0.25, 0.5],
    ]);
    expect(requests.map(({ state }) => [state.length, state[0]])).toEqual([[256, 0], [256, 1]]); // prettier-ignore
  });

  test("does not keep the caller's window, which may be a reused buffer", async () => {
    const { client, requests, release } = countingClient();
    const stream = createSpeechDetector(client).openStream();
    const window = windowOf(0.25);
    const score = stream.score(window, { signal });
    window.fill(0.75);
    await settled();
    release[0]?.();
    expect(await score).toBe(0.25);
    expect(requests[0]?.samples.at(-1)).toBe(0.25);
  });

  test("forgets the past on reset, also the window that is being scored", async () => {
    const { client, requests, release } = countingClient();
    const stream = createSpeechDetector(client).openStream();
    const score = stream.score(windowOf(0.5), { signal });
    await settled();
    stream.reset();
    release[0]?.();
    await score;
    void stream.score(windowOf(0.25), { signal });
    await settled();
    expect([requests[1]?.samples[0], requests[1]?.state[0]]).toEqual([0, 0]);
  });

  test("rejects an aborted window with its reason and goes on from the one before", async () => {
    const { client, requests, release } = countingClient();
    const stream = createSpeechDetector(client).openStream();
    const controller = new AbortController();
    const aborted = stream.score(windowOf(0.5), { signal: controller.signal });
    const waiting = stream.score(windowOf(0.5), { signal: controller.signal });
    await settled();
    const reason = new Error("hung up");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(requests.length).toBe(1);
    const next = stream.score(windowOf(0.25), { signal });
    await settled();
    release[1]?.();
    expect(await next).toBe(0.25);
    expect(requests[1]?.state[0]).toBe(0);
  });

  test("keeps streams apart", async () => {
    const { client, requests, release } = countingClient();
    const detector = createSpeechDetector(client);
    void detector.openStream().score(windowOf(0.5), { signal });
    await settled();
    release[0]?.();
    await settled();
    void detector.openStream().score(windowOf(0.25), { signal });
    await settled();
    expect([requests[1]?.samples[0], requests[1]?.state[0]]).toEqual([0, 0]);
  });

  test.each([0, 511, 513])("refuses a window of %i samples", async (length) => {
    const stream = createSpeechDetector(countingClient().client).openStream();
    await expect(stream.score(new Float32Array(length), { signal })).rejects.toThrow(RangeError);
  });
});
