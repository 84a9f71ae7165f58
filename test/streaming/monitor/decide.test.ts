import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { classifyEarly, decide } from "../../../streaming/index.ts";
import type { Evidence } from "../../../streaming/index.ts";
import { anyEvidence, share } from "./any-evidence.ts";
import { OVER_ANSWER } from "./circumstances.ts";

const EARLY: Evidence = {
  ...OVER_ANSWER,
  isFinal: false,
  speechMs: 200,
  recognition: undefined,
  levelBelowUserDb: undefined,
};

describe("what can be said before the words", () => {
  test("nothing of a clear voice: the answer is turned down at once", () => {
    expect(classifyEarly(EARLY)).toBeUndefined();
    expect(decide(EARLY).kind).toBe("incomplete");
  });

  test("the assistant's own voice is noise", () => {
    expect(classifyEarly({ ...EARLY, echo: 0.9 })).toMatchObject({ kind: "noise" });
  });

  test("a sound as quiet as the room is noise", () => {
    expect(classifyEarly({ ...EARLY, levelDb: 1 })).toMatchObject({ kind: "noise" });
  });

  test("a far voice must wait for its words", () => {
    expect(classifyEarly({ ...EARLY, levelBelowUserDb: 15 })).toMatchObject({ kind: "side-talk" });
  });

  test("words are left to the full decision", () => {
    expect(classifyEarly({ ...EARLY, text: "stop", echo: 0.9 })).toBeUndefined();
  });
});

test.each(["Computer, stop.", "Stop, computer!"])(
  "%j is a command, for all that it calls the assistant",
  (text) => {
    expect(decide({ ...OVER_ANSWER, text }).kind).toBe("stop");
  },
);

test("the reason names what settled it", () => {
  expect(decide({ ...OVER_ANSWER, text: "Stop." }).reason).toBe("the whole utterance is a command to stop");
  expect(decide({ ...OVER_ANSWER, text: "It lies on the river Seine.", echo: 0.9 }).reason).toContain("own");
});

test("the language model's word alone does not silence a plain question", () => {
  const text = "What's the capital of France?";
  const silent = { ...OVER_ANSWER, text, assistantSpeaking: false, spokenText: "" };
  expect(decide({ ...silent, addressed: 0 }).kind).toBe("query");
});

describe("how it sounds", () => {
  const UNSURE = { near: 0.25, far: 0.25, backchannel: 0.2, stop: 0.2, noise: 0.1 };
  const sounding = (text: string, manner: Partial<typeof UNSURE>): Evidence => ({
    ...OVER_ANSWER,
    text,
    speechMs: 500,
    recognition: {
      averageLogProbability: -0.8,
      noSpeechProbability: 0.05,
      rejected: false,
    },
    manner: { ...UNSURE, ...manner },
  });

  test("tells a misheard sign of listening and a misheard command from an interruption", () => {
    expect(decide(sounding("and course", {})).kind).toBe("query");
    expect(decide(sounding("and course", { backchannel: 0.9 })).kind).toBe("backchannel");
    expect(decide(sounding("Golden", { stop: 0.95 })).kind).toBe("stop");
  });

  test("does not outweigh words that are plain", () => {
    expect(decide(sounding("Stop.", { backchannel: 0.95 })).kind).toBe("stop");
    expect(decide(sounding("Mm-hmm.", { stop: 0.95 })).kind).toBe("backchannel");
    expect(decide(sounding("Why not?", { backchannel: 0.95 })).kind).toBe("query");
    expect(decide(sounding("What is the capital of France?", { far: 0.99 })).kind).toBe("query");
  });

  test("gives away a voice from afar before the user's loudness is known", () => {
    const text = "The minister spoke on Monday.";
    const first = { ...sounding(text, { far: 0.97 }), assistantSpeaking: false, levelBelowUserDb: undefined };
    expect(decide({ ...first, speechMs: 2000 }).kind).toBe("side-talk");
  });
});

describe("any evidence", () => {
  test("leads to a decision with a probability and a reason", () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const { probability, reason } = decide(evidence);
        expect(probability).toBeGreaterThan(0);
        expect(probability).toBeLessThanOrEqual(1);
        expect(reason).not.toBe("");
      }),
    );
  });

  test("never makes a query of a backchannel over an answer", () => {
    fc.assert(
      fc.property(anyEvidence, fc.constantFrom("Yeah.", "Mm-hmm.", "Oh wow!", "I see."), (evidence, text) => {
        expect(decide({ ...evidence, text, assistantSpeaking: true }).kind).not.toBe("query");
      }),
    );
  });

  test("never makes more of a query because the sound is more like an echo", () => {
    fc.assert(
      fc.property(anyEvidence, share, share, (evidence, a, b) => {
        const kind = decide({ ...evidence, echo: Math.max(a, b) }).kind;
        if (kind !== "query" || evidence.spokenText !== "") return;
        expect(decide({ ...evidence, echo: Math.min(a, b) }).kind).toBe("query");
      }),
    );
  });
});
