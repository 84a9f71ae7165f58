import type { ClientMessage, ConversationSettings, ServerMessage } from "../../src/server/protocol.ts";
import { Connection } from "./connection.ts";
import { PreRoll, type TimedFrame } from "./pre-roll.ts";
import { canEncodeOpus } from "./uplink.ts";
import { advance } from "./conversation.ts";
import { askReadiness } from "./readiness.ts";
import {
  type ConversationEvent,
  type ConversationState,
  NO_CONVERSATION,
  type ServerView,
} from "./conversation-state.ts";

export interface SessionListener {
  readonly onChange: () => void;
  /** After the state knows of it. */
  readonly onMessage: (message: ServerMessage) => void;
  readonly onSound: (turn: number, samples: Float32Array) => void;
  /** The connection is over; whatever is still to be heard of it is not. */
  readonly onBreak: () => void;
}

const READY_POLL_MS = 1000;
/** A connection that has been open for so long shows that the server is well again. */
const STEADY_MS = 5000;
const RETRY_MS = [300, 700, 1500, 3000, 5000];

/** One conversation over as many connections as it takes: waits for the server, connects, comes back after a break. */
export class Session {
  readonly #origin: string;
  /** For the next conversation, and for the one that there is. */
  #apiKey: string | undefined;
  #shownKey: string | undefined;
  readonly #listener: SessionListener;
  readonly #startMs = performance.now();
  #state = NO_CONVERSATION;
  #connection: Connection | undefined;
  /** Those that are over and whose conversation the next one is to take over. */
  #lost: Connection[] = [];
  readonly #preRoll = new PreRoll();
  /** Those of connections that are over, and what was said while the line was being mended and is too old to be told. */
  #droppedBefore = 0;
  #attempts = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #openSinceMs: number | undefined;
  #isWanted = false;
  #settings: ConversationSettings = {};
  /** Asked of the browser once; false from when the server or the encoder turns out to be without. */
  #isOpus: boolean | undefined;

  /**
   * @param origin - of the server, `http://host:port`.
   * @param apiKey - for one that asks for it.
   */
  constructor(origin: string, listener: SessionListener, apiKey?: string) {
    this.#origin = origin.replace(/\/+$/u, "");
    this.#apiKey = apiKey;
    this.#listener = listener;
  }

  get state(): ConversationState {
    return this.#state;
  }

  /** Of the timeline, in ms. */
  get nowMs(): number {
    return performance.now() - this.#startMs;
  }

