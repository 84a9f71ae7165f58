import type { ChatMessage } from "../../streaming/index.ts";
import { AntiphonError } from "../../streaming/index.ts";

/**
 * The messages whose prompt fits into `maxTokens`: the system prompt and the newest turns. Once something must go, first all
 * frames go but the newest, then half of the turns, since a
 * cut makes the cache behind it void, or less exact. Throws `text-too-long` where the newest message
 * alone does not fit.
 */
export function fitContext(
  messages: readonly ChatMessage[],
  maxTokens: number,
  encode: (messages: readonly ChatMessage[]) => readonly number[],
): { readonly messages: readonly ChatMessage[]; readonly tokens: readonly number[] } {
  const system = messages.filter((message, index) => message.role === "system" && index === 0);
  let turns: readonly ChatMessage[] = messages.slice(system.length);
  for (;;) {
    const kept = [...system, ...turns];
    const tokens = encode(kept);
    if (tokens.length <= maxTokens) return { messages: kept, tokens };
    turns = withoutOlderFrames(turns) ?? newerHalf(turns);
    if (turns.length === 0) {
      throw new AntiphonError(
        "text-too-long",
        `the question needs ${tokens.length} tokens, ${maxTokens} fit`,
      );
    }
  }
}

/** Every frame but the newest gone; nothing where there are no others. */
function withoutOlderFrames(turns: readonly ChatMessage[]): readonly ChatMessage[] | undefined {
  const frames = turns.flatMap(({ content }) =>
    typeof content === "string" ? [] : content.filter((part) => part.type === "frame"),
  );
  const newest = frames.at(-1);
  if (frames.length < 2) return undefined;
  return turns.map((message) => {
    const { content } = message;
    if (typeof content === "string") return message;
    return { ...message, content: content.filter((part) => part.type === "text" || part === newest) };
  });
}

/** Drops the older half or more, so as to begin with a question; nothing is left where only the first one was left. */
function newerHalf(turns: readonly ChatMessage[]): readonly ChatMessage[] {
  const half = Math.ceil(turns.length / 2);
  const isQuestion = ({ role }: ChatMessage): boolean => role === "user";
  const next = turns.findIndex((message, index) => index >= half && isQuestion(message));
  const start = next >= 0 ? next : turns.findLastIndex(isQuestion);
  return start > 0 ? turns.slice(start) : [];
}
