import type { ChatMessage } from "../../streaming/index.ts";
import { AntiphonError } from "../../streaming/index.ts";

/**
 * The messages whose prompt fits into `maxTokens`: the system prompt and the newest turns. Once something must go, half
 * of the turns go, since every cut makes the cache behind it void. Throws `text-too-long` where the newest message
 * alone does not fit.
 */
export function fitContext(
  messages: readonly ChatMessage[],
  maxTokens: number,
  encode: (messages: readonly ChatMessage[]) => readonly number[],
): { readonly messages: readonly ChatMessage[]; readonly tokens: readonly number[] } {
  const system = messages.filter((message, index) => message.role === "system" && index === 0);
  let turns = messages.slice(system.length);
  for (;;) {
    const kept = [...system, ...turns];
    const tokens = encode(kept);
    if (tokens.length <= maxTokens) return { messages: kept, tokens };
    if (turns.length <= 1) {
      throw new AntiphonError(
        "text-too-long",
        `the question needs ${tokens.length} tokens, ${maxTokens} fit`,
      );
    }
    turns = newerHalf(turns);
  }
}

/** Drops the older half, but never starts with an answer to a question that is gone. */
function newerHalf(turns: readonly ChatMessage[]): ChatMessage[] {
  const kept = turns.slice(Math.ceil(turns.length / 2));
  const firstQuestion = kept.findIndex((message) => message.role === "user");
  return kept.slice(Math.max(0, firstQuestion));
}
