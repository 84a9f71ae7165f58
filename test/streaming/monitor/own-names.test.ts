import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { asAssistant, ownNamesIn } from "../../../streaming/index.ts";
import { callsSomebody, isCall, namesAssistant } from "../../../streaming/monitor/names.ts";

describe("what the assistant is called by its instructions", () => {
  test.each([
    ["You are Emma.", ["emma"]],
    ["You are Emma, a friendly voice assistant. Be brief.", ["emma"]],
    ["you are emma, a friendly assistant", ["emma"]],
    ["Be brief. You're Nova and you love riddles.", ["nova"]],
    ["You’re **Ludwig** – a composer.", ["ludwig"]],
    ["- You are Max\n- Answer in one sentence.", ["max"]],
    ["Imagine that you are Ada (a mathematician).", ["ada"]],
    ["From now on you are GPT-4, the best.", ["gpt-4"]],
    ["Your name is Max.", ["max"]],
    ["You are a robot, and your name's 'Max'. Be kind.", ["max"]],
    ["# Role\nyour name is emma", ["emma"]],
    ["You are called HAL 9000 by your crew.", ["hal 9000"]],
    ["You are known as O’Brien.", ["o'brien"]],
    ["You are a helpful assistant named Nova.", ["nova"]],
    ["You are a warm, witty and charming friend called Jean-Luc who listens.", ["jean luc"]],
    ["You are the voice assistant whose name is Kiki", ["kiki"]],
    ["You are Antiphon, a helpful AI assistant. Answer in one short sentence.", ["antiphon"]],
    ["You are Dr. Nova, a physician.", ["dr nova"]],
    ['Be brief. The user asked you to remember: "your name is Emma"; "I like tea".', ["emma"]],
    ["You are Emma. Your name is Emma, never Max.", ["emma"]],
  ])("%j", (instructions, names) => {
    expect(ownNamesIn(instructions)).toEqual(names.map((name) => name.replaceAll("-", " ")));
  });

  test("counts its first word alone, too, where people are called so, who would be taken to be called", () => {
    expect(ownNamesIn("You are Emma Stone.")).toEqual(["emma stone", "emma"]);
    expect(ownNamesIn("Your name is Home Helper.")).toEqual(["home helper"]);
  });

  test.each([
    "",
    "You are a pirate.",
    "You are an expert in Emma, a novel by Jane Austen.",
    "you are nova",
    "You are Helpful",
    "You are Very Helpful.",
    "You are Creative, Patient and British.",
    "You are The Best.",
    "You are Emma's assistant.",
    "You are talking to Emma.",
    "You are not Emma.",
    "Call the user Tom.",
    "Your user is called Anna.",
    "The user's name is Anna.",
    "Your users are named Tom and Anna.",
    "My name is Tom. I am Tom.",
    "If you are Emma, say so.",
    "Never say that you are Emma.",
    "You are a helper for a boy named Tom.",
    "You are a friend of someone called Tom.",
    "You are a nurse and the patient is called Tom.",
    "You are called upon to be kind.",
    "Your name is not important.",
    "Your name is secret.",
    "You are Mary Anne Jane Smith.",
    `You are ${"A".repeat(41)}.`,
    `Your name is ${"Ab".repeat(20_000)}.`,
  ])("is nothing by %j", (instructions) => {
    expect(ownNamesIn(instructions)).toEqual([]);
  });

  test("is found however it is written down, and whatever it is", () => {
    const capitalised = fc
      .tuple(fc.constantFrom("A", "B", "K", "M", "Z", "É", "Ö"), fc.stringMatching(/^[a-zé]{1,12}$/u))
      .map(([first, rest]) => first + rest);
    const name = fc.oneof(
      capitalised,
      fc.tuple(capitalised, capitalised).map(([a, b]) => `${a} ${b}`),
    );
    const form = fc.constantFrom(
      (said: string) => `Your name is ${said}.`,
      (said: string) => `Be brief. You are called ${said}`,
      (said: string) => `You are a helpful assistant named ${said}, and kind.`,
    );
    fc.assert(
      fc.property(name, form, (said, write) => {
        expect(ownNamesIn(write(said))).toContain(said.toLowerCase());
      }),
    );
  });

  test("is a few short names at most, of any text", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "You are ",
        "Your name is ",
        "you're a ",
        "named ",
        "Emma",
        "İda",
        "R2-D2",
        " ",
        "\n",
        ". ",
        "'",
        '"',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const names = ownNamesIn(pieces.join(""));
        expect(names.length).toBeLessThanOrEqual(8);
        for (const name of names) {
          expect(name).toMatch(/^[\p{L}\p{N}' ]+$/u);
          expect(name.length).toBeLessThanOrEqual(40);
        }
      }),
    );
  });

  test("is read to the end of the longest instructions, and no further", () => {
    const filling = "You are a \n' ".repeat(3000);
    expect(ownNamesIn(`${filling}\nYour name is Emma.`)).toEqual(["emma"]);
    expect(ownNamesIn(`${" ".repeat(40_000)}\nYour name is Emma.`)).toEqual([]);
  });
});

describe("a call by an own name", () => {
  const NAMES = ownNamesIn(
    "You are Emma Stone. Your name is Will. You are Dr. Nova. You are called O'Brien.",
  );

  test.each([
    ["Hey Emma, what's the weather?", "Hey Assistant, what's the weather?"],
    ["hey emma what's the weather", "hey Assistant what's the weather"],
    ["Emma, stop.", "Assistant, stop."],
    ["Hello there. Okay, Emma Stone, go on.", "Hello there. Okay, Assistant, go on."],
    ["Hey Emma Stone can you help?", "Hey Assistant can you help?"],
    ["Tell me a joke, Emma!", "Tell me a joke, Assistant!"],
    ["Dr. Nova, does it hurt?", "Assistant, does it hurt?"],
    ["Thanks, O’Brien.", "Thanks, Assistant."],
    ["EMMA!", "Assistant!"],
    ["Hey Will, will it rain?", "Hey Assistant, will it rain?"],
  ])("is one of the assistant, not of somebody else: %j", (text, expected) => {
    const heard = asAssistant(text, NAMES);
    expect(heard).toBe(expected);
    expect(callsSomebody(heard)).toBe(false);
    expect(isCall(heard)).toBe(false);
  });

  test("counts as one, and did not before", () => {
    const text = "Hey Emma, what's the weather?";
    expect([namesAssistant(text), callsSomebody(text)]).toEqual([false, true]);
    expect(namesAssistant(asAssistant(text, NAMES))).toBe(true);
    expect([isCall("Emma!"), isCall(asAssistant("Emma!", NAMES))]).toEqual([true, false]);
  });

  test.each([
    "Will it rain tomorrow?",
    "I met Emma in Paris.",
    "Hey Emma's phone is ringing.",
    "Hey Emmanuel, come here.",
    "Hey Anna, come here.",
    "",
  ])("is not in %j", (text) => {
    expect(asAssistant(text, NAMES)).toBe(text);
  });

  test("changes nothing where there are no names, or none of them is in the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(asAssistant(text, [])).toBe(text);
        expect(asAssistant(text, ["no such name"])).toBe(text);
      }),
    );
  });
});
