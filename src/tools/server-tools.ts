import type { SessionInput, SessionOptions, VoiceSession } from "../../streaming/index.ts";
import type { Clock } from "../../streaming/index.ts";
import type { Logger } from "../logging.ts";
import type { SessionSource } from "../server/conversations.ts";
import { builtInTools } from "./built-in.ts";
import { McpServer } from "./mcp-server.ts";
import { Notes } from "./notes.ts";
import { joined, ToolRegistry } from "./registry.ts";
import type { ToolSettings } from "./settings.ts";

/** The tools that every conversation of a server has. */
export class ServerTools {
  readonly #settings: ToolSettings;
  readonly #clock: Clock;
  readonly #servers: readonly McpServer[];
  readonly #notes: Notes | undefined;

  /**
   * Connects to MCP servers in the background.
   * @throws AntiphonError `config-invalid` where the notes cannot be read.
   */
  constructor(settings: ToolSettings, clock: Clock, logger: Logger) {
    this.#settings = settings;
    this.#clock = clock;
    this.#notes = settings.notes === undefined ? undefined : new Notes(settings.notes);
    this.#servers = settings.mcp.map((server) => new McpServer(server, clock, logger));
  }

  /**
   * The same conversations with these tools besides those that each brings along; without the timer where a conversation begins in
   * writing only: nobody waits there to be told something unasked.
   */
  over(source: SessionSource): SessionSource {
    return { ...source, openSession: (options) => this.#equipped(source.openSession, options) };
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map(async (server) => {
        await server.close();
      }),
    );
  }

  #equipped(open: SessionSource["openSession"], options: SessionOptions): VoiceSession {
    const closing = new AbortController();
    const notes = this.#notes ?? new Notes();
    const names = this.#settings.builtIn.filter((name) => name !== "timer" || options.spoken !== false);
    const own = builtInTools(names, { clock: this.#clock, notes, signal: closing.signal });
    const common = new ToolRegistry([{ name: "antiphon", tools: () => own }, ...this.#servers]);
    const session = open({ ...options, tools: joined(options.tools, common) });
    const push = (input: SessionInput): void => {
      if (input.type !== "configure" || input.settings.tools === undefined) session.push(input);
      else
        session.push({
          ...input,
          settings: { ...input.settings, tools: joined(input.settings.tools, common) },
        });
    };
    return {
      push,
      ...(session.see !== undefined && { see: session.see.bind(session) }),
      events: (how) => session.events(how),
      close: async () => {
        closing.abort(new DOMException("the conversation is closed", "AbortError"));
        await session.close();
      },
    };
  }
}
