import { z } from "zod";

import { AntiphonError, type CallOptions } from "../../../streaming/index.ts";

/** The version that boards speak (`main/mcp_server.cc` of 78/xiaozhi-esp32). */
const PROTOCOL_VERSION = "2024-11-05";
const ANSWER_TIMEOUT_MS = 10_000;
/** Taking a picture, sending it and looking at it takes a while. */
const CALL_TIMEOUT_MS = 30_000;
/** A board has about a dozen tools; what goes on beyond these has no end. */
const MOST_PAGES = 16;
const MOST_TOOLS = 64;
const MOST_PENDING = 16;
const LONGEST_RESULT = 4000;

const response = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  /** Boards give no code. */
  error: z.object({ message: z.string().max(1000).catch("an error without a message") }).optional(),
});

const tool = z.object({
  name: z.string().min(1).max(128),
  description: z.string().max(2000).catch(""),
  inputSchema: z.record(z.string(), z.unknown()).catch({ type: "object", properties: {} }),
});
const toolPage = z.object({
  tools: z.array(z.unknown()).max(256),
  nextCursor: z.string().max(256).optional(),
});
const callResult = z.object({
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })).max(64),
  isError: z.boolean().default(false),
});

export type DeviceTool = z.infer<typeof tool>;
export type JsonRpcMessage = Readonly<Record<string, unknown>>;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Where a board sends its pictures, and what it shows there. */
export interface VisionAddress {
  readonly url: string;
  readonly token: string;
}

/**
 * The Model Context Protocol over a board's socket, of which the board is the server. Boards answer with numbers for ids, errors
 * without codes, and pages of tools of 8,000 bytes.
 */
export class DeviceMcp {
  readonly #send: (message: JsonRpcMessage) => void;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed = false;

  constructor(send: (message: JsonRpcMessage) => void) {
    this.#send = send;
  }

  /** Greets the board and tells it where to send pictures. */
  async initialize(vision: VisionAddress, options: CallOptions): Promise<void> {
    const params = {
      protocolVersion: PROTOCOL_VERSION,
      capabilities: { vision },
      clientInfo: { name: "antiphon", version: "1" },
    };
    await this.#ask("initialize", params, ANSWER_TIMEOUT_MS, options);
    this.#send({ jsonrpc: "2.0", method: "notifications/initialized" });
  }

  /** Everything that the board lets a model do, from all pages; tools that make no sense are left out. */
  async listTools(options: CallOptions): Promise<readonly DeviceTool[]> {
    const tools = new Map<string, DeviceTool>();
    let cursor = "";
    for (let page = 0; page < MOST_PAGES; page++) {
      const params = { cursor, withUserTools: false };
      const answer = toolPage.safeParse(await this.#ask("tools/list", params, ANSWER_TIMEOUT_MS, options));
      if (!answer.success) throw new AntiphonError("message-invalid", "the device's list of tools is none");
      for (const item of answer.data.tools) {
        const known = tool.safeParse(item);
        if (known.success && tools.size < MOST_TOOLS) tools.set(known.data.name, known.data);
      }
      const { nextCursor = "" } = answer.data;
      if (nextCursor === "" || nextCursor === cursor) break;
      cursor = nextCursor;
    }
    return [...tools.values()];
  }

  /**
   * Has the board do something; returns what it says of it.
   * @throws AntiphonError `message-invalid` with the board's words where it could not, `connection-failed` where it does not
   * answer; `signal.reason`.
   */
  async call(name: string, parameters: JsonRpcMessage, options: CallOptions): Promise<string> {
    const params = { name, arguments: parameters };
    const answer = callResult.safeParse(await this.#ask("tools/call", params, CALL_TIMEOUT_MS, options));
    if (!answer.success) throw new AntiphonError("message-invalid", "the device's result is none");
    const { content, isError } = answer.data;
    const text = content
      .flatMap((part) => part.text ?? [])
      .join("\n")
      .slice(0, LONGEST_RESULT);
    if (isError)
      throw new AntiphonError("message-invalid", text === "" ? "the device could not do it" : text);
    return text;
  }

  /** Takes what the board says; what answers no question (any more) is none of our business. */
  receive(message: JsonRpcMessage): void {
    const parsed = response.safeParse(message);
    if (!parsed.success) return;
    const { id, result, error } = parsed.data;
    const pending = this.#pending.get(id);
    if (pending === undefined || (result === undefined && error === undefined)) return;
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(result);
    else pending.reject(new AntiphonError("message-invalid", `the device says: ${error.message}`));
  }

  /** Nothing is answered any more. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#pending.values())
      reject(new AntiphonError("connection-failed", "the device is gone"));
    this.#pending.clear();
  }

  async #ask(
    method: string,
    params: JsonRpcMessage,
    timeoutMs: number,
    { signal }: CallOptions,
  ): Promise<unknown> {
    signal.throwIfAborted();
    if (this.#closed) throw new AntiphonError("connection-failed", "the device is gone");
    if (this.#pending.size >= MOST_PENDING)
      throw new AntiphonError("rate-exceeded", "the device has too much to do");
    const id = ++this.#lastId;
    const ending = new AbortController();
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        const timer = setTimeout(() => {
          reject(new AntiphonError("connection-failed", `the device has not answered ${method} in time`));
        }, timeoutMs);
        const abort = (): void => {
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", abort, { signal: ending.signal });
        ending.signal.addEventListener("abort", () => {
          clearTimeout(timer);
        });
        this.#send({ jsonrpc: "2.0", id, method, params });
      });
    } finally {
      ending.abort();
      this.#pending.delete(id);
    }
  }
}
