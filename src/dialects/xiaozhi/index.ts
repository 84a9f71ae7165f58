import { join } from "node:path";

import { readPackEnvironment } from "../../../models/packs/index.ts";
import type { Dialect } from "../dialect.ts";
import { DeviceSocket } from "./device-socket.ts";
import { DeviceStore } from "./device-store.ts";
import { addMemoryRoutes } from "./memory-routes.ts";
import { addOtaRoutes, SOCKET_PATH } from "./ota.ts";
import { DeviceTokens } from "./tokens.ts";
import { VisionDesk } from "./vision.ts";

/**
 * What boards with XiaoZhi firmware speak: where to connect (`/xiaozhi/ota/`), a conversation in Opus (`/xiaozhi/v1/`), and
 * pictures (`/xiaozhi/vision/explain`). Follows 78/xiaozhi-esp32; docs/dialects/xiaozhi.md says how.
 */
export const xiaozhi: Dialect = (host) => {
  const { app, config, clock } = host;
  const store = new DeviceStore(config.devices.folder ?? join(readPackEnvironment().home, "devices"));
  const context = {
    ...host,
    store,
    tokens: tokensOf(store),
    vision: new VisionDesk(clock),
    lastConversations: new Map<string, string>(),
  };
  void app.register(async (scope) => {
    addOtaRoutes(scope, config, context.tokens);
    addMemoryRoutes(scope, config, store);
    await context.vision.addRoute(scope);
  });
  const { maxPayloadBytes } = config.limits;
  for (const path of [SOCKET_PATH, SOCKET_PATH.slice(0, -1)]) {
    host.acceptSockets(
      path,
      { maxPayloadBytes },
      (socket, request) => new DeviceSocket(socket, request, context),
    );
  }
};

/** Opens the tokens when they are first asked for, once. */
function tokensOf(store: DeviceStore): () => Promise<DeviceTokens> {
  let tokens: Promise<DeviceTokens> | undefined;
  const open = async (): Promise<DeviceTokens> => new DeviceTokens(await store.secret(), store);
  return async () => {
    tokens ??= open().catch((error: unknown) => {
      tokens = undefined; // a disk that was full or a folder that was missing may be there by the next time
      throw error;
    });
    return await tokens;
  };
}
