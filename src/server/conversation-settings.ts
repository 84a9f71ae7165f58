import type { SessionOptions } from "../../streaming/index.ts";
import type { ConversationSettings } from "./protocol.ts";

/**
 * What a client's settings mean for its session. Control characters of a system prompt become spaces, like those of typed
 * text; one in which nothing is left stands for the server's own.
 */
export function sessionSettings(
  { systemPrompt, speed, spoken }: ConversationSettings,
  own: Pick<SessionOptions, "systemPrompt">,
): Partial<SessionOptions> {
  const clean = systemPrompt?.replace(/[^\P{Cc}\n]|\p{Cs}/gu, " ").trim();
  return {
    ...(clean !== undefined && { systemPrompt: clean === "" ? own.systemPrompt : clean }),
    ...(speed !== undefined && { speed }),
    ...(spoken !== undefined && { spoken }),
  };
}
