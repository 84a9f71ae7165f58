import type { View } from "../client/index.ts";
import type { Say } from "./words.ts";

/** What the assistant makes of a picture, a line for each thing, with how certain it is. */
export function seenWords({ labels, people, isSure, kind }: View, say: Say): string[] {
  const things = labels.map(({ name, probability }) => `${name}: ${Math.round(probability * 100)} %`);
  return [
    ...(kind === undefined ? [] : [`${say("someKind")}: ${kind}`]),
    ...things,
    ...(people === 0 ? [] : [`${say("people")}: ${people}`]),
    ...(isSure ? [] : [say("unsure")]),
  ];
}
