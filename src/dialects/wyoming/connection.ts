import type { Socket } from "node:net";

import { AntiphonError, type SessionModels, toAntiphonError } from "../../../streaming/index.ts";
import type { DialectHost } from "../dialect.ts";
import { type ConversationNames, Conversing } from "./conversing.ts";
import { EventReader, type WyomingEvent } from "./events.ts";
import { Hearing } from "./hearing.ts";
import { describeServer } from "./info.ts";
import { type ClientEvent, parseEvent } from "./messages.ts";
import { Outlet } from "./outlet.ts";
import { Speaking } from "./speaking.ts";

export type WyomingContext = Pick<
  DialectHost,
  "config" | "logger" | "metrics" | "clock" | "conversations" | "models"
>;

type TextEvent = Extract<ClientEvent, { type: `synthesize${string}` }>;
type SoundEvent = Extract<ClientEvent, { type: "transcribe" | `audio-${string}` }>;

/** How long an event that has begun may take to arrive. */
const EVENT_TIMEOUT_MS = 20_000;
/** How long a client that did something wrong has to hang up. */
const LINGER_MS = 1000;

/**
 * One connection: events are taken one after the other, each when the one before is done, so that what a client sends
 * meanwhile waits with the client. Whatever goes wrong is told in an `error` event, and ends this connection only.
 */
export class WyomingConnection {
  readonly #socket: Socket;
  readonly #context: WyomingContext;
  readonly #over = new AbortController();
  readonly #outlet: Outlet;
  readonly #reader = new EventReader();
  readonly #conversing: Conversing;
  #hearing: Hearing | undefined;
  #speaking: Speaking | undefined;
  /** Runs while an event has begun and is not complete. */
  #overdue: NodeJS.Timeout | undefined;

  constructor(socket: Socket, context: WyomingContext, names: ConversationNames) {
    this.#socket = socket;
    this.#context = context;
    this.#outlet = new Outlet(socket, context.clock, this.#over.signal);
    this.#conversing = new Conversing(context, names, this.#outlet, this.#over.signal);
    socket.setNoDelay(true);
    socket.setTimeout(context.config.limits.idleTimeoutMs, () => socket.destroy());
    socket.on("error", (error) => {
      context.logger.debug({ error: error.message }, "wyoming socket error");
    });
    socket.once("close", () => {
      this.#over.abort(new AntiphonError("connection-failed", "the connection is over"));
    });
  }

  /** Returns when the connection is over; never rejects. */
  async serve(): Promise<void> {
    try {
      await this.#takeEvents();
      this.#socket.end();
    } catch (error) {
      await this.#complain(toAntiphonError(error));
    } finally {
      this.#hearing?.close();
    }
  }

  async #takeEvents(): Promise<void> {
    // Left in the middle, it must still take the error that says why.
    const incoming = this.#socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    try {
      for await (const bytes of incoming) {
        for (const event of this.#reader.push(bytes)) await this.#take(event);
        if (this.#reader.isWithinEvent)
          this.#overdue ??= setTimeout(() => this.#socket.destroy(), EVENT_TIMEOUT_MS);
      }
    } finally {
      clearTimeout(this.#overdue);
    }
  }

  async #take(event: WyomingEvent): Promise<void> {
    clearTimeout(this.#overdue);
    this.#overdue = undefined;
    const known = parseEvent(event);
    if (known !== undefined) await this.#obey(known);
  }

  async #obey(event: ClientEvent): Promise<void> {
    switch (event.type) {
      case "describe":
        await this.#outlet.send("info", describeServer());
        return;
      case "ping":
        await this.#outlet.send("pong", { text: event.data.text ?? null });
        return;
      case "transcript":
        await this.#conversing.answer(event.data.text, event.data.context?.conversation_id ?? undefined);
        return;
      case "transcribe":
      case "audio-start":
      case "audio-chunk":
      case "audio-stop":
        await this.#hear(event);
        return;
      case "synthesize":
      case "synthesize-start":
      case "synthesize-chunk":
      case "synthesize-stop":
        await this.#speak(event);
    }
  }

  async #hear(event: SoundEvent): Promise<void> {
    if (event.type === "audio-chunk") {
      this.#hearing ??= await Hearing.open(event.data, this.#models, this.#outlet);
      await this.#hearing.hear(event.payload, event.data);
      return;
    }
    const hearing = this.#hearing;
    if (event.type === "audio-stop") {
      if (hearing === undefined) throw new AntiphonError("message-invalid", "audio-stop before any sound");
      await hearing.finish();
    }
    this.#hearing = undefined;
    hearing?.close();
    if (event.type === "audio-start")
      this.#hearing = await Hearing.open(event.data, this.#models, this.#outlet);
  }

  async #speak(event: TextEvent): Promise<void> {
    const streaming = this.#speaking;
    switch (event.type) {
      case "synthesize":
        // Beside a stream comes the whole text once more, for servers that know no streams.
        if (streaming !== undefined) return;
        await this.#sayWhole(event.data.text);
        return;
      case "synthesize-start":
        this.#speaking = this.#openSpeaking();
        return;
      case "synthesize-chunk":
      case "synthesize-stop":
        if (streaming === undefined)
          throw new AntiphonError("message-invalid", `${event.type} without synthesize-start`);
        if (event.type === "synthesize-chunk") await streaming.say(event.data.text);
        else {
          this.#speaking = undefined;
          await streaming.finish();
          await this.#outlet.send("synthesize-stopped");
        }
    }
  }

  async #sayWhole(text: string): Promise<void> {
    const speaking = this.#openSpeaking();
    await speaking.say(text);
    await speaking.finish();
  }

  #openSpeaking(): Speaking {
    const { conversation, limits } = this.#context.config;
    return new Speaking(this.#models.synthesizer, this.#outlet, {
      speed: conversation.speed,
      maxTextLength: limits.maxTextLength,
      signal: this.#over.signal,
    });
  }

  get #models(): SessionModels {
    const models = this.#context.models();
    if (models === undefined) throw new AntiphonError("not-ready", "the models are still loading");
    return models;
  }

  /** A client that waits for a result would wait for ever, were the connection left open. */
  async #complain(error: AntiphonError): Promise<void> {
    if (this.#over.signal.aborted) return;
    const { code, message } = error;
    this.#context.metrics.countError(code);
    this.#context.logger.info({ code }, "wyoming error told");
    await this.#outlet.send("error", { text: message, code }).catch(() => undefined);
    // What is left unread when a socket closes would take the error with it.
    this.#socket.end().resume();
    const cut = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once("close", () => {
      clearTimeout(cut);
    });
  }
}
