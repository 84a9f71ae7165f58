import type { ChatMessage, SessionEvent } from "../../../streaming/index.ts";
import type { Config } from "../../config.ts";
import type { Conversation } from "../../server/conversations.ts";
import type { ServerEvent } from "./beta.ts";
import type { ClientEvent } from "./client-events.ts";
import { Context } from "./context.ts";
import { detailsOf } from "./errors.ts";
import { newId } from "./ids.ts";
import { ItemEdits } from "./item-edits.ts";
import { Items } from "./items.ts";
import { Pictures } from "./pictures.ts";
import { Requests } from "./requests.ts";
import { Responses } from "./responses.ts";
import { answersByItself, described, type SessionConfig, updated } from "./session-config.ts";
import type { ResponseParameters } from "./session-schema.ts";
import type { SoundOut } from "./sound.ts";
import { UserSpeech } from "./user-speech.ts";

export interface DialogHost {
  readonly send: (event: ServerEvent) => void;
  readonly conversation: Conversation;
  readonly serverConfig: Config;
  readonly sound: () => SoundOut;
}

type Of<Type extends ClientEvent["type"]> = Extract<ClientEvent, { readonly type: Type }>;

type Handled = Exclude<
  ClientEvent,
  Of<"input_audio_buffer.append" | "conversation.item.create" | "response.create">
>;

/** What a client asks for in this dialect, done in a conversation, and what that tells, in the words of this dialect. */
export class Dialog {
  readonly #host: DialogHost;
  /** Of the conversation. */
  readonly items = new Items();
  readonly #speech: UserSpeech;
  readonly #responses: Responses;
  readonly #pictures: Pictures;
  readonly #context: Context;
  readonly #edits: ItemEdits;
  readonly #requests: Requests;
  readonly #sessionId = newId("sess");
  readonly #conversationId = newId("conv");
  #config: SessionConfig;
  #heardMs = 0;

