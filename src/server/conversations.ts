import { randomUUID } from "node:crypto";

import type { WorkerFigures } from "../../models/runtime/worker-host.ts";
import {
  AntiphonError,
  type PictureTally,
  type SessionEvent,
  type SessionInput,
  type SessionModels,
  type SessionOptions,
  type VoiceSession,
} from "../../streaming/index.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logging.ts";
import type { Metrics } from "./metrics.ts";
import type { ReceivedPicture } from "./picture-intake.ts";

/** Opens the engine of one conversation; how it hears, thinks and speaks is none of the server's business. */
export type SessionFactory = (options: SessionOptions) => VoiceSession;

/** Where conversations come from. */
export interface SessionSource {
  readonly openSession: SessionFactory;
  /** What the sessions run on, for those that want to transcribe or speak without a conversation. */
  readonly models?: SessionModels;
  /** Of the sessions' answers, in Hz. */
  readonly voiceSampleRate: number;
  /** How the workers fare that the sessions' models run on; none where they run elsewhere. */
  readonly workers?: () => readonly WorkerFigures[];
  /** What became of the pictures that sessions were given; counts on. */
  readonly pictures?: PictureTally;
}

/** The connection that a conversation talks to at present. */
export interface ConversationListener {
  /** Called in order. */
  deliver(event: SessionEvent): void;
  /** Another connection has taken the conversation over, or it is over. */
  release(error: AntiphonError): void;
}

/** A session and its place in time, which outlive a broken connection for a while. */
export class Conversation {
  /** The key to resume it: told to its client only. */
  readonly id = randomUUID();
  /** Names it in logs. */
  readonly label = this.id.slice(0, 8);
  readonly #session: VoiceSession;
  readonly #observe: (event: SessionEvent) => void;
  readonly #closing = new AbortController();
  readonly #logger: Logger;
  #listener: ConversationListener | undefined;
  #reading: Promise<void> = Promise.resolve();

  /** `observe` sees every event, also those that nobody is there to hear of. */
  constructor(session: VoiceSession, observe: (event: SessionEvent) => void, logger: Logger) {
    this.#session = session;
    this.#observe = observe;
    this.#logger = logger;
    this.#reading = this.#read();
  }

  get attached(): boolean {
    return this.#listener !== undefined;
  }

