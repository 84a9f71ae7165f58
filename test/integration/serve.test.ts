import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";

import { expect, test } from "vitest";

import { EXIT } from "../../src/cli.ts";
import { runFakeCli } from "../support/fake-cli.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("serve that cannot open its tools leaves no connection to the broker, or its process does not end", async () => {
  const sockets = new Set<Socket>();
  const broker = createServer((socket) => sockets.add(socket.on("error", () => undefined).resume()));
  broker.listen(0, "127.0.0.1");
  await once(broker, "listening");
  const { port } = broker.address() as AddressInfo;
  const folder = await temporaryFolder();
  const file = join(folder, "config.json");
  // Notes cannot be read from a folder.
  const config = { mqtt: { url: `mqtt://127.0.0.1:${port}` }, tools: { notes: folder } };
  writeFileSync(file, JSON.stringify(config));
  const printed: string[] = [];
  const { signal } = new AbortController();
  const status = await runFakeCli(["serve", "--json", "--port", "0", "--config", file], {
    printed,
    noted: [],
    signal,
  });
  expect(status).toBe(EXIT.failure);
  expect(JSON.parse(printed[0] ?? "")).toMatchObject({ error: { code: "config-invalid" } });
  // Connections are accepted in the order in which they were made: once this one is there, all before it are.
  const own = connect(port, "127.0.0.1");
  await once(own, "connect");
  const isOwn = ({ remotePort }: Socket): boolean => remotePort === own.localPort;
  await expect.poll(() => [...sockets].some(isOwn)).toBe(true);
  const others = (): Socket[] => [...sockets].filter((socket) => !socket.destroyed && !isOwn(socket));
  await expect.poll(() => others().length).toBe(0);
  own.destroy();
  broker.close();
});
