import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Engine } from "../../../models/runtime/engine.ts";
import { openVitsEngine, type VitsContract } from "../../../models/vits/engine.ts";
import { Lexicon } from "../../../models/vits/lexicon.ts";
import { meloFront } from "../../../models/vits/melo.ts";
import { createSpeechSynthesizer } from "../../../models/vits/synthesizer.ts";
import { normalize, type SpeechChunk } from "../../../streaming/index.ts";
import { directClient } from "../../support/direct-client.ts";
import { temporaryFile, tinyPiperConfig, tinyVits } from "../../support/tiny-vits.ts";

const TOKENS = "_ 0\n, 1\n. 2\n? 3\nhh 10\nah 11\nl 12\now 13\neh 14\ny 15\nn 16\ni 17\nao 18";
const LEXICON =
  "Hello hh ah l ow 7 8 7 9\nhello hh eh l ow 1 1 1 1\nl eh l 8 7\no ow 9\n你好 n i hh ao 3 3 3 3\n你 n i 3 3\nunknown zz 1";
const INPUTS = ["x", "x_lengths", "tones", "sid", "noise_scale", "length_scale", "noise_scale_w"];

describe("a lexicon", () => {
  const lexicon = Lexicon.parse(LEXICON, TOKENS);

  it("has the first pronunciation of a word, whatever its case", () => {
    expect(lexicon.pronounce("HELLO")).toEqual({ symbols: [10, 11, 12, 13], tones: [7, 8, 7, 9] });
  });

  it("spells what it does not know, and takes the longest words where there are no spaces", () => {
    expect(lexicon.pronounce("lo")).toEqual({ symbols: [14, 12, 13], tones: [8, 7, 9] });
    expect(lexicon.pronounce("你好你").symbols).toEqual([16, 17, 10, 18, 16, 17]);
    expect(lexicon.pronounce("zzz")).toEqual({ symbols: [], tones: [] });
    expect(lexicon.mark(";").symbols).toEqual([1]);
  });

  it.each([
    ["word a b 1", TOKENS],
    ["word hh x", TOKENS],
    [LEXICON, "no number"],
  ])("is refused with a typed error when a line is wrong (%j)", (words, tokens) => {
    expect(() => Lexicon.parse(words, tokens)).toThrow(
      expect.objectContaining({ code: "checkpoint-invalid" }),
    );
  });
});

describe("MeloTTS's inputs", () => {
  const metadata = new Map([["sample_rate", "44100"]]);

  it("have a blank around every symbol, a tone for each, and the words' places", async () => {
    const front = meloFront(Lexicon.parse(LEXICON, TOKENS), metadata, INPUTS);
    const { feeds, wordSpans } = await front.prepare(normalize("Hello, lo 你好", front.script), 2);
    const numbers = (name: string): number[] =>
      Array.from(feeds[name]!.data as ArrayLike<bigint | number>, Number);
    expect(numbers("x")).toEqual([
      0, 10, 0, 11, 0, 12, 0, 13, 0, 1, 0, 14, 0, 12, 0, 13, 0, 16, 0, 17, 0, 10, 0, 18, 0,
    ]);
    expect(numbers("tones")).toEqual([
      0, 7, 0, 8, 0, 7, 0, 9, 0, 0, 0, 8, 0, 7, 0, 9, 0, 3, 0, 3, 0, 3, 0, 3, 0,
    ]);
    expect(numbers("x_lengths")).toEqual([25]);
    expect(numbers("length_scale")).toEqual([0.5]);
    expect(wordSpans).toEqual([[1, 9], [11, 17], [17, 25]]); // prettier-ignore
  });

  it("are refused where the network has others", () => {
    const lexicon = Lexicon.parse(LEXICON, TOKENS);
    expect(() => meloFront(lexicon, metadata, ["x"])).toThrow(
      expect.objectContaining({ code: "checkpoint-unsupported" }),
    );
    expect(() => meloFront(lexicon, new Map(), INPUTS)).toThrow(
      expect.objectContaining({ code: "checkpoint-unsupported" }),
    );
  });
});

describe("a MeloTTS engine", () => {
  let engine: Engine<VitsContract>;
  let modelPath: string;
  beforeAll(async () => {
    modelPath = await temporaryFile("melo.onnx", await tinyVits("melo"));
    const lexiconPath = await temporaryFile("lexicon.txt", LEXICON);
    const tokensPath = await temporaryFile("tokens.txt", TOKENS);
    engine = await openVitsEngine({ modelPath, lexiconPath, tokensPath, threads: 1 });
  });
  afterAll(() => engine.close());

  it("speaks two scripts through a decoder that knows its speaker", async () => {
    const chunks: SpeechChunk[] = [];
    const synthesizer = createSpeechSynthesizer(directClient(engine), 8000);
    const request = { text: "Hello, 你好。Hello!", speed: 1 };
    for await (const chunk of synthesizer.synthesize(request, new AbortController())) chunks.push(chunk);
    const words = chunks.flatMap((chunk) => chunk.words);
    expect(words.map((word) => word.text)).toEqual(["Hello,", "你好。", "Hello!"]);
    expect(words.every((word) => word.endMs > word.startMs)).toBe(true);
    expect(chunks.some((chunk) => chunk.samples.some((sample) => Math.abs(sample) > 0.01))).toBe(true);
  });

  it("is not mistaken for a Piper voice", async () => {
    const configPath = await temporaryFile("voice.onnx.json", tinyPiperConfig());
    await expect(openVitsEngine({ modelPath, configPath, threads: 1 })).rejects.toMatchObject({
      code: "checkpoint-unsupported",
    });
  });
});
