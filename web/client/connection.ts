import { pcm16ToFloats } from "../../audio/index.ts";
import { decodeFrame, encodeFrame, type FrameKind } from "../../src/server/frames.ts";
import {
  type ClientMessage,
  type ConversationSettings,
  PROTOCOL_VERSION,
  readServerMessage,
  type ServerMessage,
} from "../../src/server/protocol.ts";
import { Backlog } from "./backlog.ts";
import { PLAYBACK_RATE } from "./playback-messages.ts";
import { opusUplink, pcmUplink, type Uplink } from "./uplink.ts";

/** What a connection says first. */
export interface Greeting {
  /** The session of a connection that broke. */
  readonly resume: string | undefined;
  readonly settings: ConversationSettings;
  /** Whether the microphone's sound travels as Opus. */
  readonly isOpus: boolean;
}

/** What a connection tells whoever opened it. */
export interface ConnectionListener {
  readonly onMessage: (message: ServerMessage) => void;
  readonly onSound: (turn: number, samples: Float32Array) => void;
  /** Something came that is no message of the protocol. */
  readonly onIgnored: () => void;
  readonly onRoundTrip: (ms: number) => void;
  /** The browser's encoder gave up, and with it this connection; another one had better send plain samples. */
  readonly onEncoderFailure: () => void;
  /** It is over, once, with the code of a WebSocket. Its socket may still be open: see `close`. */
  readonly onClose: (code: number) => void;
}

