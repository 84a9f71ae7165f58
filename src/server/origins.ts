import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";

import type { Config } from "../config.ts";

const LOOPBACK = /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/u;

/** What proxies add for whom they ask; who adds one without being a proxy is taken for somebody elsewhere, which harms nobody. */
const OF_PROXIES = /^(?:forwarded|via|x-real-ip|x-forwarded-.+)$/u;

/** Whether somebody on this machine asks, and no proxy on it for somebody elsewhere, as far as proxies say what they are. */
export function isFromThisMachine({
  headers,
  socket,
}: Pick<IncomingMessage, "headers"> & {
  readonly socket: { readonly remoteAddress?: Socket["remoteAddress"] };
}): boolean {
  return (
    LOOPBACK.test(socket.remoteAddress ?? "") && !Object.keys(headers).some((name) => OF_PROXIES.test(name))
  );
}

/** Programs send no origin; a page must come from this server or be named in the configuration. */
export function isOriginAllowed(
  { origin, host }: IncomingHttpHeaders,
  { allowedOrigins, host: ownHost }: Pick<Config, "allowedOrigins" | "host">,
): boolean {
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  return host !== undefined && origin === `http://${host}` && isOwnName(host, ownHost);
}

/**
 * Whether a Host header names this machine by itself: an address, localhost, or the name it was told to listen on. A
 * foreign name that merely resolves to here (DNS rebinding) is somebody else's page.
 */
export function isOwnName(hostHeader: string | undefined, ownHost: string): boolean {
  if (hostHeader === undefined) return false;
  const url = `http://${hostHeader}`;
  if (!URL.canParse(url)) return false;
  const name = new URL(url).hostname.replace(/^\[|\]$/g, "");
  return isIP(name) !== 0 || name === "localhost" || name === ownHost;
}
