import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { alignPhonemes } from "../../../models/vits/align-phonemes.ts";

const phonemes = (groups: string[], alone: string[]): string[] =>
  alignPhonemes(groups, alone).map((word) => word.phonemes);

describe("phonemes of a phrase find their words", () => {
  it("where every word has its group", () => {
    expect(phonemes(["ðə", "kˈæt"], ["ðˈə", "kˈæt"])).toEqual(["ðə", "kˈæt"]);
  });

  it("where eSpeak runs words together", () => {
    expect(phonemes(["ʌvðə", "pˈiːpəl"], ["ˈʌv", "ðˈə", "pˈiːpəl"])).toEqual(["ʌv", "ðə", "pˈiːpəl"]);
    expect(phonemes(["aɪɐm", "ɡˌoʊɪŋ", "tə", "ðə", "stˈoːɹ"], ["ˈaɪ", "ˈæm", "ɡˈoʊɪŋ", "tˈuː", "ðˈə", "stˈoːɹ"])).toEqual([
      "aɪ", "ɐm", "ɡˌoʊɪŋ", "tə", "ðə", "stˈoːɹ",
    ]); // prettier-ignore
  });

  it("where one word makes several groups", () => {
    expect(phonemes(["maɪ", "ˈaɪ", "fˈoʊn", "ɹˈɪŋz", "nˈaʊ"], ["mˈaɪ", "ˈaɪfˈoʊn", "ɹˈɪŋz", "nˈaʊ"])).toEqual([
      "maɪ", "ˈaɪ fˈoʊn", "ɹˈɪŋz", "nˈaʊ",
    ]); // prettier-ignore
  });

  it("where both happen in one phrase", () => {
    const groups = ["ɪnðə", "ˈaɪ", "fˈoʊn"];
    expect(phonemes(groups, ["ˈɪn", "ðˈə", "ˈaɪfˈoʊn"])).toEqual(["ɪn", "ðə", "ˈaɪ fˈoʊn"]);
  });

  it("where nothing was heard", () => {
    expect(phonemes([], ["ˈa", "b"])).toEqual(["", ""]);
    expect(phonemes(["ˈa"], [])).toEqual([]);
  });
});

describe("whatever eSpeak says", () => {
  const word = fc.string({
    unit: fc.constantFrom("a", "b", "ɪ", "ʊ", "ˈ", "ː", "n"),
    minLength: 1,
    maxLength: 6,
  });
  it("no phoneme is lost, doubled or moved", () => {
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 8 }),
        fc.array(word, { minLength: 1, maxLength: 8 }),
        (groups, alone) => {
          const aligned = alignPhonemes(groups, alone);
          expect(aligned).toHaveLength(alone.length);
          expect(
            aligned
              .map((part) => part.phonemes)
              .join("")
              .replaceAll(" ", ""),
          ).toBe(groups.join(""));
        },
      ),
    );
  });
});
