import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ControlMarks } from "../../../models/llm/control-marks.ts";

/** What comes out of pieces, and whether a control token ended it. */
function heard(pieces: readonly string[]): { text: string; stopped: boolean } {
  const marks = new ControlMarks();
  let text = "";
  for (const piece of pieces) {
    const certain = marks.push(piece);
    text += certain.text;
    if (certain.stopped) return { text, stopped: true };
  }
  return { text: text + marks.end(), stopped: false };
}

const MARKS = [
  ...[
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|im_start|>",
    "<｜end▁of▁sentence｜>",
  ],
  ...["</s>", "<s>", "<eos>", "<bos>", "<end_of_turn>", "<start_of_turn>", "[INST]", "[/INST]"],
];

const pieces = (text: string, sizes: readonly number[]): string[] => {
  const parts: string[] = [];
  for (let at = 0, turn = 0; at < text.length; at += sizes[turn++ % sizes.length]!) {
    parts.push(text.slice(at, at + sizes[turn % sizes.length]!));
  }
  return parts;
};

const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });

describe("control tokens that a server sends as text", () => {
  it.each(MARKS)("end the answer and are not said, however they are cut: %s", (mark) => {
    fc.assert(
      fc.property(sizes, (lengths) => {
        expect(heard(pieces(`Paris.${mark}\nuser: and`, lengths))).toEqual({ text: "Paris.", stopped: true });
      }),
    );
  });

  it.each(MARKS)("before the first word are left out, and the answer goes on: %s", (mark) => {
    expect(heard(pieces(`${mark} ${mark}Paris.`, [3]))).toEqual({ text: " Paris.", stopped: false });
  });

  it("of which the end is missing are not said either", () => {
    expect(heard(["Paris.", "<|im_e"])).toEqual({ text: "Paris.", stopped: false });
  });

  it("leave all other text alone, brackets and bars included", () => {
    const parts = fc.array(fc.constantFrom("a < b", "x | y", "<b>", "<", "|", "[1]", " ", "I <3 you", "\n"));
    fc.assert(
      fc.property(parts, sizes, (texts, lengths) => {
        const text = texts.join(" ");
        expect(heard(pieces(text, lengths))).toEqual({ text, stopped: false });
      }),
    );
  });

  it("are waited for no longer than they can be", () => {
    const marks = new ControlMarks();
    expect(marks.push(`1 <|${"x".repeat(50)}`).text).toBe(`1 <|${"x".repeat(50)}`);
    expect(marks.push("a <").text).toBe("a ");
    expect(marks.push(" b").text).toBe("< b");
  });
});
