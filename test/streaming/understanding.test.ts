import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { RecognizeRequest, Transcript } from "../../streaming/index.ts";
import { Understanding } from "../../streaming/understanding.ts";
import type { TurnProgress, TurnSound } from "../../streaming/understanding.ts";

const RATE = 16_000;

/** A recogniser whose answers the test gives, one by one. */
function scripted() {
  const requests: (RecognizeRequest & {
    readonly answer: (text: string) => void;
    /** Nothing was heard in it. */
    readonly reject: () => void;
    readonly fail: (error: Error) => void;
    readonly signal: AbortSignal;
  })[] = [];
  const recognize = async (
    request: RecognizeRequest,
    { signal }: { signal: AbortSignal },
  ): Promise<Transcript> =>
    await new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
      const answer = (text: string): void => {
        resolve({
          text,
          tokens: [text.length],
          noSpeechProbability: 0,
          averageLogProbability: 0,
          rejected: false,
        });
      };
      const rejectWords = (): void => {
        resolve({ text: "", tokens: [], noSpeechProbability: 1, averageLogProbability: 0, rejected: true });
      };
      requests.push({ ...request, answer, reject: rejectWords, fail: reject, signal });
    });
  return { requests, recognizer: { recognize }, endOfTurn: { score: () => Promise.resolve(0.7) } };
}

const soundFrom = (startSample: number): TurnSound => ({
  startSample,
  onsetSample: startSample,
});

const until = (endSample: number, quiet = false): TurnProgress => ({ endSample, quiet, isOverAnswer: false });

const soundUpTo =
  (endSample: number) =>
  (startSample: number): Float32Array =>
    new Float32Array(endSample - startSample);

function understand(models: ReturnType<typeof scripted>) {
  const partials: { text: string; stable: string }[] = [];
  const understanding = new Understanding(models, soundFrom(0), {
    onPartial: (text, stableLength) => partials.push({ text, stable: text.slice(0, stableLength) }),
  });
  return { understanding, partials };
}

async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}

