import type { Decision, Turn } from "../client/index.ts";
import type { Say } from "./words.ts";

/** What was said and understood, and is not answered. */
const UNANSWERED = new Set<Decision | undefined>(["stop", "backchannel", "side-talk"]);

/** Whether anything of a turn is worth showing: an answer, asked for or not, or words that were not taken for noise. */
export function isShown({ text, isDropped, decision, answer }: Turn): boolean {
  return answer !== undefined || (text !== "" && (!isDropped || UNANSWERED.has(decision)));
}

/** What both have said, a line for each time that somebody spoke. */
export function transcriptOf(turns: readonly Turn[], say: Say): string {
  const lines = turns
    .filter(isShown)
    .flatMap(({ text, answer }) => [
      ...(text === "" ? [] : [`${say("you")}: ${indented(text)}`]),
      ...(answer === undefined ? [] : [`${say("assistant")}: ${indented(answer.text)}`]),
    ]);
  return `${lines.join("\n")}\n`;
}

/** Only who speaks begins a line: what was said cannot pretend that the other one did. */
function indented(text: string): string {
  return text.replaceAll(/[\n\r\u2028\u2029]+/gu, "\n  ");
}
