import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ClauseSplitter, type Clause, type ClauseSize } from "../../streaming/clauses.ts";

function split(text: string, sizes?: readonly ClauseSize[]): string[] {
  const splitter = new ClauseSplitter(sizes);
  return [...splitter.push(text), ...splitter.flush()].map((clause) => clause.text);
}

/** Sizes at which only sentences end a clause. */
const WHOLE_SENTENCES: readonly ClauseSize[] = [{ phraseWords: 1e9, softWords: 1e9, maximumWords: 1e9 }];
const sentences = (text: string): string[] => split(text, WHOLE_SENTENCES);

describe("sentence ends", () => {
  it.each([
    ["titles", ["Dr. Smith met Mrs. Jones.", "They left."]],
    ["e.g. and i.e.", ["Eat fruit, e.g. apples, i.e. food.", "Good."]],
    ["decimals", ["Pi is 3.14 or so.", "Yes."]],
    ["initials", ["J. R. R. Tolkien wrote it.", "So do I.", "Then rest."]],
    ["dotted acronyms", ["The U.S. Army came.", "It left."]],
    ["addresses", ["See https://example.com/a.b?c=d. for more!", "Ok."]],
    ["ellipses before small letters", ["Well... maybe.", "Hm…", "No."]],
    ["closing quotes", ['He said "Stop."', "Then (quietly.)", "**Bold.**", "End"]],
    ["numbered abbreviations", ["See fig. 3 and no. 7 there.", "Done."]],
    ["lower-case after a period", ["It is approx. five.", "At 5 p.m. we eat."]],
    ["marks in a row", ["What?!", "Really!!", "Yes."]],
    ["list items and newlines", ["Steps:", "1. Boil the egg", "2. Eat it", "- salt", "Done"]],
    ["CJK marks", ["你好，世界。", "「再见！」", "好吗？"]],
  ])("%s", (_name, expected) => {
    const joint = expected.some((line) => /^\d\. |^- /.test(line)) ? "\n" : " ";
    expect(sentences(expected.join(joint))).toEqual(expected);
  });

  it("does not need spaces between CJK sentences", () => {
    expect(sentences("今天很好。明天呢？好")).toEqual(["今天很好。", "明天呢？", "好"]);
  });

  it("keeps a code fence in one piece", () => {
    const fence = "```js\nconst a = 1. + 2;\n\nb();\n```";
    expect(sentences(`Look:\n${fence}\nThat is all.`)).toEqual(["Look:", fence, "That is all."]);
  });

  it("waits for what follows a period before it speaks", () => {
    const splitter = new ClauseSplitter();
    expect(splitter.push("It is 3.")).toEqual([]);
    expect(splitter.push("5 metres.")).toEqual([]);
    expect(splitter.push(" A")).toEqual([{ text: "It is 3.5 metres.", start: 0 }]);
  });
});

describe("short first clauses", () => {
  it("ends the first clause at a comma, but not after a single word", () => {
    expect(split("Of course, the sky is blue.")[0]).toBe("Of course,");
    expect(split("Yes, of course, the sky is blue.")[0]).toBe("Yes, of course,");
  });

  it("ends the first clause before a function word once two words stand", () => {
    expect(split("The capital of France is Paris.")).toEqual(["The capital", "of France is Paris."]);
  });

  it("ends a first clause without marks at its greatest length, and lets later ones grow", () => {
    const words = Array.from({ length: 60 }, (_unused, index) => `w${"x".repeat(index % 5)}`);
    const lengths = split(words.join(" ")).map((clause) => clause.split(" ").length);
    expect(lengths).toEqual([3, 9, 16, 32]);
  });

  it("ends a clause of the greatest length as soon as another word begins", () => {
    const splitter = new ClauseSplitter();
    expect(splitter.push("Once upon a ")).toEqual([]);
    expect(splitter.push("ti")).toEqual([{ text: "Once upon a", start: 0 }]);
  });

  it("waits for the end of what may be a number", () => {
    const splitter = new ClauseSplitter();
    expect(splitter.push("That hill has $")).toEqual([]);
    expect(splitter.push("3 ")).toEqual([]);
  });

  it("takes all words that are there into the first clause where they come slowly, and later no more than else", () => {
    const text = "The moon is a natural satellite that was made of rock";
    const splitter = new ClauseSplitter();
    const clauses = text.split(/(?= )/u).flatMap((word) => splitter.push(word, { isSlow: true }));
    expect(clauses.map((clause) => clause.text)).toEqual([
      "The moon is",
      "a natural satellite that was made",
    ]);
    expect(split(text).slice(0, 1)).toEqual(["The moon"]);
  });

  it("lets no slow text wait for a number, with which a clause cannot end", () => {
    for (const text of ["The sun is 4.6 billion years old", "The answer is (42)"]) {
      const splitter = new ClauseSplitter();
      const words = text.split(/(?= )/u);
      expect(words.slice(0, 4).flatMap((word) => splitter.push(word, { isSlow: true }))).toHaveLength(1);
    }
  });

  it("never cuts between a number and what it counts", () => {
    expect(split("We all paid them in cash nearly $1.2 million dollars.")[0]).not.toMatch(/[\d.]$/);
    expect(split("a b c d e f g 7:30 pm today now")).not.toContain("a b c d e f g 7:30");
  });

  it("cuts long CJK text without marks between characters", () => {
    expect(split("天".repeat(20))[0]).toHaveLength(6);
  });
});

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...'Dr.|e.g.|3.14|1,000|...|…|?!|. |, |: |; | — | - |\n|\n\n|- |1. |```|`|\n```\n|**|"|”|)|(|。|，|天气|」|U.S.|J.'.split(
        "|",
      ),
    ),
    fc.constantFrom(
      " ",
      "the ",
      "cat ",
      "and ",
      "is ",
      "Then ",
      "7:30 pm ",
      "$",
      "'90s ",
      "½ ",
      "𝐀 ",
      "https://a.b/c?d=e ",
      "👍",
      "🇫🇷 ",
    ),
    fc.string({ maxLength: 6, unit: "grapheme" }),
  ),
  { maxLength: 60 },
);

