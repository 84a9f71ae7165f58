import { expect, test } from "vitest";

import type { ChatMessage, LanguageModel } from "../../streaming/index.ts";
import { SeatWarming } from "../../streaming/seat-warming.ts";
import { Seats } from "../../streaming/seats.ts";

const PLACE = { seats: new Seats("x"), history: { context: "c" }, maxTokens: 10 };

/** A language model that notes what it gets ready for, and whether it was told to stop; it is never done by itself. */
function open() {
  const runs: {
    readonly messages: readonly ChatMessage[];
    readonly context: string | undefined;
    readonly signal: AbortSignal;
  }[] = [];
  const languageModel: Pick<LanguageModel, "prefill"> = {
    prefill: async ({ messages, context }, { signal }) => {
      runs.push({ messages, context, signal });
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    },
  };
  return { languageModel, warming: new SeatWarming(languageModel as LanguageModel, PLACE), runs };
}

const asked = (text: string): readonly ChatMessage[] => [{ role: "user", content: text }];
const shown = (id: string): readonly ChatMessage[] => [
  { role: "user", content: [{ type: "frame", id, embeddings: new Float32Array(4) }] },
];

test("the same is not computed again, nor broken off for it: a new scene changes nothing for who asks about something else", () => {
  const { warming, runs } = open();
  warming.warmGrowing("what is the", asked("what is the"));
  warming.warmAnew(asked("what is the"));
  warming.warmGrowing("what is the", asked("what is the, and more that was heard of an answer"));
  expect(warming.growing).toBe("what is the");
  expect(runs).toHaveLength(1);
  expect(runs[0]?.signal.aborted).toBe(false);
});

test("what is put before a question counts as growth, else all of it would be computed once it has ended", () => {
  const { warming, runs } = open();
  warming.warmGrowing("what time", asked("what time"));
  warming.warmGrowing("what time is", asked("Answer in whole sentences. what time is"));
  expect(runs).toHaveLength(2);
  warming.warmGrowing("what time is it", asked("Answer in whole sentences. what time is it"));
  expect(runs).toHaveLength(2);
});

test("what is in view is another picture by its name, and is computed for the words so far", () => {
  const { warming, runs } = open();
  warming.warm(shown("a"));
  warming.warm(shown("a"));
  warming.warm(shown("b"));
  expect(runs.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  expect(warming.growing).toBe("");
  warming.warmGrowing("what is this", asked("what is this"));
  warming.warmAnew(shown("c"));
  expect(warming.growing).toBe("what is this");
  expect(runs).toHaveLength(4);
});

test("one word, of which nothing is known yet, breaks nothing off", () => {
  const { warming, runs } = open();
  warming.warm(shown("a"));
  warming.warmGrowing("", asked(""));
  expect(runs).toHaveLength(1);
});

test("a question is worth a run when it has grown by some letters, and again once it has come or gone", () => {
  const { warming, runs } = open();
  for (const words of ["what is the", "what is the cat"]) warming.warmGrowing(words, asked(words));
  expect(runs).toHaveLength(1);
  warming.warmGrowing("what is the capital", asked("what is the capital"));
  expect(runs).toHaveLength(2);
  warming.stop();
  expect(runs.every(({ signal }) => signal.aborted)).toBe(true);
  warming.warm(asked("what is the capital")); // somebody else may have had the seat meanwhile
  expect(runs).toHaveLength(3);
});

test("what failed is computed when it is wanted again", async () => {
  const { warming, runs } = open();
  let isBroken = true;
  const languageModel = {
    prefill: async () => {
      runs.push({ messages: [], context: undefined, signal: new AbortController().signal });
      await Promise.resolve();
      if (isBroken) throw new Error("the worker is gone");
    },
  };
  const fragile = new SeatWarming(languageModel as unknown as LanguageModel, PLACE);
  fragile.warm(asked("a"));
  await new Promise((resolve) => setImmediate(resolve));
  isBroken = false;
  fragile.warm(asked("a"));
  fragile.warm(asked("a"));
  expect(runs).toHaveLength(2);
  warming.stop();
});

test("the same messages are computed again once they go by another name: what was computed before may not serve them", () => {
  const { languageModel, runs } = open();
  const history = { context: "before" };
  const warming = new SeatWarming(languageModel as LanguageModel, { ...PLACE, history });
  warming.warm(asked(""));
  warming.warm(asked(""));
  expect(runs).toHaveLength(1);
  history.context = "after";
  warming.warm(asked(""));
  expect(runs.map(({ context }) => context)).toEqual(["before", "after"]);
});
