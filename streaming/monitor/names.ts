import { ASSISTANT_NAMES, OTHERS, TITLES } from "./lexicon.ts";
import { wordsOf } from "./words.ts";

/** It calls the assistant by a name. */
export function namesAssistant(text: string): boolean {
  return calls(text, ASSISTANT_NAMES);
}

/** Somebody else is called: "Mom, …", "Hey John, …", "Yes, honey, …", "…, kids!" */
export function callsSomebody(text: string): boolean {
  return calls(text, OTHERS);
}

/** "Honey." "Hey, Tom!": somebody else is called, and no more is said yet. */
export function isCall(text: string): boolean {
  const words = partsOf(text).flat();
  const name = words.slice(TITLES.has(words.at(-2) ?? "") ? -2 : -1);
  return isName(name, OTHERS) && words.slice(0, -name.length).every((word) => CALLS.has(word));
}

/** Whether one of the names is called: in a part of its own at the beginning or the end, or after a greeting. */
function calls(text: string, names: ReadonlySet<string>): boolean {
  const parts = partsOf(text);
  const opening = parts.find((words) => !isGreeting(words)) ?? [];
  // "Hey John can you …": no comma, but a greeting and a name.
  const greeted = opening.findIndex((word) => !GREETINGS.has(word));
  if (greeted > 0 && names.has(opening[greeted] ?? "")) return true;
  return parts.length > 1 && (isName(opening, names) || isName(parts.at(-1) ?? [], names));
}

/** What is between commas and full stops, in words. */
function partsOf(text: string): readonly (readonly string[])[] {
  return text
    .replace(ABBREVIATED_TITLES, "$1")
    .split(/[,.!?]+/u)
    .map(wordsOf)
    .filter((words) => words.length > 0);
}

/** A name and perhaps a greeting before it; of people also a title and a name that need not be known. */
function isName(words: readonly string[], names: ReadonlySet<string>): boolean {
  const isTitled = names === OTHERS && TITLES.has(words.at(-2) ?? "") && isGreeting(words.slice(0, -2));
  return isTitled || (names.has(words.at(-1) ?? "") && isGreeting(words.slice(0, -1)));
}

function isGreeting(words: readonly string[]): boolean {
  return words.every((word) => GREETINGS.has(word));
}

/** Their full stop ends no part. */
export const ABBREVIATED_TITLES = /\b(mr|mrs|ms|dr)\./giu;

/** What may stand before a name. */
export const GREETINGS = new Set([
  "hey",
  "hi",
  "hello",
  "okay",
  "ok",
  "oh",
  "yes",
  "no",
  "thanks",
  "sorry",
  "good",
  "night",
  "bye",
]);

/** What may stand before a name that is called; thanks and farewells are rather the end of something. */
const CALLS = new Set(["hey", "hi", "hello", "oh", "okay", "ok"]);
