import { beforeAll, describe, expect, it } from "vitest";

import { Phonemizer, type PhonemeRun } from "../../../models/vits/phonemes.ts";
import { normalize } from "../../../streaming/index.ts";

describe("eSpeak's phonemes", () => {
  let phonemizer: Phonemizer;
  beforeAll(async () => {
    phonemizer = await Phonemizer.open("en-us");
  });

  const run = async (text: string): Promise<readonly PhonemeRun[]> =>
    await phonemizer.phonemize(normalize(text));
  const joined = async (text: string): Promise<string> =>
    (await run(text)).map((part) => part.symbols).join("");

  it("keep the punctuation that the voice was trained on", async () => {
    expect(await joined("Hello world, this is a test.")).toBe("həlˈoʊ wˈɜːld, ðɪs ɪz ɐ tˈɛst.");
    expect(await joined("Really? Yes!")).toBe("ɹˈiəli? jˈɛs!");
  });

  it("belong to the written word they sound for, or words would be marked as heard too early", async () => {
    const words = normalize("One of the 21 cats.");
    const parts = await phonemizer.phonemize(words);
    const byWord = words.map((word, index) => [
      word.written,
      parts
        .filter((part) => part.word === index)
        .map((part) => part.symbols)
        .join(" "),
    ]);
    expect(byWord).toEqual([["One", "wˈʌn"], ["of", "ʌv"], ["the", "ðə"], ["21", "twˈɛnti wˈʌn"], ["cats.", "kˈæts"]]); // prettier-ignore
  });

  it("are decomposed, or voices would drop them", async () => {
    const symbols = await joined("façade");
    expect(symbols).toBe(symbols.normalize("NFD"));
  });

  it("are few for a word without end", async () => {
    expect((await joined("a".repeat(5000))).length).toBeLessThan(300);
  });

  it("are refused for a language that eSpeak does not have", async () => {
    await expect(Phonemizer.open("xx-none")).rejects.toMatchObject({ code: "checkpoint-unsupported" });
  });
});
