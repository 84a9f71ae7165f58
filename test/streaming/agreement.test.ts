import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { HypothesisAgreement } from "../../streaming/agreement.ts";

function stableTexts(hypotheses: readonly string[]): string[] {
  const agreement = new HypothesisAgreement();
  return hypotheses.map((hypothesis) => agreement.push(hypothesis).stableText);
}

describe("HypothesisAgreement", () => {
  it("holds words back until two hypotheses in a row agree, and the last word even then", () => {
    expect(stableTexts(["What is", "What is the cap", "What is the capital of"])).toEqual([
      "",
      "What is",
      "What is the",
    ]);
  });

  it("does not let case and punctuation, which depend on what follows, count as a change", () => {
    expect(stableTexts(["no.", "No, thank", "No, thank you."]).at(-1)).toBe("No, thank");
  });

  it("does not append words that continue another text than the stable one", () => {
    const contradicting = [
      "I want two",
      "I want two bees",
      "A hornet two bees now",
      "A hornet two bees now then",
    ];
    expect(stableTexts(contradicting)).toEqual(["", "I want two", "I want two", "I want two"]);
  });

  it("shows the whole hypothesis beside the stable part", () => {
    const agreement = new HypothesisAgreement();
    agreement.push("turn off the");
    expect(agreement.push("turn off the light")).toEqual({
      text: "turn off the light",
      stableText: "turn off the",
    });
  });

  const word = fc.constantFrom("a", "A", "a,", "b", "B.", "c", "c?", "—");
  const hypothesis = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));

  it("never takes a stable word back, whatever the recogniser comes up with", () => {
    fc.assert(
      fc.property(fc.array(hypothesis, { maxLength: 12 }), (hypotheses) => {
        const agreement = new HypothesisAgreement();
        let before = "";
        for (const next of hypotheses) {
          const { text, stableText } = agreement.push(next);
          expect(stableText.startsWith(before)).toBe(true);
          expect(text.startsWith(stableText)).toBe(true);
          before = stableText;
        }
      }),
    );
  });

  it("makes all but the last word stable once a hypothesis has come twice", () => {
    fc.assert(
      fc.property(hypothesis, (text) => {
        const words = text.split(" ").slice(0, -1).join(" ");
        expect(stableTexts([text, text]).at(-1)).toBe(words);
      }),
    );
  });
});
