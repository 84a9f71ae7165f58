import type { SessionOptions } from "./session-events.ts";

/** Whether other settings make another answer to the same question; clients tell all of them each time that one changes. */
export function changesAnswers(options: SessionOptions, settings: Partial<SessionOptions>): boolean {
  return written({ ...options, ...settings }) !== written(options);
}

/** What an answer is made by: not how the turns are taken and heard; and tools as they are offered, whoever offers them. */
function written(options: SessionOptions): string {
  const heard = { turns: undefined, manners: undefined, hearing: undefined };
  const all = { ...options, ...heard, tools: options.tools?.list() ?? [] };
  return JSON.stringify(Object.entries(all).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