describe("understanding a turn", () => {
  it("asks whether a turn has ended as if 200 ms of silence lay behind it, 64 ms of which have come", async () => {
    const asked: Float32Array[] = [];
    const endOfTurn = {
      score: (samples: Float32Array) => {
        asked.push(samples);
        return Promise.resolve(0.7);
      },
    };
    const understanding = new Understanding({ ...scripted(), endOfTurn }, soundFrom(0), {
      onPartial: () => undefined,
    });
    const sound = new Float32Array(RATE).fill(0.5);
    expect(await understanding.scoreEnd(() => sound)).toBe(0.7);
    const [samples] = asked;
    expect(samples).toHaveLength(RATE + 0.136 * RATE);
    expect(samples?.subarray(0, RATE)).toEqual(sound);
    expect(samples?.subarray(RATE).every((sample) => sample === 0)).toBe(true);
  });

  it("asks whether a turn has ended with the last 8 s of it, though it was cut meanwhile", async () => {
    const lengths: number[] = [];
    const endOfTurn = {
      score: (samples: Float32Array) => {
        lengths.push(samples.length - 0.136 * RATE);
        return Promise.resolve(0.7);
      },
    };
    const started = 5 * RATE;
    const understanding = new Understanding({ ...scripted(), endOfTurn }, soundFrom(started), {
      onPartial: () => undefined,
    });
    await understanding.scoreEnd(soundUpTo(started + 2 * RATE));
    understanding.hear(until(started + 28 * RATE, false), soundUpTo(started + 28 * RATE));
    await understanding.scoreEnd(soundUpTo(started + 28.5 * RATE));
    expect(lengths).toEqual([2 * RATE, 8.5 * RATE]);
    understanding.stop();
  });

  it("asks for one partial hypothesis at a time and marks what successive ones agree on", async () => {
    const models = scripted();
    const { understanding, partials } = understand(models);
    for (const seconds of [0.2, 0.5, 0.6])
      understanding.hear(until(seconds * RATE, false), soundUpTo(seconds * RATE));
    expect(models.requests).toHaveLength(1);
    models.requests[0]?.answer("What is");
    await settle();
    understanding.hear(until(1.2 * RATE, false), soundUpTo(1.2 * RATE));
    expect(models.requests[1]).toMatchObject({ urgency: "partial", draft: ["What is".length] });
    models.requests[1]?.answer("What is the");
    await settle();
    expect(partials).toEqual([
      { text: "What is", stable: "" },
      { text: "What is the", stable: "What is" },
    ]);
  });

  it("asks early and often while an answer is heard, counting from the first sound of speech", () => {
    const firstAsked = (isOverAnswer: boolean): number => {
      const models = scripted();
      const turn = { startSample: 0, onsetSample: 0.5 * RATE };
      const understanding = new Understanding(models, turn, { onPartial: () => undefined });
      let seconds = 0.5;
      for (; models.requests.length === 0; seconds += 0.02) {
        const endSample = seconds * RATE;
        understanding.hear({ endSample, quiet: false, isOverAnswer }, soundUpTo(endSample));
      }
      understanding.stop();
      return seconds - 0.5;
    };
    expect(firstAsked(true)).toBeLessThan(0.3);
    expect(firstAsked(false)).toBeGreaterThan(0.35);
  });

  it("stops a partial hypothesis for the final one, which verifies the last draft", async () => {
    const models = scripted();
    const { understanding } = understand(models);
    understanding.hear(until(RATE, false), soundUpTo(RATE));
    const final = understanding.recognizeFinal(soundUpTo(2 * RATE));
    await settle();
    expect(models.requests[0]?.signal.aborted).toBe(true);
    models.requests[1]?.answer("What is it?");
    expect((await final).text).toBe("What is it?");
    expect(models.requests[1]).toMatchObject({ urgency: "final" });
  });

  it("cuts an utterance that grows too long at a quiet place and keeps all of its words in order", async () => {
    const models = scripted();
    const { understanding, partials } = understand(models);
    understanding.hear(until(RATE, false), soundUpTo(RATE));
    models.requests.shift()?.answer("First half and");
    await settle();
    understanding.hear(until(21 * RATE, true), soundUpTo(21 * RATE));
    await settle();
    expect(models.requests[0]).toMatchObject({ urgency: "final" });
    expect(models.requests[0]?.samples.length).toBe(21 * RATE);
    understanding.hear(until(22 * RATE, false), soundUpTo(22 * RATE));
    expect(models.requests[1]?.samples.length).toBe(RATE);
    models.requests[0]?.answer("First half.");
    await settle();
    models.requests[1]?.answer("Second");
    await settle();
    expect(partials.at(-1)?.text).toBe("First half. Second");
    const final = understanding.recognizeFinal(soundUpTo(23 * RATE));
    await settle();
    models.requests[2]?.answer("Second half.");
    expect((await final).text).toBe("First half. Second half.");
  });

  it("is as sure of a turn as of its words, though silence alone came behind the last cut", async () => {
    const models = scripted();
    const { understanding } = understand(models);
    understanding.hear(until(20 * RATE, true), soundUpTo(20 * RATE));
    const final = understanding.recognizeFinal(soundUpTo(20.05 * RATE));
    await settle();
    models.requests[0]?.answer("All that was said.");
    await settle();
    models.requests[1]?.reject();
    expect(await final).toMatchObject({ text: "All that was said.", rejected: false });
  });

  it("shows the whole turn while a part that was cut off is still being recognised, and after that failed", async () => {
    const models = scripted();
    const { understanding, partials } = understand(models);
    const hear = async (seconds: number, text: string) => {
      understanding.hear(until(seconds * RATE, false), soundUpTo(seconds * RATE));
      models.requests.pop()?.answer(text);
      await settle();
    };
    await hear(1, "First half");
    await hear(20, "First half and");
    understanding.hear(until(21 * RATE, true), soundUpTo(21 * RATE));
    await settle();
    const cut = models.requests.pop();
    await hear(22, "Second");
    await hear(23, "Second half");
    expect(partials.slice(-2)).toEqual([
      { text: "First half and Second", stable: "First half" },
      { text: "First half and Second half", stable: "First half" },
    ]);
    cut?.fail(new Error("out of order"));
    await settle();
    const final = understanding.recognizeFinal(soundUpTo(24 * RATE));
    await settle();
    models.requests.at(-1)?.answer("second half.");
    expect((await final).text).toBe("First half and second half.");
  });

  it("never takes back what it called stable, also where a part is recognised otherwise as a whole", async () => {
    const words = fc.array(fc.constantFrom("one", "two", "three"), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(words, fc.boolean()), { maxLength: 12 }), async (hypotheses) => {
        const models = scripted();
        const { understanding, partials } = understand(models);
        let seconds = 0;
        for (const [heard, isCut] of hypotheses) {
          seconds += isCut ? 21 : 1;
          understanding.hear(until(seconds * RATE, isCut), soundUpTo(seconds * RATE));
          await settle();
          models.requests.pop()?.answer(heard.join(" "));
          await settle();
        }
        for (const [index, { text, stable }] of partials.entries()) {
          expect(text.startsWith(stable)).toBe(true);
          expect(stable.startsWith(partials[index - 1]?.stable ?? "")).toBe(true);
        }
      }),
    );
  });

  it("is cut even without a quiet place before the recogniser's 30 seconds are full", async () => {
    const models = scripted();
    const { understanding } = understand(models);
    understanding.hear(until(28 * RATE, false), soundUpTo(28 * RATE));
    await settle();
    expect(models.requests[0]?.urgency).toBe("final");
  });

  it("ends all of its work when stopped", async () => {
    const models = scripted();
    const { understanding, partials } = understand(models);
    understanding.hear(until(RATE, false), soundUpTo(RATE));
    const final = understanding.recognizeFinal(soundUpTo(RATE));
    await settle();
    understanding.stop();
    await expect(final).rejects.toMatchObject({ name: "AbortError" });
    expect(models.requests.every(({ signal }) => signal.aborted)).toBe(true);
    expect(partials).toEqual([]);
  });
});
