import type { SessionOptions } from "./session-events.ts";

/** Whether other settings make another answer to the same question; clients tell all of them each time that one changes. */
export function changesAnswers(options: SessionOptions, settings: Partial<SessionOptions>): boolean {
  return written({ ...options, ...settings }) !== written(options);
}

/** What an answer is made by: not how the turns are taken; and tools as they are offered, whoever offers them. */
function written(options: SessionOptions): string {
  const all = { ...options, turns: undefined, manners: undefined, tools: options.tools?.list() ?? [] };
  return JSON.stringify(Object.entries(all).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
