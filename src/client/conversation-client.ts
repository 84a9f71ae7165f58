import WebSocket from "ws";

import { floatsToPcm16, pcm16ToFloats } from "../../audio/index.ts";
import { AntiphonError, type Clock, type ErrorCode, toAntiphonError } from "../../streaming/index.ts";
import { decodeFrame, encodeFrame } from "../server/frames.ts";
import {
  type ClientMessage,
  PROTOCOL_VERSION,
  readServerMessage,
  type ServerMessage,
} from "../server/protocol.ts";
import { Playout, type Speaker } from "./playout.ts";

export interface ConversationClientOptions {
  /** `ws://host:port/v1/conversation`. */
  readonly url: string;
  /** Of both directions, in Hz; sound travels as 16-bit PCM. */
  readonly sampleRate: 8000 | 16_000 | 24_000 | 48_000;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The session of a connection that broke. */
  readonly resume?: string;
  /** What answers are heard with; by default {@link ConversationClient.playout}, which keeps all of it. */
  readonly speaker?: Speaker;
  /** Called for every message after `ready`, in order. */
  readonly onMessage: (message: ServerMessage) => void;
  /** Called once, when the connection is over; with an error unless this side closed it. */
  readonly onClose: (error: AntiphonError | undefined) => void;
}

const REPORT_INTERVAL_MS = 100;
const OPEN_TIMEOUT_MS = 10_000;
/** A server's longest message is far below; what is longer comes from something else. */
const LARGEST_MESSAGE_BYTES = 2 ** 20;

/** A client of protocol v1 over 16-bit PCM, with a loudspeaker that reports what it has played. */
export class ConversationClient {
  readonly playout: Playout;
  readonly #speaker: Speaker;
  readonly #socket: WebSocket;
  readonly #options: ConversationClientOptions;
  #session: string | undefined;
  #startMs = 0;
  #reporter: NodeJS.Timeout | undefined;
  #refusal: AntiphonError | undefined;
  #sentSamples = 0;
  #speakingTurn = 0;
  #reportedMs = 0;

  private constructor(options: ConversationClientOptions) {
    this.#options = options;
    this.playout = new Playout(options.sampleRate);
    this.#speaker = options.speaker ?? this.playout;
    this.#socket = openSocket(options.url);
  }

