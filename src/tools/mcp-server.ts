import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio";

import type { Clock } from "../../streaming/index.ts";
import type { Logger } from "../logging.ts";
import type { McpServerSettings } from "./settings.ts";
import type { Tool, ToolSource } from "./tool.ts";

/** Programs may have to be fetched first. */
const CONNECT_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 60_000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

const CLIENT = { name: "antiphon", version: "0.1.0" } as const;

type McpTool = Awaited<ReturnType<Client["listTools"]>>["tools"][number];
type McpResult = Awaited<ReturnType<Client["callTool"]>>;

/**
 * The tools of a server of the Model Context Protocol. Connects in the background and again whenever the connection breaks; in
 * between it has no tools. A call whose connection breaks has failed and is not made again: nobody knows what it did.
 */
export class McpServer implements ToolSource {
  readonly name: string;
  readonly #settings: McpServerSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #tools: readonly Tool[] = [];
  #breakUp: () => void = () => undefined;

  constructor(settings: McpServerSettings, clock: Clock, logger: Logger) {
    this.name = settings.name;
    this.#settings = settings;
    this.#clock = clock;
    this.#logger = logger;
    this.#running = this.#keepConnected();
  }

  tools(): readonly Tool[] {
    return this.#tools;
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException("the server stops", "AbortError"));
    this.#breakUp();
    await this.#running;
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#closing;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        await this.#connectOnce(() => {
          retryMs = FIRST_RETRY_MS;
        });
        this.#logger.info({ server: this.name }, "an MCP server is gone");
      } catch (error) {
        if (!this.#closing.signal.aborted)
          this.#logger.warn({ server: this.name, error: String(error) }, "an MCP server is not there");
      }
      this.#tools = [];
      await this.#clock.sleep(retryMs, { signal }).catch(() => undefined);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }

  /** Resolves when the connection is over. */
  async #connectOnce(onConnected: () => void): Promise<void> {
    const refresh = (client: Client) => async (): Promise<void> => {
      const { signal } = this.#closing;
      const { tools } = await client.listTools(undefined, { timeout: CONNECT_TIMEOUT_MS, signal });
      this.#tools = tools
        .filter(({ name }) => this.#isWanted(name))
        .map((tool) => this.#toolOf(client, tool));
    };
    const client: Client = new Client(CLIENT, {
      // Programs would be started twice for it.
      versionNegotiation: { mode: "command" in this.#settings ? "legacy" : "auto" },
      listChanged: {
        tools: {
          autoRefresh: false,
          onChanged: () => {
            refresh(client)().catch(() => undefined); // the old ones stay
          },
        },
      },
    });
    const over = new Promise<void>((resolve) => {
      this.#breakUp = resolve;
      client.onclose = resolve;
    });
    try {
      await client.connect(this.#transport(), { timeout: CONNECT_TIMEOUT_MS, signal: this.#closing.signal });
      await refresh(client)();
      onConnected();
      this.#logger.info({ server: this.name, tools: this.#tools.length }, "an MCP server is connected");
      await over;
    } finally {
      await client.close().catch(() => undefined);
    }
  }

  #isWanted(name: string): boolean {
    const { only } = this.#settings;
    return only === undefined || only.includes(name);
  }

  #transport(): StdioClientTransport | StreamableHTTPClientTransport {
    const settings = this.#settings;
    if ("command" in settings) {
      const { command, args, env } = settings;
      return new StdioClientTransport({
        command,
        args: [...args],
        env: { ...getDefaultEnvironment(), ...env },
        stderr: "ignore",
      });
    }
    const headers = settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` };
    return new StreamableHTTPClientTransport(new URL(settings.url), { requestInit: { headers } });
  }

  #toolOf(client: Client, { name, description = "", inputSchema, annotations }: McpTool): Tool {
    return {
      spec: {
        name,
        description,
        parameters: inputSchema,
        sideEffect: this.#settings.confirm && annotations?.readOnlyHint !== true,
      },
      run: async (values, _, { signal }) => {
        let result: McpResult;
        try {
          result = await client.callTool(
            { name, arguments: { ...values } },
            { signal, timeout: CALL_TIMEOUT_MS },
          );
        } catch (error) {
          // An answer that is an error has a code of the protocol; without one the connection is in doubt.
          if (!signal.aborted && !hasProtocolCode(error)) this.#breakUp();
          throw error;
        }
        const text = textOf(result);
        if (result.isError === true) throw new Error(text);
        return text;
      },
    };
  }
}

function hasProtocolCode(error: unknown): boolean {
  return typeof (error as { readonly code?: unknown }).code === "number";
}

function textOf({ content, structuredContent }: McpResult): string {
  const parts = content.map((part) => (part.type === "text" ? part.text : `[${part.type}]`));
  if (parts.length === 0 && structuredContent !== undefined) return JSON.stringify(structuredContent);
  return parts.join("\n");
}
