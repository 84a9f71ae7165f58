import { describe, expect, it } from "vitest";

import type { HeardWindow } from "../../streaming/listening.ts";
import { StretchEvidence } from "../../streaming/stretch-evidence.ts";

const heard = (levelDb: number, probability = 0.9, echo = 0): HeardWindow => ({
  endSample: 0,
  durationMs: 32,
  probability,
  levelDb,
  echo,
  quiet: probability === 0,
  segment: undefined,
});
const words = {
  text: "Hello.",
  transcript: undefined,
  isFinal: true,
  finishedProbability: undefined,
  assistantSpeaking: false,
  spokenText: "",
  addressed: undefined,
  isToSomebody: false,
};

describe("what is known of a stretch of sound", () => {
  it("is its length, its mean score and echo, and how far it stands out of the room", () => {
    const evidence = new StretchEvidence();
    for (let index = 0; index < 20; index++) evidence.hear(heard(-60, 0));
    evidence.begin();
    for (let index = 0; index < 10; index++) evidence.hear(heard(-20, 0.8, 0.25));
    const known = evidence.gather(words);
    expect(known.speechMs).toBe(320);
    expect(known.speechProbability).toBeCloseTo(0.8);
    expect(known.echo).toBeCloseTo(0.25);
    expect(known.levelDb).toBeCloseTo(40);
    expect(known.levelBelowUserDb).toBeUndefined();
  });

  it("tells how much quieter somebody is than the user who was answered", () => {
    const evidence = new StretchEvidence();
    evidence.hear(heard(-20));
    evidence.accept();
    evidence.begin();
    for (let index = 0; index < 5; index++) evidence.hear(heard(-32));
    expect(evidence.gather(words).levelBelowUserDb).toBeCloseTo(12);
  });
});
