import { expect, test } from "vitest";

import {
  judgeSegments,
  letPass,
  type SegmentOutcome,
  wasAnswered,
  yielded,
} from "../../../bench/duplex/outcomes.ts";
import { answerEnd, answerStart, decision, floor, handMade } from "./hand-made.ts";

/** A question, and an answer from 1500 ms on that is talked over at 3000 ms. */
const opening = [["query", 400, 1000] as const] as const;

test("an interruption is measured from its onset to silence and from its end to the answer", () => {
  const [, outcome] = judgeSegments(
    handMade({
      user: [...opening, ["query", 3000, 4500]],
      assistant: [
        [1500, 3250],
        [5100, 6500],
      ],
      messages: [
        [1480, answerStart(1)],
        [3250, answerEnd(1, "interrupted")],
        [5080, answerStart(2)],
      ],
    }),
  );
  expect(outcome).toMatchObject({
    overlapped: true,
    silentMs: 250,
    duckedMs: 250,
    responseMs: 600,
    answeredEarly: false,
    behaviour: "respond",
  });
});

test("an answer that goes on has not yielded and has resumed", () => {
  const [, outcome] = judgeSegments(
    handMade({
      user: [...opening, ["backchannel", 3000, 3300]],
      assistant: [[1500, 9000]],
      messages: [
        [1480, answerStart(1)],
        [8900, answerEnd(1, "completed")],
      ],
    }),
  );
  expect(outcome).toMatchObject({ silentMs: undefined, behaviour: "resume", endedByItself: false });
  expect(letPass(outcome!)).toBe(true);
  expect(wasAnswered(outcome!)).toBe(false);
});

test("an answer that happens to end by itself is not held for one that yields", () => {
  const [, outcome] = judgeSegments(
    handMade({
      user: [...opening, ["backchannel", 3000, 3300]],
      assistant: [[1500, 3400]],
      messages: [
        [1480, answerStart(1)],
        [3300, answerEnd(1, "completed")],
      ],
    }),
  );
  expect(outcome).toMatchObject({ endedByItself: true, silentMs: undefined });
});

test("an answer that goes on into an interruption and ends by itself has not yielded, unless it was about to end anyway", () => {
  const ended = (endMs: number): SegmentOutcome =>
    judgeSegments(
      handMade({
        user: [...opening, ["query", 3000, 4500]],
        assistant: [[1500, endMs]],
        messages: [
          [1480, answerStart(1)],
          [endMs, answerEnd(1, "completed")],
        ],
      }),
    )[1]!;
  expect(ended(3500).endedByItself).toBe(true);
  expect(ended(4200)).toMatchObject({ endedByItself: false, silentMs: undefined });
  expect(yielded(ended(4200))).toBe(false);
});

test("an answer that stops for the next thing said has not stopped for the one before", () => {
  const [, noise, question] = judgeSegments(
    handMade({
      user: [...opening, ["noise", 3000, 4000], ["query", 5000, 6500]],
      assistant: [[1500, 5300]],
      messages: [
        [1480, answerStart(1)],
        [5040, floor(1, "ducked")],
        [5300, answerEnd(1, "interrupted")],
      ],
    }),
  );
  expect(noise).toMatchObject({ silentMs: undefined, duckedMs: undefined, behaviour: "resume" });
  expect(question).toMatchObject({ silentMs: 300, duckedMs: 40 });
});

test("a soft pause that is over within half a second is no yielding, and a longer one is", () => {
  const held = (resumeMs: number): ReturnType<typeof judgeSegments>[number] =>
    judgeSegments(
      handMade({
        user: [...opening, ["side-talk", 3000, 3600]],
        assistant: [
          [1500, 3300],
          [resumeMs, 9000],
        ],
        messages: [
          [1480, answerStart(1)],
          [3100, floor(1, "ducked")],
          [3300, floor(1, "paused")],
          [resumeMs, floor(1, "full")],
        ],
      }),
    )[1]!;
  const short = held(3750);
  expect(short).toMatchObject({ duckedMs: 100, softPauses: [{ durationMs: 450 }], behaviour: "resume" });
  expect(letPass(short)).toBe(true);
  const long = held(3850);
  expect(long).toMatchObject({ silentMs: 300, softPauses: [{ durationMs: 550 }] });
  expect(letPass(long)).toBe(false);
});

