import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

import type { RawData, WebSocket } from "ws";

import { AntiphonError, toAntiphonError } from "../../../streaming/index.ts";
import { CLOSE, closeCodeOf } from "../../server/close-codes.ts";
import type { ConversationListener } from "../../server/conversations.ts";
import { InboundLimits } from "../../server/inbound-limits.ts";
import { type DeviceContext, type Link, openLink } from "./device-link.ts";
import { decodeDeviceFrame } from "./frames.ts";
import { parseDeviceMessage } from "./messages.ts";
import { DeviceOutbox } from "./outbox.ts";

interface Message {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

/** Pings that may stay without an answer before a board counts as gone. */
const MISSED_PONGS = 2;

/** One connection of a board: hello → hello → conversation. Attaches its listeners at once; needs no call after. */
export class DeviceSocket implements ConversationListener {
  readonly #socket: WebSocket;
  readonly #request: IncomingMessage;
  readonly #context: DeviceContext;
  readonly #outbox: DeviceOutbox;
  readonly #limits: InboundLimits;
  readonly #helloTimer: NodeJS.Timeout;
  readonly #idleTimer: NodeJS.Timeout;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #closing = new AbortController();
  #missedPongs = 0;
  #link: Link | undefined;
  /** What came while the greeting was being prepared; bounded by the limits. */
  #early: Message[] | undefined;
  #failed = false;