function run(deltas: readonly string[], isSlow = false): Clause[] {
  const splitter = new ClauseSplitter();
  return [...deltas.flatMap((delta) => splitter.push(delta, { isSlow })), ...splitter.flush()];
}

describe("whatever the model writes", () => {
  it("loses, adds and moves nothing but white space", () => {
    fc.assert(
      fc.property(pieces, (deltas) => {
        const text = deltas.join("");
        const clauses = run(deltas);
        let end = 0;
        for (const clause of clauses) {
          expect(text.slice(clause.start, clause.start + clause.text.length)).toBe(clause.text);
          expect(clause.text.trim()).toBe(clause.text);
          expect(clause.text).not.toBe("");
          expect(text.slice(end, clause.start).trim()).toBe("");
          end = clause.start + clause.text.length;
        }
        expect(text.slice(end).trim()).toBe("");
      }),
      { numRuns: 500 },
    );
  });

  it("gives the same clauses however the text is cut into deltas", () => {
    fc.assert(
      fc.property(pieces, fc.boolean(), (deltas, isSlow) => {
        const text = deltas.join("");
        const whole = run([text], isSlow);
        expect(run(deltas, isSlow)).toEqual(whole);
        expect(run(text.split(""), isSlow)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });
});

describe("in a hurry", () => {
  const hurried = (text: string): string | undefined => {
    const splitter = new ClauseSplitter(WHOLE_SENTENCES);
    splitter.push(text);
    return splitter.hurry()?.text;
  };

  it.each([
    ["whole words", "moves quickly and beaut", "moves quickly"],
    ["no function word at the end, which belongs to what follows", "runs away from the big", "runs away"],
    ["numbers with what they count", "it costs now about 1.2 million", "it costs now"],
    ["titles with their names", "it met old Dr. Smith", "it met old"],
    ["words of a script without spaces", "今天天气很好我们", "今天天气很好"],
    ["a sentence that has just ended", "and the water is deep.", "and the water is deep."],
    ["a sentence that has just ended, in any script", "今天天气很好。", "今天天气很好。"],
    ["a cry that looks like the word before a number", "and he said no!", "and he said no!"],
    ["no title without its period from its name", "it met old Dr Smith", "it met old"],
    ["no initial from its name", "we met there J.", "we met"],
    ["no contraction from what it says", "and far away it's a", "and far away"],
  ])("cuts %s", (_name, text, expected) => {
    expect(hurried(text)).toBe(expected);
  });

  it.each([
    ["a single word", "Certainly we"],
    ["nothing but function words", "is of the big"],
    ["code", "```js\nlet a = b; c"],
    ["a word that may go on", "big world"],
  ])("cuts nothing of %s", (_name, text) => {
    expect(hurried(text)).toBeUndefined();
  });

  it("takes no sign of the answer away, whenever it is told to", () => {
    const words = fc.constantFrom(
      "the ",
      "sea, ",
      "is ",
      "deep. ",
      "Dr. ",
      "3.5 ",
      "很好",
      "！",
      "- ",
      "\n",
      "```\n",
      "whale ",
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(words, fc.boolean()), { maxLength: 40 }), (written) => {
        const splitter = new ClauseSplitter();
        const clauses: Clause[] = [];
        for (const [text, isHurried] of written) {
          clauses.push(...splitter.push(text));
          const clause = isHurried ? splitter.hurry() : undefined;
          if (clause !== undefined) clauses.push(clause);
        }
        clauses.push(...splitter.flush());
        const all = written.map(([text]) => text).join("");
        for (const { text, start } of clauses) expect(all.slice(start, start + text.length)).toBe(text);
        expect(
          clauses
            .map(({ text }) => text)
            .join("")
            .replaceAll(/\s/gu, ""),
        ).toBe(all.replaceAll(/\s/gu, ""));
      }),
    );
  });
});