  /** From now on events go to `listener`; a former one is released, and what it was being told is over. */
  attach(listener: ConversationListener): void {
    if (this.#listener !== undefined) {
      this.#listener.release(
        new AntiphonError("connection-failed", "another connection has resumed the conversation"),
      );
      this.#session.push({ type: "disconnected" });
    }
    this.#listener = listener;
    this.#session.push({ type: "reconnected" });
  }

  /** Leaves the conversation without anybody to hear it, unless another connection has taken it over already. */
  detach(listener: ConversationListener): boolean {
    if (this.#listener !== listener) return false;
    this.#listener = undefined;
    this.#session.push({ type: "disconnected" });
    return true;
  }

  /** What was said, at 16 kHz. */
  pushAudio(samples: Float32Array): void {
    this.#session.push({ type: "audio", samples });
  }

  /** What the camera saw; nothing comes of it where the conversation cannot see. */
  pushPicture(picture: ReceivedPicture): void {
    this.#session.see?.(picture);
  }

  push(input: Exclude<SessionInput, { type: "audio" }>): void {
    this.#session.push(input);
  }

  async close(): Promise<void> {
    const over = new AntiphonError("shutting-down", "the conversation is over");
    this.#listener?.release(over);
    this.#closing.abort(over);
    await this.#session.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { signal } = this.#closing;
    try {
      for await (const event of this.#session.events({ signal })) {
        this.#observe(event);
        this.#listener?.deliver(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#logger.error({ conversation: this.label, error: String(error) }, "conversation failed");
      this.#listener?.release(new AntiphonError("internal", "the conversation failed", { cause: error }));
    }
  }
}

/** All conversations of a server, with those that wait for their client to come back. */
export class Conversations {
  readonly #open = new Map<string, Conversation>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  /** Places kept for clients that are getting ready. */
  #reserved = 0;
  #over = false;
  readonly voiceSampleRate: number;
  readonly #openSession: SessionFactory;
  readonly #config: Config;
  readonly #metrics: Metrics;
  readonly #logger: Logger;

  constructor(source: SessionSource, config: Config, metrics: Metrics, logger: Logger) {
    this.voiceSampleRate = source.voiceSampleRate;
    this.#openSession = source.openSession;
    this.#config = config;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /**
   * Keeps a place for a client that is getting ready to {@link enter}: what that costs is spent only where there is room.
   * Returns how to give the place up, which must happen before entering, and may happen twice.
   * @throws AntiphonError `session-limit`, `shutting-down`.
   */
  reserve(resume: string | undefined): () => void {
    if (resume !== undefined && this.#open.has(resume)) return () => undefined;
    this.#makeRoom();
    this.#reserved += 1;
    let kept = 1;
    return () => {
      this.#reserved -= kept;
      kept = 0;
    };
  }

  /**
   * The conversation `resume` names, if it is still there, or a new one with `settings` of its own.
   * @throws AntiphonError `session-limit`, `shutting-down`.
   */
  enter(
    resume: string | undefined,
    settings: Partial<SessionOptions> = {},
  ): { readonly conversation: Conversation; readonly resumed: boolean } {
    const known = resume === undefined ? undefined : this.#open.get(resume);
    if (known !== undefined) {
      clearTimeout(this.#waiting.get(known.id));
      this.#waiting.delete(known.id);
      this.#logger.info({ conversation: known.label }, "conversation resumed");
      return { conversation: known, resumed: true };
    }
    this.#makeRoom();
    const conversation = new Conversation(
      this.#openSession({ ...this.#config.conversation, ...settings }),
      this.#metrics.duplex.follow(),
      this.#logger,
    );
    this.#open.set(conversation.id, conversation);
    this.#metrics.setSessions(this.#open.size);
    this.#logger.info({ conversation: conversation.label, open: this.#open.size }, "conversation opened");
    return { conversation, resumed: false };
  }

  /** Keeps a conversation whose connection broke for a while, then closes it; does nothing with one that is over. */
  keep(conversation: Conversation, keptMs = this.#config.limits.resumeMs): void {
    // Its connection may learn that only now. A timer for it would keep the process from ending.
    if (!this.#open.has(conversation.id)) return;
    const timer = setTimeout(() => void this.end(conversation), keptMs);
    this.#waiting.set(conversation.id, timer);
  }

  async end(conversation: Conversation): Promise<void> {
    clearTimeout(this.#waiting.get(conversation.id));
    this.#waiting.delete(conversation.id);
    if (!this.#open.delete(conversation.id)) return;
    this.#metrics.setSessions(this.#open.size);
    this.#logger.info({ conversation: conversation.label, open: this.#open.size }, "conversation closed");
    await conversation.close();
  }

  /** Ends them; none begins any more. */
  async endAll(): Promise<void> {
    this.#over = true;
    await Promise.all(
      [...this.#open.values()].map(async (conversation) => {
        await this.end(conversation);
      }),
    );
  }

  /** Somebody who is here comes before somebody who may come back: the longest waiting conversation gives way. */
  #makeRoom(): void {
    if (this.#over) throw new AntiphonError("shutting-down", "the server stops");
    if (this.#open.size + this.#reserved < this.#config.limits.maxSessions) return;
    const [waiting] = this.#waiting.keys();
    const victim = waiting === undefined ? undefined : this.#open.get(waiting);
    if (victim === undefined) {
      throw new AntiphonError("session-limit", "all conversations are taken; try again later");
    }
    void this.end(victim);
  }
}
