import fc from "fast-check";

import type { Evidence, InView } from "../../../streaming/index.ts";

export const share = fc.double({ min: 0, max: 1, noNaN: true });
const decibels = fc.double({ min: -20, max: 60, noNaN: true });

/** Whatever may be known of a stretch, but for what a camera showed. */
export const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  text: fc.oneof(fc.string(), fc.constantFrom("yeah", "stop", "what is it?", "um", "mom, come here")),
  isFinal: fc.boolean(),
  speechMs: fc.nat(30_000),
  speechProbability: share,
  levelDb: decibels,
  levelBelowUserDb: fc.option(decibels, { nil: undefined }),
  finishedProbability: fc.option(share, { nil: undefined }),
  recognition: fc.option(
    fc.record({
      averageLogProbability: fc.double({ min: -5, max: 0, noNaN: true }),
      noSpeechProbability: share,
      rejected: fc.boolean(),
    }),
    { nil: undefined },
  ),
  echo: share,
  spokenText: fc.string(),
  assistantSpeaking: fc.boolean(),
  addressed: fc.option(share, { nil: undefined }),
});

/** Whatever a camera may show. */
export const anyView: fc.Arbitrary<InView> = fc.record({
  people: fc.nat(5),
  things: fc.array(fc.record({ name: fc.constantFrom("coffee cup", "dog", "it"), probability: share }), {
    maxLength: 6,
  }),
});
