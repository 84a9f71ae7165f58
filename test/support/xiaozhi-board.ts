import { once } from "node:events";

import WebSocket from "ws";

import { type OpusPacketDecoder, openOpusDecoder, openOpusEncoder } from "../../audio/opus.ts";
import { uploadPicture } from "./xiaozhi-camera.ts";
import { BoardLoudspeaker } from "./xiaozhi-loudspeaker.ts";

export interface BoardTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: object;
  readonly userOnly?: boolean;
  readonly run: (parameters: Record<string, unknown>, board: XiaozhiBoard) => Promise<unknown>;
}

export interface BoardOptions {
  readonly mode?: "auto" | "manual" | "realtime";
  readonly version?: 1 | 2 | 3;
  readonly deviceId?: string;
  readonly token?: string;
  readonly tools?: readonly BoardTool[];
}

type Message = Record<string, unknown> & { readonly type: string };
type State = "idle" | "connecting" | "listening" | "speaking";

const PACKET_MS = 60;
const HELLO_TIMEOUT_MS = 10_000;
const LARGEST_PAYLOAD = 8000;
/** A state is entered on the main loop: until then the old one holds, and entering "speaking" empties the loudspeaker. */
const MAIN_LOOP_MS = 25;

/**
 * A board with the firmware's rules (main/application.cc, main/protocols/websocket_protocol.cc, main/mcp_server.cc of
 * 78/xiaozhi-esp32): ten seconds for a hello, sound thrown away unless it speaks, its queue of 2.4 s, its microphone closed
 * while it speaks unless it cancels echo, and its MCP server with pages of 8,000 bytes.
 */