  /** How the microphone's sound travels; undefined before the first connection. */
  get codec(): "Opus" | "PCM" | undefined {
    if (this.#isOpus === undefined) return undefined;
    return this.#isOpus ? "Opus" : "PCM";
  }

  /** Frames of the microphone that never reached a server with whom the conversation had begun. */
  get droppedFrames(): number {
    return this.#droppedBefore + (this.#connection?.droppedFrames ?? 0);
  }

  /** Whether the next conversation is to be opened with a key. */
  get hasKey(): boolean {
    return this.#apiKey !== undefined;
  }

  /**
   * Shows this key, or none, from the next conversation on: one that goes on comes back with the key that it was let in
   * with. That another one was refused is over.
   */
  useKey(apiKey: string | undefined): void {
    this.#apiKey = apiKey;
    // Who takes a key back has mended nothing; a page may still want to draw that there is none.
    if (apiKey === undefined) this.#listener.onChange();
    else this.#dispatch({ type: "excuse" });
  }

  /** Asks the server how it is until it is ready, before anybody wants to talk to it. */
  watch(): void {
    if (!this.#isWanted) void this.#look();
  }

  /** Connects as soon as the server is ready, and again whenever the connection breaks, unless the key is refused. */
  open(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#failures = 0;
    clearTimeout(this.#retry);
    void this.#attempt();
  }

  /** Ends the conversation. */
  close(): void {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    this.#dispatch({ type: "link", link: "closed", atMs: this.nowMs });
    this.#hangUp();
  }

  /** What the assistant is to be like from now on, in this conversation and those that follow. */
  configure(settings: ConversationSettings): void {
    this.#settings = { ...this.#settings, ...settings };
    if (this.#state.link === "open") this.send({ type: "settings", ...settings });
  }

  /** Ends this conversation and begins another, of which nothing is known yet. */
  restart(): void {
    clearTimeout(this.#retry);
    this.#hangUp();
    this.#dispatch({ type: "link", link: "closed", atMs: this.nowMs });
    this.#dispatch({ type: "forget" });
    this.#isWanted = false;
    this.open();
  }

  /** False where there is nobody who gets it. */
  send(message: ClientMessage): boolean {
    return this.#connection?.send(message) ?? false;
  }

  /** Sends 20 ms of sound; what is said before the server is ready, or is so again, is kept for half a second. */
  sendSound(samples: Float32Array, timestampMs: number): void {
    if (this.#connection?.isReady === true) this.#connection.sendSound(samples, timestampMs);
    else if (this.#isWanted) this.#keep({ samples, timestampMs });
  }

  sendPicture(payload: Uint8Array, timestampMs: number): boolean {
    return this.#connection?.sendPicture(payload, timestampMs) ?? false;
  }

  #keep(frame: TimedFrame): void {
    const isRoom = this.#preRoll.push(frame);
    // Before there was a conversation nobody could have expected to be heard.
    if (!isRoom && this.#state.session !== undefined) this.#droppedBefore += 1;
  }

  #hangUp(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    this.#preRoll.take();
    this.#droppedBefore = 0;
    this.#closeLost();
    this.#listener.onBreak();
  }

  #closeLost(): void {
    for (const connection of this.#lost.splice(0)) connection.close();
  }

  async #look(): Promise<ServerView["status"]> {
    const server = await askReadiness(this.#origin);
    this.#dispatch({ type: "server", server });
    if (!this.#isWanted && server.status !== "ready") {
      this.#later(READY_POLL_MS, () => {
        this.watch();
      });
    }
    return server.status;
  }

  async #attempt(): Promise<void> {
    this.#attempts += 1;
    const attempt = this.#attempts;
    if (this.#failures === 0) this.#dispatch({ type: "link", link: "connecting", atMs: this.nowMs });
    const status = await this.#look();
    this.#isOpus ??= await canEncodeOpus();
    if (!this.#isWanted || attempt !== this.#attempts) return;
    if (status === "ready") this.#connect();
    else if (status === "unreachable") this.#fail();
    else {
      this.#dispatch({ type: "link", link: "loading", atMs: this.nowMs });
      this.#again(READY_POLL_MS);
    }
  }

  #connect(): void {
    if (this.#state.session === undefined) this.#shownKey = this.#apiKey;
    const key = this.#shownKey === undefined ? "" : `?api_key=${encodeURIComponent(this.#shownKey)}`;
    const url = `${this.#origin.replace(/^http/u, "ws")}/v1/conversation${key}`;
    const greeting = { resume: this.#state.session, settings: this.#settings, isOpus: this.#isOpus === true };
    const connection = new Connection(url, greeting, {
      onMessage: (message) => {
        if (this.#connection === connection) this.#take(message);
      },
      onSound: (turn, samples) => {
        if (this.#connection === connection) this.#listener.onSound(turn, samples);
      },
      onIgnored: () => {
        this.#dispatch({ type: "ignored" });
      },
      onRoundTrip: (ms) => {
        this.#dispatch({ type: "round-trip", ms });
      },
      onEncoderFailure: () => {
        this.#isOpus = false;
      },
      onClose: () => {
        if (this.#connection === connection) this.#lose(connection);
      },
    });
    this.#connection = connection;
    this.#openSinceMs = undefined;
  }

  #lose(connection: Connection): void {
    this.#droppedBefore = this.droppedFrames;
    this.#connection = undefined;
    this.#lost = [...this.#lost, connection].filter(({ isOpen }) => isOpen);
    // Where nothing is to be resumed, nobody would take over what the server may still be holding.
    if (this.#state.session === undefined) this.#closeLost();
    this.#listener.onBreak();
    // One that greets everybody and hangs up at once is not to be called thrice a second for ever.
    if (this.#openSinceMs !== undefined && this.nowMs - this.#openSinceMs > STEADY_MS) this.#failures = 0;
    this.#fail();
  }

  #take(message: ServerMessage): void {
    if (message.type === "error" && message.code === "opus-unavailable") this.#isOpus = false;
    this.#dispatch({ type: "message", message, atMs: this.nowMs });
    if (message.type === "ready") {
      this.#openSinceMs = this.nowMs;
      this.#closeLost();
      this.#dispatch({ type: "link", link: "open", atMs: this.nowMs });
      for (const { samples, timestampMs } of this.#preRoll.take())
        this.#connection?.sendSound(samples, timestampMs);
    }
    // The same key would be refused again, however often.
    if (isRefusal(message)) this.close();
    this.#listener.onMessage(message);
  }

  #fail(): void {
    this.#dispatch({ type: "link", link: "waiting", atMs: this.nowMs });
    this.#again(RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? READY_POLL_MS);
    this.#failures += 1;
  }

  #again(delayMs: number): void {
    this.#later(delayMs, () => {
      void this.#attempt();
    });
  }

  #later(delayMs: number, act: () => void): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(act, delayMs);
  }

  #dispatch(event: ConversationEvent): void {
    this.#state = advance(this.#state, event);
    this.#listener.onChange();
  }
}

/** Whether the server will have nothing to do with whoever shows this key, or none. */
export function isRefusal(message: ServerMessage): boolean {
  return message.type === "error" && message.fatal && message.code === "unauthorized";
}
