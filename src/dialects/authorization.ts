import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Of a request, all that can hold a key. */
export type KeyedRequest = Pick<IncomingMessage, "headers" | "url">;

/** What browsers, which cannot set headers, put a key behind as a subprotocol of a socket. */
const KEY_SUBPROTOCOL = "openai-insecure-api-key.";

/** Whether an HTTP request may be answered: it offers one of `keys` as `Authorization: Bearer KEY`, or none are asked for. */
export function isAuthorized({ headers }: KeyedRequest, keys: readonly string[]): boolean {
  return keys.length === 0 || isOneOf(bearerKey(headers.authorization), keys);
}

/** Whether a request may be answered: it offers one of `keys` as a bearer or as `?api_key=KEY`, or none are asked for. */
export function isAuthorizedOrByAddress(request: KeyedRequest, keys: readonly string[]): boolean {
  const key = new URLSearchParams(request.url?.split("?")[1]).get("api_key") ?? undefined;
  return isAuthorized(request, keys) || isOneOf(key, keys);
}

/**
 * Whether a socket that agrees to a subprotocol may be used: it offers one of `keys` as a bearer, as the subprotocol
 * `openai-insecure-api-key.KEY`, or as `?api_key=KEY`; or none are asked for. Where none is agreed, browsers that offer one
 * hang up.
 */
export function isSocketAuthorized(request: KeyedRequest, keys: readonly string[]): boolean {
  const key = subprotocolKey(request.headers["sec-websocket-protocol"]);
  return isAuthorizedOrByAddress(request, keys) || isOneOf(key, keys);
}

function bearerKey(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S.*)$/iu.exec(authorization ?? "")?.[1]?.trim();
}

function subprotocolKey(protocols: string | undefined): string | undefined {
  const offered = protocols?.split(",").map((name) => name.trim());
  return offered?.find((name) => name.startsWith(KEY_SUBPROTOCOL))?.slice(KEY_SUBPROTOCOL.length);
}

/** Takes as long for a key that is nearly right as for any other. */
function isOneOf(offered: string | undefined, keys: readonly string[]): boolean {
  if (offered === undefined) return false;
  const digest = digestOf(offered);
  return keys.map((key) => timingSafeEqual(digestOf(key), digest)).includes(true);
}

function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