  constructor(socket: WebSocket, request: IncomingMessage, context: DeviceContext) {
    const { limits } = context.config;
    this.#socket = socket;
    this.#request = request;
    this.#context = context;
    this.#outbox = new DeviceOutbox(socket, {
      clock: context.clock,
      sessionId: randomUUID(),
      maxBufferedBytes: limits.maxBufferedBytes,
      onDroppedSound: () => {
        context.metrics.countDroppedFrame();
      },
      onCut: () => {
        this.#note(new AntiphonError("connection-failed", "the device does not read"), true);
      },
    });
    this.#limits = new InboundLimits(context.clock, limits);
    this.#helloTimer = this.#failAfter(limits.helloTimeoutMs, "hello-timeout", "no hello came in time");
    this.#idleTimer = this.#failAfter(limits.idleTimeoutMs, "idle-timeout", "nothing came for too long");
    this.#heartbeat = setInterval(() => {
      this.#checkHeartbeat();
    }, limits.heartbeatMs);
    this.#listen();
  }

  deliver(event: Parameters<ConversationListener["deliver"]>[0]): void {
    if (!this.#failed) this.#link?.talk.deliver(event);
  }

  /** The conversation is over, or is another connection's: tells the board, then ends the connection. */
  release(error: AntiphonError): void {
    this.#fail(error);
  }

  #failAfter(ms: number, code: "hello-timeout" | "idle-timeout", message: string): NodeJS.Timeout {
    return setTimeout(() => {
      this.#fail(new AntiphonError(code, message));
    }, ms);
  }

  #listen(): void {
    this.#socket.on("message", (data, isBinary) => {
      this.#receive({ bytes: toBuffer(data), isBinary });
    });
    this.#socket.on("ping", (data) => {
      this.#attempt(() => {
        this.#limits.admitMessage(data.length);
        this.#outbox.sendPong(data);
      });
    });
    this.#socket.on("pong", () => (this.#missedPongs = 0));
    this.#socket.on("error", (error) => {
      this.#context.logger.debug({ error: error.message }, "device socket error");
      if ((error as NodeJS.ErrnoException).code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH")
        this.#context.metrics.countError("frame-too-large"); // the library has closed with 1009 already
    });
    this.#socket.on("close", () => {
      this.#closed();
    });
  }

  #receive(message: Message): void {
    this.#idleTimer.refresh();
    this.#attempt(() => {
      this.#limits.admitMessage(message.bytes.length);
      if (this.#early !== undefined) this.#early.push(message);
      else this.#handle(message);
    });
  }

  /** Does what a board asked for; a mistake of the board is answered, not thrown. */
  #attempt(act: () => void): void {
    if (this.#failed) return;
    try {
      act();
    } catch (error) {
      this.#complain(toAntiphonError(error));
    }
  }

  #handle({ bytes, isBinary }: Message): void {
    const link = this.#link;
    if (link === undefined) {
      this.#greet({ bytes, isBinary });
      return;
    }
    const frame = isBinary ? decodeDeviceFrame(link.version, bytes) : undefined;
    if (frame?.kind === "audio") {
      link.talk.hear(frame.payload, (durationMs) => {
        this.#limits.admitAudio(durationMs);
      });
      return;
    }
    const message = parseDeviceMessage(frame === undefined ? bytes.toString() : textOf(frame.payload));
    if (message?.type === "hello") throw new AntiphonError("message-invalid", "hello was said already");
    if (message !== undefined) link.talk.obey(message);
  }

  #greet({ bytes, isBinary }: Message): void {
    const hello = isBinary ? undefined : parseDeviceMessage(bytes.toString());
    if (hello?.type !== "hello")
      throw new AntiphonError("message-invalid", "the first message must be hello");
    clearTimeout(this.#helloTimer);
    this.#early = [];
    const connection = {
      request: this.#request,
      context: this.#context,
      outbox: this.#outbox,
      listener: this,
      signal: this.#closing.signal,
    };
    openLink(hello, connection).then(
      (link) => {
        this.#link = link;
        const early = this.#early ?? [];
        this.#early = undefined;
        for (const message of early)
          this.#attempt(() => {
            this.#handle(message);
          });
      },
      (error: unknown) => {
        this.#fail(toAntiphonError(error));
      },
    );
  }

  /** Answers a mistake; before hello there is no second chance. */
  #complain(error: AntiphonError): void {
    const verdict = this.#link === undefined ? "close" : this.#limits.judge(error);
    if (verdict === "close" || closeCodeOf(error.code) !== undefined) this.#fail(error);
    else if (verdict === "tell") {
      this.#note(error, false);
      this.#outbox.send({ type: "error", code: error.code, message: error.message });
    }
  }

  #note({ code }: AntiphonError, fatal: boolean): void {
    this.#context.metrics.countError(code);
    this.#context.logger.info(
      { conversation: this.#link?.conversation.label, code, fatal },
      "device told of error",
    );
  }

  /** What ends a connection stands on the board's screen; that nobody spoke for a while is nothing to be told. */
  #fail(error: AntiphonError): void {
    if (this.#failed || this.#closing.signal.aborted) return;
    const { code, message } = error;
    this.#note(error, true);
    if (code !== "idle-timeout" && code !== "connection-failed")
      this.#outbox.send({ type: "alert", status: code, message, emotion: "sad" });
    this.#failed = true;
    // Who takes the conversation over is not to hear this one's silence.
    this.#link?.talk.close();
    this.#socket.close(closeCodeOf(code) ?? CLOSE.policyViolation, code);
  }

  #checkHeartbeat(): void {
    if (this.#missedPongs >= MISSED_PONGS) this.#socket.terminate();
    this.#missedPongs += 1;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** A board hangs up whenever it goes idle: its conversation is kept for a while, for it to be called again. */
  #closed(): void {
    clearTimeout(this.#helloTimer);
    clearTimeout(this.#idleTimer);
    clearInterval(this.#heartbeat);
    this.#closing.abort(new AntiphonError("connection-failed", "the device is gone"));
    const link = this.#link;
    if (link === undefined) return;
    link.talk.close();
    link.close();
    const conversations = this.#context.conversations();
    if (!link.conversation.detach(this) || conversations === undefined) return;
    if (this.#failed) void conversations.end(link.conversation);
    else conversations.keep(link.conversation);
  }
}

function textOf(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
