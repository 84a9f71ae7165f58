import type { IncomingMessage } from "node:http";

/** 15 MiB of sound in base64, and some words around them. */
export const MAX_PAYLOAD_BYTES = 21 * 2 ** 20;

const SUBPROTOCOL = "realtime";
const BETA_SUBPROTOCOL = "openai-beta.realtime-v1";

/** Of the subprotocols that browsers offer, some of which are keys, the one that is agreed. */
export function chooseSubprotocol(offered: ReadonlySet<string>): string | undefined {
  return offered.has(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
}

/** Whether a client wants the beta interface, whose events have other names. */
export function isBetaRequest({ headers }: Pick<IncomingMessage, "headers">): boolean {
  const versions = [headers["openai-beta"] ?? []].flat();
  const offered = headers["sec-websocket-protocol"]?.split(",") ?? [];
  return (
    versions.some((version) => version.includes("realtime=v1")) ||
    offered.some((name) => name.trim() === BETA_SUBPROTOCOL)
  );
}
