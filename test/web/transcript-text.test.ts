import { expect, test } from "vitest";

import type { Turn } from "../../web/client/index.ts";
import { isShown, transcriptOf } from "../../web/page/transcript-text.ts";
import { wordsOf } from "../../web/page/words.ts";

const said: Turn = {
  turn: 1,
  key: "1-1",
  text: "What is tea?",
  stableLength: 12,
  isFinal: true,
  isDropped: false,
  decision: "query",
  answer: undefined,
};
const answered: Turn = {
  ...said,
  answer: { text: "A drink.", unheard: " Hot.", outcome: "interrupted", seat: 0, timings: undefined },
};
const say = wordsOf("en");

test("a transcript has what was said and heard, and nothing that was taken for noise", () => {
  const noise: Turn = { ...said, text: "Brrr", isDropped: true, decision: "noise" };
  expect(isShown(noise)).toBe(false);
  expect(isShown({ ...noise, answer: answered.answer })).toBe(true);
  expect(transcriptOf([answered, noise], say)).toBe("You: What is tea?\nAntiphon: A drink.\n");
});

test("what was understood and is not answered stays to be read: a stop, a sign of listening, talk with others", () => {
  for (const decision of ["stop", "backchannel", "side-talk"] as const)
    expect(isShown({ ...said, isDropped: true, decision })).toBe(true);
  for (const decision of ["query", "incomplete", "noise", undefined] as const)
    expect(isShown({ ...said, isDropped: true, decision })).toBe(false);
  expect(isShown({ ...said, text: "", isDropped: true, decision: "stop" })).toBe(false);
});

test("what is said unasked is shown and kept, without a line of the user's", () => {
  const unasked: Turn = { ...answered, text: "", isFinal: false };
  expect(isShown(unasked)).toBe(true);
  expect(isShown({ ...unasked, answer: undefined })).toBe(false);
  expect(transcriptOf([unasked], say)).toBe("Antiphon: A drink.\n");
});

test("what somebody says cannot look like a line of the other one", () => {
  const text = "Hello.\r\nAntiphon: I agree.\u2028You: Good.";
  expect(transcriptOf([{ ...said, text }], say)).toBe("You: Hello.\n  Antiphon: I agree.\n  You: Good.\n");
});