  /**
   * Connects and says hello.
   * @throws AntiphonError `connection-failed`, or whatever the server refused with.
   */
  static async open(options: ConversationClientOptions): Promise<ConversationClient> {
    options.signal.throwIfAborted();
    const client = new ConversationClient(options);
    const hangUp = (): void => {
      client.#socket.terminate();
    };
    options.signal.addEventListener("abort", hangUp);
    const overdue = setTimeout(() => {
      client.#refuse(new AntiphonError("connection-failed", `${options.url} said nothing for too long`));
    }, OPEN_TIMEOUT_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        client.#listen(resolve, reject);
      });
      return client;
    } catch (error) {
      options.signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(overdue);
      options.signal.removeEventListener("abort", hangUp);
    }
  }

  /** Names the conversation, to resume it. */
  get session(): string {
    return this.#session ?? "";
  }

  /** Milliseconds since the conversation began; the clock of playout and recordings. */
  nowMs(): number {
    return this.#options.clock.nowMs() - this.#startMs;
  }

  /** Sends what the microphone heard next. */
  sendAudio(samples: Float32Array): void {
    const timestampMs = Math.round((this.#sentSamples * 1000) / this.#options.sampleRate);
    this.#sentSamples += samples.length;
    const payload = floatsToPcm16(samples);
    this.#send(encodeFrame({ kind: "audio-in", turn: 0, timestampMs, payload }));
  }

  /** Sends what the camera saw while the sound that was sent last was heard: a JPEG, PNG or WebP. */
  sendPicture(payload: Uint8Array): void {
    const timestampMs = Math.round((this.#sentSamples * 1000) / this.#options.sampleRate);
    this.#send(encodeFrame({ kind: "picture-in", turn: 0, timestampMs, payload }));
  }

  /** Asks a typed question. */
  sendText(text: string): void {
    this.#sendMessage({ type: "text", text });
  }

  /** Asks for silence. */
  interrupt(): void {
    this.#sendMessage({ type: "interrupt" });
  }

  /** Hangs up and waits until the line is closed. */
  async close(): Promise<void> {
    clearInterval(this.#reporter);
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => {
        resolve();
      });
      this.#socket.close(1000);
    });
  }

  /** Attaches all listeners at once, so that nothing is lost between ready and what follows it. */
  #listen(onReady: () => void, onRefused: (error: AntiphonError) => void): void {
    const { url, onClose } = this.#options;
    let reason = "";
    this.#socket.once("open", () => {
      this.#sayHello();
    });
    this.#socket.on("message", (data: Buffer, isBinary: boolean) => {
      try {
        if (isBinary) this.#hear(data);
        else this.#note(readServerMessage(data.toString()), onReady);
      } catch (cause) {
        const { message } = toAntiphonError(cause);
        this.#refuse(
          new AntiphonError("connection-failed", `${url} sent what cannot be understood: ${message}`, {
            cause,
          }),
        );
      }
    });
    this.#socket.on("error", (error) => {
      reason = error.message;
    });
    this.#socket.on("close", (code) => {
      clearInterval(this.#reporter);
      const lost = new AntiphonError(
        "connection-failed",
        `lost the connection to ${url} (${reason || code})`,
      );
      if (this.#session === undefined) onRefused(this.#refusal ?? lost);
      else onClose(this.#refusal ?? (code === 1000 ? undefined : lost));
    });
  }

  /** Gives the connection up. */
  #refuse(error: AntiphonError): void {
    this.#refusal ??= error;
    this.#socket.terminate();
  }

  #sayHello(): void {
    const { sampleRate, resume } = this.#options;
    const format = { format: "pcm16", sampleRate } as const;
    const hello: ClientMessage = { type: "hello", version: PROTOCOL_VERSION, input: format, output: format };
    this.#sendMessage(resume === undefined ? hello : { ...hello, resume });
  }

  #note(message: ServerMessage | undefined, onReady: () => void): void {
    if (message === undefined) return; // of a later version
    if (message.type === "ready") {
      this.#session = message.session;
      this.#startMs = this.#options.clock.nowMs();
      this.#reporter = setInterval(() => {
        this.#report();
      }, REPORT_INTERVAL_MS);
      onReady();
      return;
    }
    if (message.type === "error" && message.fatal) {
      this.#refusal = new AntiphonError(message.code as ErrorCode, message.message);
    }
    if (message.type === "floor") this.#speaker.setFloor(message.level, this.nowMs());
    if (message.type === "answer-start") this.#speaker.setFloor("full", this.nowMs());
    if (message.type === "answer-end" && message.outcome !== "completed")
      this.#speaker.interrupt(this.nowMs());
    if (this.#session !== undefined) this.#options.onMessage(message);
  }

  #hear(data: Buffer): void {
    const { turn, payload } = decodeFrame(data);
    if (turn !== this.#speakingTurn) this.#reportedMs = 0;
    this.#speakingTurn = turn;
    this.#speaker.append(turn, pcm16ToFloats(payload), this.nowMs());
  }

  #report(): void {
    const playedMs = this.#speaker.playedMs(this.#speakingTurn, this.nowMs());
    if (playedMs <= this.#reportedMs) return;
    this.#reportedMs = playedMs;
    this.#sendMessage({ type: "playback", turn: this.#speakingTurn, playedMs });
  }

  #sendMessage(message: ClientMessage): void {
    this.#send(JSON.stringify(message));
  }

  #send(data: string | Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
  }
}

function openSocket(url: string): WebSocket {
  try {
    // The library would take http: for ws:, and a page's address for that of a conversation.
    if (!/^wss?:$/.test(new URL(url).protocol))
      throw new SyntaxError("a WebSocket's address begins with ws:");
    return new WebSocket(url, {
      perMessageDeflate: false,
      handshakeTimeout: OPEN_TIMEOUT_MS,
      maxPayload: LARGEST_MESSAGE_BYTES,
    });
  } catch (cause) {
    throw new AntiphonError("connection-failed", `${url} is no address of a server (ws://host:port/…)`, {
      cause,
    });
  }
}
