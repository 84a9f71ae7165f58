import type { View } from "../client/index.ts";
import type { Say } from "./words.ts";

/** A line in the language of the page, but for the name that a model has for a thing, which is English. */
export interface SeenLine {
  readonly before: string;
  readonly name: string;
  readonly after: string;
}

/** What the assistant makes of a picture, a line for each thing, with how certain it is. */
export function seenWords({ labels, people, isSure, kind }: View, say: Say): SeenLine[] {
  const ours = (words: string): SeenLine => ({ before: words, name: "", after: "" });
  return [
    ...(kind === undefined ? [] : [{ before: `${say("someKind")}: `, name: kind, after: "" }]),
    ...labels.map(({ name, probability }) => ({
      before: "",
      name,
      after: `: ${Math.round(probability * 100)} %`,
    })),
    ...(people === 0 ? [] : [ours(`${say("people")}: ${people}`)]),
    ...(isSure ? [] : [ours(say("unsure"))]),
  ];
}