export class XiaozhiBoard {
  readonly messages: Message[] = [];
  readonly loudspeaker: BoardLoudspeaker;
  state: State = "connecting";
  closeCode: number | undefined;
  vision: { url: string; token: string } | undefined;
  readonly #options: Required<BoardOptions>;
  readonly #socket: WebSocket;
  readonly #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket, options: Required<BoardOptions>, decoder: OpusPacketDecoder) {
    this.#socket = socket;
    this.#options = options;
    this.loudspeaker = new BoardLoudspeaker(decoder, () => {
      if (this.#pendingListen) this.#startListening();
    });
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.#takeSound(data);
      else this.#takeText(JSON.parse(data.toString()) as Message);
      this.#wake();
    });
    socket.on("close", (code) => {
      this.closeCode = code;
      this.loudspeaker.stop();
      this.#wake();
    });
    socket.on("error", () => undefined);
  }

  /** Opens the audio channel as the firmware does: socket, hello, and the server's hello within ten seconds. */
  static async connect(url: string, some: BoardOptions = {}): Promise<XiaozhiBoard> {
    const options = {
      mode: "auto",
      version: 1,
      deviceId: "24:0a:c4:00:00:01",
      token: "",
      tools: [],
      ...some,
    } as const;
    const headers = {
      "Protocol-Version": String(options.version),
      "Device-Id": options.deviceId,
      "Client-Id": "9a0b6c1e-0000-4000-8000-000000000001",
      ...(options.token === "" ? {} : { Authorization: `Bearer ${options.token}` }),
    };
    const socket = new WebSocket(url, { headers });
    const board = new XiaozhiBoard(socket, options, await openOpusDecoder(24_000));
    await once(socket, "open");
    board.send({
      type: "hello",
      version: options.version,
      features: { mcp: true },
      transport: "websocket",
      audio_params: { format: "opus", sample_rate: 16_000, channels: 1, frame_duration: PACKET_MS },
    });
    const timer = setTimeout(() => {
      socket.close();
    }, HELLO_TIMEOUT_MS);
    try {
      const hello = await board.next("hello");
      if (hello["transport"] !== "websocket") throw new Error("the firmware ignores such a hello");
      return board;
    } finally {
      clearTimeout(timer);
    }
  }

  get sessionId(): unknown {
    return this.all("hello")[0]?.["session_id"];
  }

  send(message: object): void {
    const session = this.sessionId === undefined ? {} : { session_id: this.sessionId };
    this.#socket.send(JSON.stringify({ ...session, ...message }));
  }

  sendRaw(data: Uint8Array | string): void {
    this.#socket.send(data);
  }

  listen(): void {
    this.#enter("listening", () => {
      this.#startListening();
    });
  }

  /** The button of push-to-talk is let go: while the board speaks, or does nothing, it keeps that to itself. */
  stopListening(): void {
    if (this.state !== "listening") return;
    this.send({ type: "listen", state: "stop" });
    this.state = "idle";
  }

  detect(text: string): void {
    this.send({ type: "listen", state: "detect", text });
  }

  abort(reason?: string): void {
    this.send({ type: "abort", ...(reason === undefined ? {} : { reason }) });
  }

  close(): void {
    this.#socket.close();
  }

  /** Speaks in real time; what the microphone cannot hear is not sent. With `dtx` silence is not sent, either. */
  async say(samples: Float32Array, dtx = false): Promise<void> {
    const encoder = await openOpusEncoder(16_000, PACKET_MS);
    const startMs = performance.now();
    for (let at = 0, index = 1; at < samples.length; at += encoder.frameSamples, index++) {
      const packet = new Float32Array(encoder.frameSamples);
      packet.set(samples.subarray(at, at + encoder.frameSamples));
      const isSilent = packet.every((sample) => sample === 0);
      if (this.#hears && !(dtx && isSilent)) this.#socket.send(this.#wrap(encoder.encode(packet)));
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(0, startMs + index * PACKET_MS - performance.now())),
      );
    }
  }

  async silence(ms: number, dtx = false): Promise<void> {
    await this.say(new Float32Array(ms * 16), dtx);
  }

  /** The first message of a type that fits, waiting for it if need be; fails once the connection is closed. */
  async next(type: string, fits: (message: Message) => boolean = () => true): Promise<Message> {
    for (;;) {
      const found = this.all(type).find(fits);
      if (found !== undefined) return found;
      if (this.closeCode !== undefined)
        throw new Error(`closed with ${this.closeCode} before ${type}; got ${JSON.stringify(this.messages)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async ttsState(state: string, count = 1): Promise<void> {
    const isIt = (message: Message): boolean => message["state"] === state;
    await this.next("tts", () => this.all("tts").filter(isIt).length >= count);
  }

  all(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  async closed(): Promise<number> {
    while (this.closeCode === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.closeCode;
  }

  /** Sends a picture as the camera does; returns the answer's body, or throws as the firmware does. */
  async explain(jpeg: Uint8Array, question: string, token = this.vision?.token ?? ""): Promise<string> {
    const { deviceId } = this.#options;
    return await uploadPicture({ url: this.vision?.url ?? "", token, deviceId }, jpeg, question);
  }

  #pendingListen = false;

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  get #hears(): boolean {
    return this.state === "listening" || (this.state === "speaking" && this.#options.mode === "realtime");
  }

  #startListening(): void {
    this.#pendingListen = false;
    this.send({ type: "listen", state: "start", mode: this.#options.mode });
  }

  #enter(state: State, act: () => void): void {
    setTimeout(() => {
      this.state = state;
      act();
    }, MAIN_LOOP_MS);
  }

  #takeSound(data: Buffer): void {
    const { version } = this.#options;
    const size = version === 2 ? data.readUInt32BE(12) : version === 3 ? data.readUInt16BE(2) : data.length;
    const header = { 1: 0, 2: 16, 3: 4 }[version];
    if (size !== data.length - header) throw new Error("the firmware would read beyond the frame");
    this.loudspeaker.push(data.subarray(header, header + size), this.state === "speaking");
  }

  #takeText(message: Message): void {
    this.messages.push(message);
    if (message.type === "tts" && message["state"] === "start") {
      this.#enter("speaking", () => {
        this.loudspeaker.reset();
      });
    } else if (message.type === "tts" && message["state"] === "stop") {
      if (this.#options.mode === "manual") this.#enter("idle", () => undefined);
      else if (this.#options.mode === "auto")
        this.#enter("listening", () => {
          if (this.loudspeaker.isIdle) this.#startListening();
          else this.#pendingListen = true;
        });
      else this.#enter("listening", () => undefined);
    } else if (message.type === "mcp") void this.#answer(message["payload"] as McpRequest);
  }

  async #answer({ id, method, params = {} }: McpRequest): Promise<void> {
    if (method.startsWith("notifications")) return;
    if (typeof id !== "number") throw new Error("the firmware wants numbers for ids");
    const reply = (payload: object): void => {
      this.send({ type: "mcp", payload: { jsonrpc: "2.0", id, ...payload } });
    };
    if (method === "initialize") {
      this.vision = (params["capabilities"] as { vision: { url: string; token: string } }).vision;
      reply({ result: { protocolVersion: "2024-11-05", capabilities: { tools: {} }, serverInfo: {} } });
    } else if (method === "tools/list") reply({ result: this.#page(String(params["cursor"])) });
    else {
      const tool = this.#options.tools.find(({ name }) => name === params["name"]);
      if (tool === undefined) reply({ error: { message: `Unknown tool: ${String(params["name"])}` } });
      else {
        const value = await tool.run(params["arguments"] as Record<string, unknown>, this);
        const text = typeof value === "string" ? value : JSON.stringify(value);
        reply({ result: { content: [{ type: "text", text }], isError: false } });
      }
    }
  }

  #page(cursor: string): object {
    const listed = this.#options.tools.filter(({ userOnly }) => userOnly !== true);
    const from = Math.max(
      0,
      listed.findIndex(({ name }) => name === cursor),
    );
    let size = 0;
    const fitting = listed
      .slice(from)
      .filter((tool) => (size += JSON.stringify(tool).length) < LARGEST_PAYLOAD);
    const next = listed[from + fitting.length];
    const tools = fitting.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
    return { tools, ...(next === undefined ? {} : { nextCursor: next.name }) };
  }

  #wrap(packet: Uint8Array): Uint8Array {
    const { version } = this.#options;
    if (version === 1) return packet;
    const header = Buffer.alloc(version === 2 ? 16 : 4);
    if (version === 2) {
      header.writeUInt16BE(2, 0);
      header.writeUInt32BE(packet.length, 12);
    } else header.writeUInt16BE(packet.length, 2);
    return Buffer.concat([header, packet]);
  }
}

interface McpRequest {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: Record<string, unknown>;
}
