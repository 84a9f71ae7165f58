import { describe, expect, it } from "vitest";

import { DEFAULT_SEGMENTER_OPTIONS } from "../../audio/index.ts";
import { FakeSpeechDetector, tone } from "../../models/fakes/index.ts";
import { recording } from "../support/recordings.ts";
import { Listening, sampleMs } from "../../streaming/listening.ts";
import type { HeardWindow } from "../../streaming/listening.ts";

const options = { pauseMs: 96, hangoverMs: 2000 };

async function hear(listening: Listening, samples: Float32Array, frameSamples = 320): Promise<HeardWindow[]> {
  const windows: HeardWindow[] = [];
  for (let start = 0; start < samples.length; start += frameSamples) {
    const heard = samples.slice(start, start + frameSamples);
    for await (const window of listening.push(heard, new AbortController())) windows.push(window);
  }
  return windows;
}

/** Hears 600 ms of nothing; returns the number of windows. */
async function silence(listening: Listening): Promise<number> {
  return (await hear(listening, new Float32Array(9600))).length;
}

describe("listening", () => {
  it("scores every sample once, whatever the frames' length", async () => {
    for (const frameSamples of [320, 512, 777, 16_000]) {
      const listening = new Listening(new FakeSpeechDetector().openStream(), options);
      const windows = await hear(listening, new Float32Array(16_000), frameSamples);
      expect(windows.map(({ endSample }) => endSample)).toEqual(
        Array.from({ length: Math.floor(16_000 / 512) }, (_, index) => (index + 1) * 512),
      );
    }
  });

  it("finds speech and the pause after it, and remembers the sound from before its onset", async () => {
    const listening = new Listening(new FakeSpeechDetector().openStream(), options);
    const sound = new Float32Array(3 * 16_000);
    sound.set(tone(300, 1000), 16_000);
    const segments = (await hear(listening, sound)).flatMap(({ segment }) => segment ?? []);
    expect(segments.map(({ type }) => type)).toEqual(["speech-onset", "speech-start", "speech-pause"]);
    const [onset, start, pause] = segments;
    expect(onset?.type === "speech-onset" && sampleMs(onset.onsetSample)).toBeCloseTo(1000, -2);
    const startSample = start?.type === "speech-start" ? start.startSample : 0;
    expect(sampleMs(startSample)).toBeCloseTo(500, -2);
    expect(pause?.type === "speech-pause" && sampleMs(pause.endSample)).toBeCloseTo(2000, -2);
    expect(listening.since(startSample).length).toBe(listening.endSample - startSample);
  });

  it("hears new speech after a turn was finished as a new segment", async () => {
    const listening = new Listening(new FakeSpeechDetector().openStream(), options);
    await hear(listening, tone(300, 500));
    await hear(listening, new Float32Array(16_000 * 0.3));
    listening.finishSegment();
    const again = await hear(listening, tone(300, 500));
    expect(again.flatMap(({ segment }) => segment?.type ?? [])).toEqual(["speech-onset", "speech-start"]);
  });

  it("starts afresh, the detector with it, after time that was not heard", async () => {
    const stream = new FakeSpeechDetector().openStream();
    let resets = 0;
    const listening = new Listening({ ...stream, reset: () => (resets += 1) }, options);
    await hear(listening, tone(300, 500));
    listening.startAfresh();
    const again = await hear(listening, tone(300, 500));
    expect(again.flatMap(({ segment }) => segment?.type ?? [])).toEqual(["speech-onset", "speech-start"]);
    expect(resets).toBe(1);
  });

  it("calls a window quiet below the probability from which the segmenter hears silence", async () => {
    const { silenceThreshold } = DEFAULT_SEGMENTER_OPTIONS;
    const scores = [silenceThreshold - 0.01, silenceThreshold, 1];
    const score = () => Promise.resolve(scores.shift() ?? 0);
    const listening = new Listening({ score, reset: () => undefined }, options);
    const windows = await hear(listening, new Float32Array(3 * 512));
    expect(windows.map(({ quiet }) => quiet)).toEqual([true, false, false]);
  });

  it("takes for speech and for silence what a client wants it to, from the moment on at which that is said", async () => {
    const listening = new Listening({ score: () => Promise.resolve(0.6), reset: () => undefined }, options);
    const isQuiet = async (): Promise<boolean[]> =>
      (await hear(listening, new Float32Array(512))).map(({ quiet }) => quiet);
    expect(await isQuiet()).toEqual([false]);
    listening.configure({ threshold: 0.9 });
    expect(await isQuiet()).toEqual([true]);
    listening.configure();
    expect(await isQuiet()).toEqual([false]);
  });

  it("remembers as much of the sound before an onset as a client wants it to", async () => {
    const preRollOf = async (preRollMs: number): Promise<number> => {
      const listening = new Listening(new FakeSpeechDetector().openStream(), options);
      listening.configure({ preRollMs });
      const sound = new Float32Array(3 * 16_000);
      sound.set(tone(300, 1000), 2 * 16_000);
      const segments = (await hear(listening, sound)).flatMap(({ segment }) => segment ?? []);
      const start = segments.find(({ type }) => type === "speech-start");
      return start?.type === "speech-start" ? start.onsetSample - start.startSample : Number.NaN;
    };
    expect(await preRollOf(0)).toBe(0);
    expect(await preRollOf(1500)).toBe(24_000);
  });

  it("takes its own voice out of the loudspeaker for nobody's speech, and still hears a user over it", async () => {
    const voice = await recording("jfk-16k.flac");
    const always = { score: () => Promise.resolve(0.9), reset: () => undefined };
    const windowsOf = async (user: (at: number) => number): Promise<HeardWindow[]> => {
      const listening = new Listening(always, options);
      const windows: HeardWindow[] = [];
      const delay = 0.12 * 16_000;
      for (let start = 0; start + 320 <= 6 * 16_000; start += 320) {
        listening.play({ samples: voice.slice(start, start + 320), sampleRate: 16_000 });
        const heard = Float32Array.from({ length: 320 }, (_, index) => {
          const at = start + index;
          return 0.03 * (voice[at - delay] ?? 0) + user(at);
        });
        for await (const window of listening.push(heard, new AbortController())) windows.push(window);
      }
      return windows.filter(({ endSample }) => endSample > 2 * 16_000);
    };
    const share = (windows: readonly HeardWindow[]): number =>
      windows.filter(({ probability }) => probability === 0).length / windows.length;
    expect(share(await windowsOf(() => 0))).toBeGreaterThan(0.8);
    expect(share(await windowsOf((at) => 0.8 * (voice[voice.length - at] ?? 0)))).toBeLessThan(0.4);
  });

  it("knows the echo of what a loudspeaker held, once it goes on", async () => {
    const voice = await recording("jfk-16k.flac");
    const listening = new Listening({ score: () => Promise.resolve(0.9), reset: () => undefined }, options);
    const echoOf = async (from: number, to: number, play: boolean): Promise<number> => {
      let [sum, count] = [0, 0];
      for (let start = from; start + 320 <= to; start += 320) {
        if (play) listening.play({ samples: voice.slice(start, start + 320), sampleRate: 16_000 });
        const heard = voice.slice(start, start + 320).map((sample) => 0.1 * sample);
        for await (const { echo } of listening.push(heard, new AbortController()))
          [sum, count] = [sum + echo, count + 1];
      }
      return sum / count;
    };
    expect(await echoOf(0, 48_000, true)).toBeGreaterThan(0.5);
    // Half a second is sent ahead, of which nothing is heard: the loudspeaker is held.
    for (let start = 48_000; start < 56_000; start += 320)
      listening.play({ samples: voice.slice(start, start + 320), sampleRate: 16_000 });
    listening.followFloor("paused", 0);
    expect(await silence(listening)).toBeGreaterThan(0);
    listening.followFloor("full", 500);
    expect(await echoOf(48_000, 56_000, false)).toBeGreaterThan(0.5);
  });
});
