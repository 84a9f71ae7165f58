import type { Config } from "../config.ts";
import { type HelloMessage, PROTOCOL_VERSION, type ServerMessage } from "./protocol.ts";

/** What a client is told once its conversation has begun, or goes on. */
export function readyMessage(
  { output }: HelloMessage,
  { limits, conversation }: Config,
  { session, resumed }: { readonly session: string; readonly resumed: boolean },
): Extract<ServerMessage, { type: "ready" }> {
  return {
    type: "ready",
    version: PROTOCOL_VERSION,
    session,
    resumed,
    output,
    limits: {
      maxPayloadBytes: limits.maxPayloadBytes,
      maxTextLength: limits.maxTextLength,
      idleTimeoutMs: limits.idleTimeoutMs,
      leadMs: conversation.leadMs,
    },
  };
}
