import type { IncomingMessage } from "node:http";

import { AntiphonError } from "../../../streaming/index.ts";

/** Which board speaks: its MAC address, and the number that its firmware gave itself. */
export interface Device {
  readonly deviceId: string;
  readonly clientId: string;
}

const NAME = /^[\w:.-]{1,64}$/u;

/**
 * The board of a request, by its headers; a page, which cannot set any on a socket, names them in the address.
 * @throws AntiphonError `message-invalid` where it does not say who it is.
 */
export function deviceOf({ headers, url }: Pick<IncomingMessage, "headers" | "url">): Device {
  const query = queryOf(url);
  const deviceId = (headerOf(headers, "device-id") ?? query.get("device-id") ?? "").toLowerCase();
  const clientId = headerOf(headers, "client-id") ?? query.get("client-id") ?? "";
  if (!NAME.test(deviceId) || (clientId !== "" && !NAME.test(clientId))) {
    throw new AntiphonError("message-invalid", "Device-Id must be 1 to 64 letters, digits or any of : . - _");
  }
  return { deviceId, clientId };
}

/** What a board shows to be let in; undefined where it shows nothing. */
export function tokenOf({ headers, url }: Pick<IncomingMessage, "headers" | "url">): string | undefined {
  const shown = headerOf(headers, "authorization") ?? queryOf(url).get("authorization") ?? "";
  const token = shown.replace(/^Bearer\b/iu, "").trim();
  return token === "" ? undefined : token;
}

function queryOf(url: string | undefined): URLSearchParams {
  return new URLSearchParams(url?.split("?")[1]);
}

function headerOf(headers: IncomingMessage["headers"], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
