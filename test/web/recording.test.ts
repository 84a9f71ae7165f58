import { afterEach, expect, test, vi } from "vitest";

import { readWav } from "../../audio/index.ts";
import { Recording } from "../../web/client/recording.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Both sides for so many frames; the levels tell which frame it was, and whose. */
function record(recording: Recording, frames: number, first = 0): void {
  for (let frame = first; frame < first + frames; frame++) {
    const user = new Float32Array(320).fill((frame % 1000) / 1024);
    const assistant = new Float32Array(320).fill(-(frame % 1000) / 1024);
    recording.add({ user, assistant, userLevel: 0, assistantLevel: 0 });
  }
}

const wavOf = async (recording: Recording): ReturnType<typeof readAll> => await readAll(recording.toWav());

async function readAll(blob: Blob): Promise<ReturnType<typeof readWav>> {
  return readWav(new Uint8Array(await blob.arrayBuffer()));
}

test.each([0, 1, 49, 50, 51, 173])("of %d frames both sides are saved, each on its side", async (frames) => {
  const recording = new Recording();
  record(recording, frames);
  expect(recording.durationMs).toBe(frames * 20);
  const { sampleRate, channels } = await wavOf(recording);
  expect(sampleRate).toBe(16_000);
  const levels = Array.from({ length: frames }, (_, frame) => frame / 1024);
  const ofFrames = (channel: number): number[] =>
    Array.from({ length: frames }, (_, frame) => channels[channel]![frame * 320 + 7]!);
  expect(channels.map(({ length }) => length)).toEqual([frames * 320, frames * 320]);
  for (const [frame, level] of ofFrames(0).entries()) expect(level).toBeCloseTo(levels[frame]!, 3);
  for (const [frame, level] of ofFrames(1).entries()) expect(level).toBeCloseTo(-levels[frame]!, 3);
});

test("what was saved does not change while the recording goes on", async () => {
  const recording = new Recording();
  record(recording, 30);
  const saved = recording.toWav();
  record(recording, 100, 30);
  expect((await readAll(saved)).channels[0]).toHaveLength(30 * 320);
  expect((await wavOf(recording)).channels[0]![40 * 320]).toBeCloseTo(40 / 1024, 3);
});

test("of more than ten minutes the last ones are kept, and saving copies none of them but the last second", async () => {
  const recording = new Recording();
  record(recording, 10 * 60 * 50 + 110);
  let copied = 0;
  vi.stubGlobal(
    "Blob",
    class extends Blob {
      constructor(parts: (Blob | Uint8Array<ArrayBuffer>)[], options?: BlobPropertyBag) {
        super(parts, options);
        for (const part of parts) if (part instanceof Uint8Array) copied += part.length;
      }
    },
  );
  const saved = recording.toWav();
  expect(copied).toBe(44 + 10 * 1280);
  expect(recording.durationMs).toBe(10 * 60_000 + 200);
  const { channels } = await readAll(saved);
  expect(channels[0]![0]).toBeCloseTo(100 / 1024, 3);
  expect(channels[0]!.at(-1)).toBeCloseTo(109 / 1024, 3);
});
