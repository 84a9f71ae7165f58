import type { IncomingMessage } from "node:http";

import type { FastifyInstance, FastifyRequest } from "fastify";

import type { Config } from "../../config.ts";
import { isFromThisMachine, isOriginAllowed, isOwnName } from "../../server/origins.ts";
import { isAuthorized } from "../authorization.ts";
import type { DeviceStore } from "./device-store.ts";

const MEMORY_PATH = "/xiaozhi/devices/:device/memory";

interface Path {
  Params: { device: string };
}

/**
 * What is remembered for a board, to be read and deleted: with a key of the server, or without any from this machine only, and
 * then by no page of somebody else's that a browser here shows.
 */
export function addMemoryRoutes(app: FastifyInstance, config: Config, store: DeviceStore): void {
  const mayLook = ({ raw }: FastifyRequest<Path>): boolean =>
    config.apiKeys.length > 0 ? isAuthorized(raw, config.apiKeys) : isOwn(raw, config);
  app.get<Path>(MEMORY_PATH, async (request, reply) => {
    if (!mayLook(request)) return await reply.code(401).send({ error: "a key of the server is needed" });
    return await reply.send({ facts: await store.facts(request.params.device.toLowerCase()) });
  });
  app.delete<Path>(MEMORY_PATH, async (request, reply) => {
    if (!mayLook(request)) return await reply.code(401).send({ error: "a key of the server is needed" });
    await store.forget(request.params.device.toLowerCase());
    return await reply.code(204).send();
  });
}

/** A page whose name was made to resolve to here reads without an origin, but by its own name (DNS rebinding). */
function isOwn(request: IncomingMessage, config: Config): boolean {
  const { headers } = request;
  return (
    isFromThisMachine(request) && isOwnName(headers.host, config.host) && isOriginAllowed(headers, config)
  );
}
