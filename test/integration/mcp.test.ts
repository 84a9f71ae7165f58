import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { NodeStreamableHTTPServerTransport } from "@modelcontextprotocol/node";
import { afterEach, describe, expect, it, vi } from "vitest";

import { createLogger } from "../../src/logging.ts";
import { systemClock } from "../../src/clock.ts";
import { McpServer } from "../../src/tools/mcp-server.ts";
import { ToolRegistry } from "../../src/tools/registry.ts";
import type { McpServerSettings } from "../../src/tools/settings.ts";
import type { ToolSurroundings } from "../../streaming/index.ts";
import { houseServer } from "../support/mcp-tools.ts";

const TOKEN = "secret-token";
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function connect(settings: McpServerSettings): McpServer {
  const server = new McpServer(settings, systemClock, createLogger("silent"));
  closing.push(() => server.close());
  return server;
}

/** The house over stateless HTTP, as Home Assistant serves its own. */
async function serveHttp(
  port = 0,
  house = houseServer,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      response.writeHead(401).end();
      return;
    }
    const transport = new NodeStreamableHTTPServerTransport({ enableJsonResponse: true });
    void house()
      .connect(transport)
      .then(() => transport.handleRequest(request, response));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` };
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

async function connected(server: McpServer): Promise<ToolRegistry> {
  await vi.waitFor(
    () => {
      expect(server.tools().length).toBeGreaterThan(0);
    },
    { timeout: 60_000 },
  );
  return new ToolRegistry([server]);
}

const surroundings: ToolSurroundings = {
  say: () => undefined,
  look: () => Promise.resolve(""),
  readText: () => Promise.resolve(""),
};
const call = (tools: ToolRegistry, name: string, values: object) =>
  tools.call({ id: "1", name, arguments: JSON.stringify(values) }, surroundings, {
    signal: AbortSignal.timeout(10_000),
  });

const stdio: McpServerSettings = {
  name: "house",
  confirm: true,
  command: process.execPath,
  args: ["--import", "tsx", fileURLToPath(new URL("../support/mcp-stdio-server.ts", import.meta.url))],
  env: {},
};

describe.each(["stdio", "http"])("an MCP server over %s", { timeout: 90_000 }, (transport) => {
  const open = async (): Promise<McpServer> => {
    if (transport === "stdio") return connect(stdio);
    const { server, url } = await serveHttp();
    closing.push(() => stop(server));
    return connect({ name: "house", confirm: true, url, token: TOKEN });
  };

  it("has its tools offered, and what does not only read asked about", async () => {
    const tools = await connected(await open());
    expect(tools.list().map(({ name, sideEffect }) => [name, sideEffect])).toEqual([
      ["read_temperature", false],
      ["unlock_door", true],
      ["break", true],
    ]);
    expect(tools.list()[0]?.parameters).toMatchObject({
      properties: { room: { enum: ["kitchen", "bath"] } },
    });
  });

  it("runs what is called, and its failures come back as failures without ending the connection", async () => {
    const server = await open();
    const tools = await connected(server);
    await expect(call(tools, "break", {})).rejects.toThrow("the fuse has blown");
    await expect(call(tools, "read_temperature", { room: "cellar" })).rejects.toThrow("do not fit");
    expect(await call(tools, "read_temperature", { room: "bath" })).toEqual({
      type: "result",
      text: "bath: 21 degrees",
    });
  });
});

describe("an MCP server", () => {
  it("is tried until it is there, and connected again when it has been away", async () => {
    const { server: first, url } = await serveHttp();
    const { port } = new URL(url);
    await stop(first);
    const house = connect({ name: "house", confirm: false, url, token: TOKEN });
    expect(house.tools()).toEqual([]);
    const { server: second } = await serveHttp(Number(port));
    const tools = await connected(house);
    expect(tools.list().some(({ sideEffect }) => sideEffect)).toBe(false);
    await stop(second);
    await expect(call(tools, "read_temperature", { room: "bath" })).rejects.toThrow();
    await vi.waitFor(() => {
      expect(house.tools()).toEqual([]);
    });
    const { server: third } = await serveHttp(Number(port));
    closing.push(() => stop(third));
    await connected(house);
    expect(await call(tools, "read_temperature", { room: "kitchen" })).toMatchObject({
      text: "kitchen: 21 degrees",
    });
  }, 30_000);

  it("that never says which tools it has keeps nobody from closing", async () => {
    let isAsked = false;
    const { server, url } = await serveHttp(0, () => {
      const house = houseServer();
      house.server.setRequestHandler("tools/list", () => {
        isAsked = true;
        return new Promise<never>(() => undefined);
      });
      return house;
    });
    closing.push(() => stop(server));
    const silent = connect({ name: "silent", confirm: true, url, token: TOKEN });
    await expect.poll(() => isAsked).toBe(true);
    await silent.close();
    expect(silent.tools()).toEqual([]);
  }, 30_000);

  it("offers nothing where the token is wrong, and only some where only some are wanted", async () => {
    const { server, url } = await serveHttp();
    closing.push(() => stop(server));
    const refused = connect({ name: "a", confirm: true, url, token: "wrong" });
    const some = connect({ name: "b", confirm: true, url, token: TOKEN, only: ["unlock_door"] });
    const tools = await connected(some);
    expect(tools.list().map(({ name }) => name)).toEqual(["unlock_door"]);
    expect(refused.tools()).toEqual([]);
  });
});
