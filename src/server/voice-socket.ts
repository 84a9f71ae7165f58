import type { RawData, WebSocket } from "ws";

import { AntiphonError, type Clock, type SessionEvent, toAntiphonError } from "../../streaming/index.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logging.ts";
import { cleanTypedText } from "../typed-text.ts";
import { sessionSettings } from "./conversation-settings.ts";
import { closeCodecs, type Codecs, openCodecs, type OutgoingAudio } from "./audio-codec.ts";
import { CLOSE, closeCodeOf } from "./close-codes.ts";
import type { Conversation, ConversationListener, Conversations } from "./conversations.ts";
import { readyMessage } from "./greeting.ts";
import { InboundLimits } from "./inbound-limits.ts";
import { takeFrame } from "./incoming-frames.ts";
import type { Metrics } from "./metrics.ts";
import { Outbox } from "./outbox.ts";
import { PictureIntake } from "./picture-intake.ts";
import { type HelloMessage, parseClientMessage } from "./protocol.ts";

export interface VoiceSocketContext {
  /** Undefined until the models are loaded. */
  readonly conversations: () => Conversations | undefined;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

interface Message {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

/** What exists once both sides have agreed. */
interface Link extends Codecs {
  readonly conversation: Conversation;
  /** Whether this client asked for `view`; others may not know it. */
  readonly views: boolean;
}

type AnswerEnd = Extract<SessionEvent, { type: "answer-end" }>;
/** Clients of this protocol ask for nothing that leads to these. */
type Untold = Extract<SessionEvent, { type: "debt" | "silence-end" | "respond-dropped" }>;

/** Pings that may stay without an answer before a connection counts as dead. */
const MISSED_PONGS = 2;

/** One connection of protocol v1: hello → ready → conversation. Attaches its listeners at once; needs no call after. */
export class VoiceSocket implements ConversationListener {
  readonly #socket: WebSocket;
  readonly #context: VoiceSocketContext;
  readonly #outbox: Outbox;
  readonly #limits: InboundLimits;
  readonly #pictures: PictureIntake;
  readonly #helloTimer: NodeJS.Timeout;
  readonly #idleTimer: NodeJS.Timeout;
  readonly #heartbeat: NodeJS.Timeout;
  #missedPongs = 0;
  #link: Link | undefined;
  /** What came between hello and ready; bounded by the limits. */
  #early: Message[] | undefined;
  #failed = false;
  /** The first turn that began on this connection; those before it were for another one. */
  #firstTurn: number | undefined;
  /** Sound of this turn and of those before it is void. */
  #endedTurn = 0;

