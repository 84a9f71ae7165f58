import { isIP } from "node:net";

import type { Dialect } from "../dialect.ts";
import { announceWyoming } from "./announcement.ts";
import { WyomingServer } from "./server.ts";

/** Home Assistant's voice services: a TCP server beside the web server, where `wyoming.port` is set. */
export const wyoming: Dialect = (host) => {
  const { config, logger, app } = host;
  const { port, announce, name } = config.wyoming;
  if (port === undefined) return;
  const address = { host: config.wyoming.host ?? config.host, port };
  let server: WyomingServer | undefined;
  let withdraw: (() => Promise<void>) | undefined;
  app.addHook("onReady", async () => {
    server = await WyomingServer.listen(address, host);
    logger.info({ host: address.host, port: server.port }, "wyoming listens");
    if (!announce || isLoopback(address.host)) return;
    try {
      withdraw = await announceWyoming(name, server.port);
    } catch (error) {
      logger.warn({ error: String(error) }, "wyoming cannot be announced; name its address yourself");
    }
  });
  app.addHook("onClose", async () => {
    await withdraw?.();
    await server?.close();
  });
};

/** Whether nobody else on the network could reach it. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