  constructor(host: DialogHost, config: SessionConfig) {
    this.#host = host;
    this.#config = config;
    this.#pictures = new Pictures(host.conversation);
    this.#context = new Context(host.conversation, this.items);
    const common = { send: host.send, items: this.items, config: () => this.#config };
    this.#speech = new UserSpeech({ ...common, heardMs: () => this.#heardMs });
    this.#responses = new Responses({
      ...common,
      conversationId: this.#conversationId,
      sound: host.sound,
      interrupt: () => {
        host.conversation.push({ type: "interrupt" });
      },
    });
    const parts = { ...common, pictures: this.#pictures, responses: this.#responses };
    this.#requests = new Requests({ ...host, ...parts, awaitsWords: () => this.#speech.awaitsWords });
    this.#edits = new ItemEdits({
      ...parts,
      context: this.#context,
      configure: () => {
        this.#requests.configure();
      },
    });
    this.#requests.configure();
  }

  get config(): SessionConfig {
    return this.#config;
  }

  /** Whether the next sound has to wait until the words of the turn before are there. */
  get awaitsWords(): boolean {
    return this.#speech.awaitsWords;
  }

  /** Whether there is a response, or one to come, that can be cancelled, and whether one is cancelled and about to be over. */
  get responding(): Pick<Responses, "isCancellable" | "isCancelling" | "checkFree"> {
    return this.#responses;
  }

  /** Says hello. */
  begin(): void {
    this.#host.send({ type: "session.created", session: described(this.#config, this.#sessionId) });
    const conversation = { id: this.#conversationId, object: "realtime.conversation" };
    this.#host.send({ type: "conversation.created", conversation });
  }

  /** The client's next sound, at 16 kHz. */
  hear(samples: Float32Array): void {
    this.#heardMs += samples.length / 16;
    this.#pictures.noteSound();
    this.#host.conversation.pushAudio(samples);
  }

  /**
   * Does what a client asks for; sound is not among it, nor are items and responses.
   * @throws RealtimeError, AntiphonError where that cannot be.
   */
  handle(event: Handled): void {
    switch (event.type) {
      case "session.update":
        this.#update(event);
        break;
      case "input_audio_buffer.commit":
        this.#speech.commit();
        this.#host.conversation.push({ type: "commit" });
        break;
      case "input_audio_buffer.clear":
        this.#host.conversation.push({ type: "clear" });
        this.#speech.clear();
        break;
      case "conversation.item.retrieve":
      case "conversation.item.delete":
      case "conversation.item.truncate":
        this.#edits.handle(event);
        break;
      case "response.cancel":
        this.#cancel(event.response_id);
        break;
    }
  }

  /**
   * Asks for a response; one with a prompt is about that in place of the conversation, and becomes an item of it nevertheless.
   * @throws RealtimeError where there is one already.
   */
  respond(parameters: ResponseParameters, prompt?: readonly ChatMessage[]): void {
    this.#requests.request(parameters, prompt);
  }

  /** Tells what happened in the conversation. */
  deliver(event: Exclude<SessionEvent, { readonly type: "view" }>): void {
    switch (event.type) {
      case "speech-start":
        this.#pictures.show();
        this.#speech.start(event.turn, event.atMs, this.#responses.isSpeaking);
        break;
      case "transcript-delta":
        this.#pictures.show();
        this.#speech.hypothesis(event.turn, event.text, event.stableLength);
        break;
      case "speech-end":
        this.#speech.end(event.turn, event.atMs);
        break;
      case "transcript-end":
        this.#speech.words(event.text);
        this.#context.keep(this.#speech.itemOf(event.turn));
        // Where the turn is answered by itself, that begins in the same breath, and is what was asked for.
        if (answersByItself(this.#config)) setImmediate(this.#requests.go);
        else this.#requests.go();
        break;
      case "turn-dropped":
        this.#speech.drop(event.turn);
        this.#requests.go();
        break;
      case "debt":
        this.#responses.noteDebt(event.isOwed);
        break;
      case "respond-dropped":
        this.#endUnbegun();
        break;
      case "silence-end":
        this.#speech.endSilence(event.sinceMs, event.atMs);
        break;
      case "error":
        this.#tellError(event);
        break;
      case "answer-start":
      case "answer-delta":
      case "answer-words":
      case "answer-audio":
      case "answer-end":
        this.#deliverAnswer(event);
        break;
      case "tool-call":
      case "tool-result":
      case "tool-handed-over":
        this.#context.noteTool(event, this.#responses.messageId);
        // What runs here is no business of the client's.
        if (event.type === "tool-handed-over") this.#responses.addCall(event.call);
        break;
      case "audio-end":
      case "decision":
      case "floor":
    }
  }

  #deliverAnswer(event: Extract<SessionEvent, { readonly type: `answer-${string}` }>): void {
    switch (event.type) {
      case "answer-start":
        this.#beginAnswer(this.#speech.itemOf(event.turn));
        break;
      case "answer-delta":
        this.#responses.addText(event.text);
        break;
      case "answer-words":
        this.#responses.addWords(event.words);
        break;
      case "answer-audio":
        this.#responses.addSound(event.frame);
        break;
      case "answer-end":
        this.#endAnswer(event);
    }
  }

  #beginAnswer(questionId: string | undefined): void {
    // What was in view had nothing to do with an input.
    if (questionId !== undefined || !this.#requests.isApart) this.#pictures.forget();
    this.#requests.begin();
    this.#context.begin(questionId);
    this.#responses.start();
  }

  /** Whoever talks into an answer is told of before the answer is: clients stop what they play for what comes first. */
  #endAnswer(event: Extract<SessionEvent, { readonly type: "answer-end" }>): void {
    if (event.outcome === "interrupted") this.#speech.announce();
    const isCutElsewhere = this.#responses.finish(event);
    this.#speech.announce();
    const isChanged = this.#context.end();
    if (isCutElsewhere || isChanged) this.#edits.replaceContext();
    else if (this.#requests.isOtherwise) this.#requests.configure();
  }

  #update({ session }: Of<"session.update">): void {
    this.#config = updated(this.#config, session);
    this.#requests.configure();
    this.#host.send({ type: "session.updated", session: described(this.#config, this.#sessionId) });
    this.#requests.go();
  }

  /** Takes an item of the client's. @throws RealtimeError where it cannot stand there. */
  add(...item: Parameters<ItemEdits["add"]>): void {
    this.#edits.add(...item);
  }

  /** A response that still waits for words is over at once. */
  #cancel(responseId: string | undefined): void {
    this.#responses.cancel(responseId);
    if (this.#requests.giveUp()) this.#endUnbegun();
  }

  /** What was asked for never begins; from now on all is as the session wants it. */
  #endUnbegun(): void {
    this.#responses.endUnbegun();
    this.#requests.forget();
    if (this.#requests.isOtherwise) this.#requests.configure();
  }

  #tellError(event: Extract<SessionEvent, { readonly type: "error" }>): void {
    const details = detailsOf(event);
    if (event.turn !== undefined) this.#responses.noteError(details);
    this.#speech.noteFailure(event.turn, details);
    this.#host.send({ type: "error", error: { ...details, event_id: null } });
  }
}
