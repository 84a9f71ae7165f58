import { parseReadiness } from "../../src/server/protocol.ts";
import type { ServerView } from "./conversation-state.ts";

/** A server that takes longer to say how it is does not answer. */
const LOOK_MS = 5000;

/** Asks a server how it is; there is always something to say of it. */
export async function askReadiness(origin: string): Promise<ServerView> {
  let response: Response;
  let body: string;
  try {
    response = await fetch(`${origin}/ready`, { cache: "no-store", signal: AbortSignal.timeout(LOOK_MS) });
    body = await response.text();
  } catch {
    return { status: "unreachable" };
  }
  try {
    return parseReadiness(body);
  } catch {
    // Something stands before the server and answers in words of its own.
    return { status: response.ok ? "ready" : "loading" };
  }
}
