import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { normalize } from "../../../streaming/speakable/index.ts";

const spoken = (text: string): string =>
  normalize(text)
    .map((word) => word.spoken)
    .join(" ");
const written = (text: string): string[] => normalize(text).map((word) => word.written);

describe.each<[string, readonly (readonly [string, string])[]]>([
  [
    "numbers",
    [
      ["42 cats", "forty two cats"],
      ["1,250,000 people", "one million two hundred fifty thousand people"],
      ["pi is 3.14159", "pi is three point one four one five nine"],
      ["-5 and 0.5 and .5", "minus five and zero point five and point five"],
      ["agent 007", "agent zero zero seven"],
      ["the 1st, 22nd and 103rd", "the first, twenty second and one hundred third"],
      ["pages 10-20", "pages ten to twenty"],
      ["10–12 eggs", "ten to twelve eggs"],
      ["1/2 or 3/4 cup", "one half or three quarters cup"],
      ["1 1/2 or 2½ cups", "one and a half or two and a half cups"],
      ["50% of 12.5%", "fifty percent of twelve point five percent"],
      ["open 24/7", "open twenty four seven"],
      ["ratio 16:9", "ratio sixteen to nine"],
      ["version 3.14.15", "version three point fourteen point fifteen"],
      ["#1 and ~30", "number one and about thirty"],
      ["call 555-123-4567", "call five five five, one two three, four five six seven"],
      ["call +1 (555) 123-4567", "call plus one, five five five, one two three, four five six seven"],
      [
        "id 12345678901234567890",
        "id " + "one two three four five six seven eight nine zero ".repeat(2).trim(),
      ],
      ["3x4 and 2 x 4 m", "three by four and two by four meters"],
      ["1e5 of them", "one e five of them"],
    ],
  ],
  [
    "years, dates and times",
    [
      ["in 1984", "in nineteen eighty four"],
      [
        "In 2026, in 2005, in 1905, in 1900",
        "In twenty twenty six, in two thousand five, in nineteen oh five, in nineteen hundred",
      ],
      ["2000 people and 1234 apples", "two thousand people and one thousand two hundred thirty four apples"],
      ["1914-1918 and 1914–18", "nineteen fourteen to nineteen eighteen and nineteen fourteen to eighteen"],
      ["the 1990s, the '80s", "the nineteen nineties, the eighties"],
      ["2026-03-05", "March fifth, twenty twenty six"],
      [
        "3/5/2026 and 12/25/99",
        "March fifth, twenty twenty six and December twenty fifth, twenty ninety nine",
      ],
      ["March 5, 2026 and Mar. 5th", "March fifth, twenty twenty six and March fifth"],
      ["5 March 2026", "the fifth of March, twenty twenty six"],
      ["on May 1.", "on May first."],
      [
        "at 7:30, 7:30 pm, 7:05 a.m. or 7:00",
        "at seven thirty, seven thirty p.m, seven oh five a.m or seven o'clock",
      ],
      ["7pm and 19:30 and 14:00", "seven p.m and nineteen thirty and fourteen hundred"],
      ["It is 5 p.m. We eat.", "It is five p.m. We eat."],
    ],
  ],
  [
    "money",
    [
      ["$3.50", "three dollars and fifty cents"],
      ["$1, $1.01, $0.99", "one dollar, one dollar and one cent, ninety nine cents"],
      ["€20 or 20€ or 20 EUR", "twenty euros or twenty euros or twenty euros"],
      ["£1.2 million", "one point two million pounds"],
      ["$5k, $3bn", "five thousand dollars, three billion dollars"],
      ["$10-$20", "ten to twenty dollars"],
      ["-$5", "minus five dollars"],
      ["¥500 and 50¢", "five hundred yen and fifty cents"],
      ["0.25¢ or 3.50¢", "zero point two five cents or three point five zero cents"],
      ["$.00, -0.50€, −1.50€", "zero dollars, minus fifty cents, minus one euro and fifty cents"],
      ["US$1,000.00", "one thousand dollars"],
    ],
  ],
  [
    "units",
    [
      ["5 km, 1 km, 5km", "five kilometers, one kilometer, five kilometers"],
      ["20 °C, 68°F, 90°", "twenty degrees Celsius, sixty eight degrees Fahrenheit, ninety degrees"],
      ["60 mph or 100 km/h", "sixty miles per hour or one hundred kilometers per hour"],
      ["2.5 kg at 5 mg/kg", "two point five kilograms at five milligrams per kilogram"],
      ["3 m² and 2 GB", "three square meters and two gigabytes"],
      ["10-15 minutes or 5-10 km", "ten to fifteen minutes or five to ten kilometers"],
      ["5 in the box", "five in the box"],
    ],
  ],
  [
    "abbreviations, initials and names with digits",
    [
      ["Dr. Smith met Mrs. Jones.", "doctor Smith met missus Jones."],
      ["fruit, e.g. apples, i.e. food", "fruit, for example apples, that is food"],
      ["cats, dogs, etc. Then", "cats, dogs, et cetera. Then"],
      ["St. Peter on Main St.", "saint Peter on Main street"],
      ["no. 5 and No.", "number five and No."],
      ["J. R. R. Tolkien", "J R R Tolkien"],
      ["the U.S. Army of the U.S.A.", "the u.s Army of the u.s.a."],
      ["a Ph.D. student", "a p.h.d student"],
      ["the U.S.\u{1DF00} and U.S.ↀ", "the u.s.\u{1DF00} and u.s"],
      ["NASA and the FBI", "NASA and the FBI"],
      ["COVID-19, MP3, H2O, A380", "COVID nineteen, MP three, H two O, A three eighty"],
      ["World War II and Henry VIII", "World War two and Henry the eighth"],
      ["So do I.", "So do I."],
    ],
  ],
  [
    "addresses and symbols",
    [
      ["see https://www.example.com/path.", "see example dot com slash path."],
      ["mail john.doe@example.com!", "mail john dot doe at example dot com!"],
      ["on example.org, main.py", "on example dot org, main dot py"],
      ["salt & pepper", "salt and pepper"],
      ["2 + 2 = 4", "two plus two equals four"],
      ["3 × 4 ÷ 2 ≤ 6", "three times four divided by two at most six"],
      ["he/she and/or they", "he or she and or they"],
      ["C++ and C#", "C plus plus and C sharp"],
      ["#sunny @bob", "hashtag sunny at bob"],
    ],
  ],
  [
    "Markdown and what cannot be spoken",
    [
      ["**Bold**, *it*, ***both***, __b__, _i_, ~~s~~", "Bold, it, both, b, i, s"],
      ["un**believ**able", "unbelievable"],
      ["2 * 3 and snake_case_name", "two three and snake case name"],
      ["# Title\n\nText", "Title. Text"],
      ["- one\n* two\n1. three", "one. two. one, three."],
      ['[the docs](https://a.b/c "t") and ![a cat](x.png)', "the docs and a cat"],
      ["use `npm install` now", "use npm install now"],
      ["Before\n```js\nlet x = 1;\n```\nAfter", "Before, After"],
      ["open\n```\nnever closed", "open,"],
      ["| a | b |\n|---|---|\n| c | d |", "a, b, c, d,"],
      ["> quoted <b>words</b><br/>", "quoted words"],
      ["so **half open", "so half open"],
      ["Hi 👋🏽 there 🇫🇷 1️⃣ ❤️ 👨‍👩‍👧", "Hi there one"],
      ["a\u200Bb\u0007c \u202Ed", "abc d"],
      ["<|im_end|>hello<|im_start|>", "hello"],
      ["你好 hello привет", "hello"],
    ],
  ],
  [
    "punctuation as pauses",
    [
      ["What?! Well... maybe (not) — no…", "What? Well, maybe, not, no."],
      ['"Stop," he said; "now!"', "Stop, he said; now!"],
      ["It’s the dogs’ rock-solid don't", "It's the dogs rock-solid don't"],
      ["one - two – three", "one, two, three"],
    ],
  ],
])("%s", (_kind, cases) => {
  it.each(cases)("says %j right", (text, expected) => {
    expect(spoken(text)).toBe(expected);
  });
});