  constructor(socket: WebSocket, context: VoiceSocketContext) {
    const { limits } = context.config;
    this.#socket = socket;
    this.#context = context;
    this.#outbox = new Outbox(socket, { ...context, maxBufferedBytes: limits.maxBufferedBytes });
    this.#limits = new InboundLimits(context.clock, limits);
    this.#pictures = new PictureIntake(context.clock, limits, context.metrics.pictures);
    this.#helloTimer = setTimeout(() => {
      this.#fail(new AntiphonError("hello-timeout", "no hello came in time"));
    }, limits.helloTimeoutMs);
    this.#idleTimer = setTimeout(() => {
      this.#fail(new AntiphonError("idle-timeout", "nothing came for too long"));
    }, limits.idleTimeoutMs);
    this.#heartbeat = setInterval(() => {
      this.#checkHeartbeat();
    }, limits.heartbeatMs);
    socket.on("message", (data, isBinary) => {
      this.#receive({ bytes: toBuffer(data), isBinary });
    });
    socket.on("ping", (data) => {
      this.#attempt(() => {
        this.#limits.admitMessage(data.length);
        this.#outbox.sendPong(data);
      });
    });
    socket.on("pong", () => (this.#missedPongs = 0));
    socket.on("error", (error) => {
      context.logger.debug({ error: error.message }, "socket error");
      if ((error as NodeJS.ErrnoException).code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") {
        context.metrics.countError("frame-too-large"); // the library has closed with 1009 already
      }
    });
    socket.on("close", (code) => {
      this.#closed(code);
    });
  }

  /** Tells the client why, then ends the connection. */
  release(error: AntiphonError): void {
    this.#fail(error);
  }

  deliver(event: SessionEvent): void {
    const link = this.#link;
    if (event.type === "debt" || event.type === "silence-end" || event.type === "respond-dropped") return;
    if (link === undefined || this.#failed || !this.#isOurs(event)) return;
    if (event.type === "view" && !link.views) return;
    if (event.type === "answer-audio") {
      if (event.turn <= this.#endedTurn) return;
      for (const audio of link.outgoing.encode(event.frame)) this.#outbox.sendAudio(event.turn, audio);
    } else if (event.type === "error") {
      this.#tell(new AntiphonError(event.code, event.message), { fatal: false, turn: event.turn });
    } else if (event.type !== "answer-words" && event.type !== "tool-handed-over") {
      if (event.type === "audio-end")
        for (const audio of link.outgoing.finish()) this.#outbox.sendAudio(event.turn, audio);
      if (event.type === "answer-end") this.#endAnswer(link.outgoing, event);
      this.#outbox.sendMessage(event);
    }
  }

  /** What is left of a turn that was over before this connection came is not for the client that came back. */
  #isOurs(event: Exclude<SessionEvent, Untold>): boolean {
    if (event.type === "error" || event.type === "view") return true;
    // What is said unasked, a timer say, begins with its answer.
    if (["speech-start", "transcript-end", "answer-start"].includes(event.type))
      this.#firstTurn ??= event.turn;
    return this.#firstTurn !== undefined && event.turn >= this.#firstTurn;
  }

  #endAnswer(outgoing: OutgoingAudio, { turn, outcome, timings }: AnswerEnd): void {
    outgoing.finish(); // what is left of an answer that was stopped is not for the next one
    this.#endedTurn = turn;
    this.#context.metrics.countTurn(outcome, timings);
  }

  #receive(message: Message): void {
    this.#idleTimer.refresh();
    this.#attempt(() => {
      const charged = this.#pictures.charge(message.bytes, message.isBinary);
      this.#limits.admitMessage(charged ?? 0);
      if (charged === undefined) return;
      if (this.#early !== undefined) this.#early.push(message);
      else this.#handle(message);
    });
  }

  /** Does what a client asked for; a mistake of the client is answered, not thrown. */
  #attempt(act: () => void): void {
    if (this.#failed) return;
    try {
      act();
    } catch (error) {
      this.#complain(toAntiphonError(error));
    }
  }

  #handle({ bytes, isBinary }: Message): void {
    if (this.#link === undefined) {
      if (isBinary) throw new AntiphonError("frame-invalid", "a binary message before hello");
      const message = parseClientMessage(bytes.toString());
      if (message.type !== "hello")
        throw new AntiphonError("message-invalid", "the first message must be hello");
      this.#early = [];
      void this.#open(message);
    } else if (isBinary) takeFrame(bytes, { ...this.#link, limits: this.#limits, pictures: this.#pictures });
    else this.#obey(this.#link.conversation, bytes.toString());
  }

  async #open(hello: HelloMessage): Promise<void> {
    clearTimeout(this.#helloTimer);
    try {
      const conversations = this.#context.conversations();
      if (conversations === undefined) throw new AntiphonError("not-ready", "the models are still loading");
      const giveUpPlace = conversations.reserve(hello.resume);
      const codecs = await openCodecs(hello, conversations.voiceSampleRate).finally(giveUpPlace);
      if (this.#failed || this.#socket.readyState !== this.#socket.OPEN) {
        closeCodecs(codecs);
        return;
      }
      this.#enter(conversations, hello, codecs);
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const message of early)
        this.#attempt(() => {
          this.#handle(message);
        });
    } catch (error) {
      this.#fail(toAntiphonError(error));
    }
  }

  #enter(conversations: Conversations, hello: HelloMessage, codecs: Codecs): void {
    const { config } = this.#context;
    try {
      const wished = sessionSettings(hello.settings ?? {}, config.conversation);
      // Who begins in writing may go on aloud, and reads meanwhile what is said unasked: such a session is no other one.
      const { spoken, ...lasting } = wished;
      const { conversation, resumed } = conversations.enter(hello.resume, lasting);
      if (resumed) conversation.push({ type: "configure", settings: wished });
      else if (spoken !== undefined) conversation.push({ type: "configure", settings: { spoken } });
      this.#link = { conversation, views: hello.views === true, ...codecs };
      this.#outbox.sendMessage(readyMessage(hello, config, { session: conversation.id, resumed }));
      conversation.attach(this);
    } catch (error) {
      closeCodecs(codecs);
      throw error;
    }
  }

  #obey(conversation: Conversation, json: string): void {
    const message = parseClientMessage(json);
    switch (message.type) {
      case "hello":
        throw new AntiphonError("message-invalid", "hello was said already");
      case "text":
        conversation.push({
          type: "text",
          text: cleanTypedText(message.text, this.#context.config.limits.maxTextLength),
        });
        return;
      case "playback":
      case "interrupt":
        conversation.push(message);
        return;
      case "settings":
        conversation.push({
          type: "configure",
          settings: sessionSettings(message, this.#context.config.conversation),
        });
        return;
      case "ping":
        this.#outbox.sendMessage({ ...message, type: "pong" });
    }
  }

  /** Answers a mistake; before hello there is no second chance. */
  #complain(error: AntiphonError): void {
    const verdict = this.#link === undefined ? "close" : this.#limits.judge(error);
    if (verdict === "close" || closeCodeOf(error.code) !== undefined) this.#fail(error);
    else if (verdict === "tell") this.#tell(error, { fatal: false, turn: undefined });
  }

  #tell(error: AntiphonError, { fatal, turn }: { fatal: boolean; turn: number | undefined }): void {
    this.#context.metrics.countError(error.code);
    this.#context.logger.info(
      { conversation: this.#link?.conversation.label, code: error.code, fatal },
      "error told",
    );
    const { code, message } = error;
    this.#outbox.sendMessage({
      type: "error",
      code,
      message,
      fatal,
      ...(turn === undefined ? {} : { turn }),
    });
  }

  #fail(error: AntiphonError): void {
    if (this.#failed) return;
    this.#tell(error, { fatal: true, turn: undefined });
    this.#failed = true;
    this.#socket.close(closeCodeOf(error.code) ?? CLOSE.policyViolation, error.code);
  }

  #checkHeartbeat(): void {
    if (this.#missedPongs >= MISSED_PONGS) this.#socket.terminate();
    this.#missedPongs += 1;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** A clean close ends the conversation; one that broke may be resumed. */
  #closed(code: number): void {
    clearTimeout(this.#helloTimer);
    clearTimeout(this.#idleTimer);
    clearInterval(this.#heartbeat);
    const link = this.#link;
    if (link === undefined) return;
    closeCodecs(link);
    const conversations = this.#context.conversations();
    if (!link.conversation.detach(this) || conversations === undefined) return;
    if (code === ABNORMAL_CLOSURE && !this.#failed) conversations.keep(link.conversation);
    else void conversations.end(link.conversation);
  }
}

const ABNORMAL_CLOSURE = 1006;

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
