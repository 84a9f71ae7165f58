import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { toAntiphonError } from "../../../streaming/index.ts";
import type { Config } from "../../config.ts";
import { isSocketAuthorized } from "../authorization.ts";
import { deviceOf } from "./device.ts";
import type { DeviceTokens } from "./tokens.ts";

const OTA_PATH = "/xiaozhi/ota/";
export const SOCKET_PATH = "/xiaozhi/v1/";

const LARGEST_BODY_BYTES = 65_536;

const systemInformation = z.object({ application: z.object({ version: z.string().max(64) }) });

/** Where boards ask, when they start, what time it is, where to connect and with which token. */
export function addOtaRoutes(
  app: FastifyInstance,
  config: Config,
  tokens: () => Promise<DeviceTokens>,
): void {
  const options = { bodyLimit: LARGEST_BODY_BYTES };
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (!isSocketAuthorized(request.raw, config.apiKeys))
      return await refuse(reply, 401, "add ?api_key=KEY to the address, with a key of the server");
    const url = socketUrl(request, config);
    if (url === undefined) return await refuse(reply, 400, "the Host header names no host");
    if (request.method === "GET" && request.headers["device-id"] === undefined) {
      const text = `Devices that get this address as their OTA address will connect to ${url}\n`;
      return await reply.type("text/plain").send(text);
    }
    try {
      const token = (await tokens()).issue(deviceOf(request.raw));
      return await reply.send({
        server_time: { timestamp: Date.now(), timezone_offset: 0 - new Date().getTimezoneOffset() },
        firmware: { version: firmwareVersionOf(request.body), url: "" },
        websocket: { url, token, version: 1 },
      });
    } catch (error) {
      const { code, message } = toAntiphonError(error);
      return await refuse(reply, code === "message-invalid" ? 400 : 500, message);
    }
  };
  for (const path of [OTA_PATH, OTA_PATH.slice(0, -1)]) {
    app.post(path, options, answer);
    app.get(path, options, answer);
  }
}

/** Where the server that this request was sent to can be reached, as the board knows it or as the configuration says. */
export function addressOf({ headers }: FastifyRequest["raw"], config: Config): string | undefined {
  const { address } = config.devices;
  if (address !== undefined) return address.replace(/\/+$/u, "");
  const text = `http://${headers.host ?? ""}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.href === `${url.origin}/` ? url.origin : undefined;
}

function socketUrl(request: FastifyRequest, config: Config): string | undefined {
  const address = addressOf(request.raw, config);
  return address === undefined ? undefined : `${address.replace(/^http/u, "ws")}${SOCKET_PATH}`;
}

/** The board's own, so that it has nothing to fetch. */
function firmwareVersionOf(body: unknown): string {
  const known = systemInformation.safeParse(body);
  return known.success ? known.data.application.version : "0.0.0";
}

async function refuse(reply: FastifyReply, status: number, message: string): Promise<FastifyReply> {
  return await reply.code(status).send({ error: message });
}
