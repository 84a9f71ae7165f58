import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { LruCache } from "../../../models/vits/lru-cache.ts";
import { firstAudible, lastAudible, withFinalSilence } from "../../../models/vits/silence.ts";
import { symbolSequence } from "../../../models/vits/symbols.ts";
import { wordTimings } from "../../../models/vits/timings.ts";
import { utterancesOf } from "../../../models/vits/utterances.ts";
import { parseVoiceConfig } from "../../../models/vits/voice-config.ts";
import { frameWindows } from "../../../models/vits/windows.ts";
import { normalize } from "../../../streaming/index.ts";

describe("frame windows", () => {
  it("cover every frame once, none too short to hold the final silence, none longer than a step may last", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), (frameCount) => {
        const windows = [...frameWindows(frameCount)];
        expect(
          windows.flatMap(({ from, to }) => Array.from({ length: to - from }, (_u, index) => from + index)),
        ).toEqual(Array.from({ length: frameCount }, (_u, index) => index));
        for (const { from, to } of windows) {
          expect(to - from).toBeLessThan(120);
          if (windows.length > 1) expect(to - from).toBeGreaterThanOrEqual(24);
        }
      }),
    );
  });

  it("start small, because the listener waits for the first", () => {
    expect([...frameWindows(400)].map(({ from, to }) => to - from)).toEqual([24, 48, 96, 96, 96, 40]);
  });
});

describe("symbol sequence", () => {
  const ids = new Map([["^", [1]], ["_", [0]], ["$", [2]], ["a", [5]], ["b", [6]], [" ", [3]]]); // prettier-ignore

  it("is Piper's: start, pad, phoneme and pad in turns, end", () => {
    const runs = [{ symbols: "ab", word: 0 }, { symbols: " ", word: undefined }, { symbols: "b", word: 1 }]; // prettier-ignore
    const sequence = symbolSequence(runs, 3, ids);
    expect(sequence.ids).toEqual([1, 0, 5, 0, 6, 0, 3, 0, 6, 0, 2]);
    expect(sequence.wordSpans).toEqual([[2, 6], [8, 10], undefined]);
  });

  it("drops what the voice does not know, and counts it", () => {
    expect(symbolSequence([{ symbols: "aʔ", word: 0 }], 1, ids)).toMatchObject({
      ids: [1, 0, 5, 0, 2],
      droppedCount: 1,
    });
  });
});

describe("word timings", () => {
  const words = normalize("one two three");
  const base = { frameSamples: 100, sampleRate: 1000, offsetSamples: 0 };

  it("follow the network's durations, and a silent word lasts no time", () => {
    const timings = wordTimings(words, [[1, 2], undefined, [2, 4]], Float32Array.of(1, 2, 3, 4), base);
    expect(timings).toEqual([
      { text: "one", startMs: 100, endMs: 300 },
      { text: "two", startMs: 300, endMs: 300 },
      { text: "three", startMs: 300, endMs: 1000 },
    ]);
  });

  it("never start before the sound, whatever was trimmed", () => {
    const timings = wordTimings(
      words,
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      Float32Array.of(1, 1, 1),
      { ...base, offsetSamples: -150 },
    );
    expect(timings.map((word) => word.startMs)).toEqual([0, 0, 50]);
  });
});

describe("silence", () => {
  it("is found around a sound", () => {
    const samples = Float32Array.of(0, 0.001, 0.5, 0, -0.5, 0.002, 0);
    expect([firstAudible(samples), lastAudible(samples)]).toEqual([2, 5]);
    expect([firstAudible(new Float32Array(3)), lastAudible(new Float32Array(3))]).toEqual([3, 0]);
  });

  it("at the end gets the length asked for, shorter or longer", () => {
    const samples = Float32Array.of(0.5, 0, 0, 0);
    expect(withFinalSilence(samples, 1)).toEqual(Float32Array.of(0.5, 0));
    expect(withFinalSilence(samples, 5)).toEqual(Float32Array.of(0.5, 0, 0, 0, 0, 0));
  });
});

describe("utterances", () => {
  it("end with sentences", () => {
    const texts = utterancesOf(normalize("Yes. Is it so? It is, I think")).map(({ words }) =>
      words.map((word) => word.written).join(" "),
    );
    expect(texts).toEqual(["Yes.", "Is it so?", "It is, I think"]);
  });

  it("are never too long for one run, lose no word, and prefer to end at a comma", () => {
    const words = normalize(
      `${"many words follow ".repeat(6)}here, ${"and still more words follow ".repeat(20)}${"9".repeat(500)}`,
    );
    const utterances = utterancesOf(words);
    expect(utterances.flatMap((utterance) => utterance.words.map((word) => word.written))).toEqual(
      words.map((word) => word.written),
    );
    for (const utterance of utterances) {
      expect(utterance.words.map((word) => word.spoken).join(" ").length).toBeLessThanOrEqual(160);
    }
    expect(utterances[0]?.words.at(-1)?.written).toBe("here,");
  });
});

describe("voice configuration", () => {
  it.each(["", "[]", "{}", '{"audio":{"sample_rate":-1}}'])("refuses %j with a typed error", (json) => {
    expect(() => parseVoiceConfig(json)).toThrow(expect.objectContaining({ code: "checkpoint-invalid" }));
  });
});

describe("cache", () => {
  it("forgets what was not used for longest", () => {
    const cache = new LruCache<number>(2);
    cache.set("a", 1);
    cache.set("b", 2);
    expect(cache.get("a")).toBe(1);
    cache.set("c", 3);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
  });
});