test("an answer that goes on after a command to stop has not stopped before its last sound, however long it was held", () => {
  const stopped = (endMs: number, outcome: "completed" | "interrupted"): SegmentOutcome =>
    judgeSegments(
      handMade({
        user: [...opening, ["stop", 3000, 3600]],
        assistant: [[1500, 3300], ...(endMs > 4000 ? [[4000, endMs] as const] : [])],
        messages: [
          [1480, answerStart(1)],
          [3300, floor(1, "paused")],
          [endMs, answerEnd(1, outcome)],
        ],
      }),
    )[1]!;
  expect(stopped(3300, "interrupted").silentMs).toBe(300);
  expect(stopped(4500, "interrupted").silentMs).toBe(1500);
  expect(yielded(stopped(4500, "interrupted"))).toBe(true);
  expect(yielded(stopped(9000, "interrupted"))).toBe(false);
  // Held and then heard to its end: it has never stopped, nor was it about to end when it was talked over.
  expect(stopped(4500, "completed")).toMatchObject({ silentMs: undefined, endedByItself: false });
});

test("yielding to what is no interruption counts within one second only, to an interruption within two", () => {
  const [, outcome] = judgeSegments(
    handMade({
      user: [...opening, ["noise", 3000, 4000]],
      assistant: [[1500, 4500]],
      messages: [
        [1480, answerStart(1)],
        [4500, answerEnd(1, "interrupted")],
      ],
    }),
  );
  expect(outcome).toMatchObject({ silentMs: 1500, behaviour: "resume" });
  expect(letPass(outcome!)).toBe(true);
  expect(yielded(outcome!)).toBe(true);
});

test("an answer before the end of the interruption is early, and its delay is nothing", () => {
  const [, outcome] = judgeSegments(
    handMade({
      user: [...opening, ["query", 3000, 5000]],
      assistant: [
        [1500, 3200],
        [4000, 6000],
      ],
      messages: [
        [1480, answerStart(1)],
        [3200, answerEnd(1, "interrupted")],
        [3990, answerStart(2)],
      ],
    }),
  );
  expect(outcome).toMatchObject({ answeredEarly: true, responseMs: 0 });
});

test("an answer to noise in silence is told from an answer to what was said next", () => {
  const noiseThenQuestion = (answerMs: number): ReturnType<typeof judgeSegments> =>
    judgeSegments(
      handMade({
        user: [
          ["noise", 1000, 2000],
          ["query", 5000, 6000],
        ],
        assistant: [[answerMs, answerMs + 1500]],
        messages: [[answerMs, answerStart(1)]],
      }),
    );
  const [answered] = noiseThenQuestion(2600);
  expect(wasAnswered(answered!)).toBe(true);
  expect(letPass(answered!)).toBe(false);
  const [ignored, question] = noiseThenQuestion(6500);
  expect(wasAnswered(ignored!)).toBe(false);
  expect(letPass(ignored!)).toBe(true);
  expect(question?.responseMs).toBe(500);
});

test("silence that the recording hardly shows is not taken for yielding", () => {
  const [, outcome] = judgeSegments(
    handMade({
      user: [...opening, ["query", 3000, 3500]],
      assistant: [[1500, 3800]],
      lengthMs: 4000,
      messages: [[1480, answerStart(1)]],
    }),
  );
  expect(outcome?.silentMs).toBeUndefined();
});

test("the last decision about a sound counts", () => {
  const [, outcome] = judgeSegments(
    handMade({
      user: [...opening, ["side-talk", 3000, 4000]],
      assistant: [[1500, 9000]],
      messages: [
        [900, decision(1, "query")],
        [3300, decision(2, "query")],
        [4300, decision(2, "side-talk")],
      ],
    }),
  );
  expect(outcome?.decision).toBe("side-talk");
});