const PING_MS = 4000;
/** A server that owes an answer for so long is gone. */
const STALLED_MS = 12_000;
/** Where so old things are still unsent, more is not added: late words help nobody. */
const LONGEST_LAG_MS = 1000;
/** A picture is large, and sound waits behind it: none is added behind anything that has waited so long. */
const PICTURE_LAG_MS = 200;
/** One WebSocket of protocol v1, from hello to its end. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #listener: ConnectionListener;
  readonly #pinger: ReturnType<typeof setInterval>;
  readonly #uplink: Uplink;
  readonly #backlog = new Backlog();
  readonly #pings = new Map<number, number>();
  #pingId = 0;
  /** Since when it owes an answer: `ready` first, then anything that makes sense after a ping. */
  #owesSinceMs: number | undefined = performance.now();
  #isReady = false;
  #isOver = false;
  #droppedFrames = 0;

  /** @param url - `ws://…/v1/conversation`. */
  constructor(url: string, greeting: Greeting, listener: ConnectionListener) {
    this.#listener = listener;
    const send = (payload: Uint8Array, timestampMs: number): void => {
      this.#sendFrame("audio-in", timestampMs, payload);
    };
    const giveUp = (): void => {
      listener.onEncoderFailure();
      this.#end(1006);
    };
    this.#uplink = greeting.isOpus ? opusUplink(send, giveUp) : pcmUplink(send);
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.addEventListener("open", () => {
      this.#sayHello(greeting);
    });
    this.#socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      this.#receive(data);
    });
    this.#socket.addEventListener("close", ({ code }) => {
      this.#end(code);
    });
    this.#pinger = setInterval(() => {
      this.#ping();
    }, PING_MS);
  }

  /** Frames of the microphone that were not sent because the network or the encoder was too slow. */
  get droppedFrames(): number {
    return this.#droppedFrames;
  }

  /** Whether the server can hear of it still: of one that never opened, or is closed, nobody takes anything over. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Whether the server has said that it is ready, and takes sound. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Sends 20 ms of sound that were captured at this time of the capture clock, to a server that is ready. */
  sendSound(samples: Float32Array, timestampMs: number): void {
    if (this.#isLate || !this.#uplink.push(samples, timestampMs)) this.#droppedFrames += 1;
  }

  /** Sends a JPEG, PNG or WebP that was captured at this time of the capture clock; sound goes first. */
  sendPicture(payload: Uint8Array, timestampMs: number): boolean {
    if (!this.#isReady || this.#lagMs > PICTURE_LAG_MS) return false;
    this.#sendFrame("picture-in", timestampMs, payload);
    return true;
  }

  /** False where it is not open, and nobody will get it. */
  send(message: ClientMessage): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    const json = JSON.stringify(message);
    this.#backlog.add(new TextEncoder().encode(json).length, performance.now());
    this.#socket.send(json);
    return true;
  }

  /**
   * Ends the conversation, unless another connection has taken it over. Where one that is over by itself is to be
   * resumed, this waits until it has been: a page cannot close a socket without a goodbye.
   */
  close(): void {
    this.#socket.close(1000);
    this.#end(1000);
  }

  get #isLate(): boolean {
    return this.#lagMs > LONGEST_LAG_MS;
  }

  get #lagMs(): number {
    return this.#backlog.lagMs(this.#socket.bufferedAmount, performance.now());
  }

  #sayHello({ resume, settings }: Greeting): void {
    this.send({
      type: "hello",
      version: PROTOCOL_VERSION,
      input: this.#uplink.format,
      output: { format: "pcm16", sampleRate: PLAYBACK_RATE },
      ...(resume === undefined ? {} : { resume }),
      settings,
      views: true,
    });
  }

  #sendFrame(kind: FrameKind, timestampMs: number, payload: Uint8Array): void {
    // What an encoder hands over late, after the end, is nobody's any more.
    if (this.#isOver) return;
    const frame = encodeFrame({ kind, turn: 0, timestampMs, payload }) as Uint8Array<ArrayBuffer>;
    this.#backlog.add(frame.length, performance.now());
    this.#socket.send(frame);
  }

  #receive(data: unknown): void {
    if (this.#isOver) return;
    const received = readReceived(data);
    if (received === undefined) this.#listener.onIgnored();
    else if ("message" in received) {
      if (received.message !== undefined) this.#take(received.message);
    } else {
      if (this.#isReady) this.#owesSinceMs = undefined;
      this.#listener.onSound(received.turn, received.samples);
    }
  }

  #take(message: ServerMessage): void {
    if (this.#isReady || message.type === "ready") this.#owesSinceMs = undefined;
    if (message.type === "pong") this.#notePong(message.id);
    if (message.type === "ready") this.#isReady = true;
    this.#listener.onMessage(message);
    if (message.type === "ready") this.#ping();
  }

  #ping(): void {
    const nowMs = performance.now();
    if (this.#owesSinceMs !== undefined && nowMs - this.#owesSinceMs > STALLED_MS) this.#end(1006);
    else if (this.#isReady) {
      this.#owesSinceMs ??= nowMs;
      this.#pingId += 1;
      this.#pings.set(this.#pingId, nowMs);
      this.send({ type: "ping", id: this.#pingId });
    }
  }

  #notePong(id: number | undefined): void {
    const sentMs = id === undefined ? undefined : this.#pings.get(id);
    this.#pings.clear();
    if (sentMs !== undefined) this.#listener.onRoundTrip(performance.now() - sentMs);
  }

  #end(code: number): void {
    clearInterval(this.#pinger);
    if (this.#isOver) return;
    this.#isOver = true;
    this.#uplink.close();
    // Its hello would come late, and take the conversation from the connection that followed.
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.close(1000);
    this.#listener.onClose(code);
  }
}

type Received =
  /** Undefined where a later version of the protocol may know it. */
  { readonly message: ServerMessage | undefined } | { readonly turn: number; readonly samples: Float32Array };

/** Undefined where it is nothing that a server sends. What its listener throws is another matter, and not caught. */
function readReceived(data: unknown): Received | undefined {
  try {
    if (!(data instanceof ArrayBuffer)) return { message: readServerMessage(String(data)) };
    const { turn, kind, payload } = decodeFrame(new Uint8Array(data));
    return kind === "audio-out" ? { turn, samples: pcm16ToFloats(payload) } : undefined;
  } catch {
    return undefined;
  }
}