describe("the written words", () => {
  it("are named as a reader sees them, with their own punctuation", () => {
    expect(written('He paid **$3.50**, at 7:30 pm ("late").')).toEqual([
      "He",
      "paid",
      "$3.50",
      "at",
      "7:30 pm",
      '("late").',
    ]);
  });

  it.each(["", "   \n", "👍🎉", "...", "```\ncode\n```", "---", "\u0000\u0001", "***", "你好"])(
    "are none in %j",
    (text) => {
      expect(normalize(text)).toEqual([]);
    },
  );
});

const texts = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.string({ unit: "grapheme", maxLength: 8 }),
      fc.constantFrom(
        ..."**|*|_|`|```\n|[x](y)|# |- |1. |$3.50|£1.2m|7:30 pm|2026-03-05|5/6|1,000|.00|€|¢|U.S.|ↀ|Dr. |etc.|https://a.b/c|a@b.co|👍🏽| |\n|, |. |½|²|—|MP3|<b>|<|".split(
          "|",
        ),
        "|",
      ),
      fc.nat().map(String),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

describe("whatever the text", () => {
  it("gives words in order, each a slice of the text, spoken in letters only", () => {
    fc.assert(
      fc.property(texts, (text) => {
        let end = 0;
        for (const word of normalize(text)) {
          expect(word.writtenStart).toBeGreaterThanOrEqual(end);
          expect(word.writtenEnd).toBeGreaterThan(word.writtenStart);
          expect(text.slice(word.writtenStart, word.writtenEnd)).toBe(word.written);
          expect(word.spoken).toMatch(/^[\p{L}\p{M}'.&,-]+[,;:.!?]?(?: [\p{L}\p{M}'.&,-]+[,;:.!?]?)*$/u);
          end = word.writtenEnd;
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    "a",
    "1",
    "a.",
    "A.",
    "*",
    "[",
    "[](",
    "`",
    "_a",
    "<a ",
    "1,",
    "1/",
    "1:2",
    "a@",
    "a-",
    ".",
    "$",
    "\n# ",
    "```\n",
    "a b ",
  ])("reads 20,000 characters of %j in bounded time", (unit) => {
    const words = normalize(unit.repeat(Math.floor(20_000 / unit.length)));
    expect(words.every((word) => word.spoken !== "")).toBe(true);
  });
});
