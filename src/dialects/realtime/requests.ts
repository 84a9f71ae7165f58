import type { ChatMessage } from "../../../streaming/index.ts";
import type { Config } from "../../config.ts";
import type { Conversation } from "../../server/conversations.ts";
import { toolSettings } from "./client-tools.ts";
import type { Items } from "./items.ts";
import type { Pictures } from "./pictures.ts";
import type { Responses } from "./responses.ts";
import { changesOf, conversationSettings, type SessionConfig, updated } from "./session-config.ts";
import type { ResponseParameters } from "./session-schema.ts";

export interface RequestsHost {
  readonly conversation: Pick<Conversation, "push">;
  readonly serverConfig: Config;
  /** Of the conversation. */
  readonly items: Items;
  /** The session's. */
  readonly config: () => SessionConfig;
  readonly pictures: Pick<Pictures, "show">;
  readonly responses: Pick<Responses, "request">;
  /** Whether words of what the client has committed are still to come. */
  readonly awaitsWords: () => boolean;
}

/** Responses that a client asks for, each with what it wants otherwise than the session: settings, and what it is about. */
export class Requests {
  readonly #host: RequestsHost;
  /** The response at hand wants other settings than the session's. */
  #isOtherwise = false;
  /** Those, until it begins. */
  #changes: ReturnType<typeof changesOf> | undefined;
  /** The response that has not begun yet is about an input of its own. */
  #isApart = false;
  /** Asks for the response that waits for the words of what the client has committed. */
  #later: (() => void) | undefined;

  constructor(host: RequestsHost) {
    this.#host = host;
  }

  /** Whether the response that begins, where it is to nobody's words, is about an input of its own. */
  get isApart(): boolean {
    return this.#isApart;
  }

  /** Whether the response at hand has settings of its own. */
  get isOtherwise(): boolean {
    return this.#isOtherwise;
  }

  /** All is as the session wants it; or, as long as a response that was asked for has not begun, as that one does. */
  configure(): void {
    const { conversation, serverConfig, items } = this.#host;
    this.#isOtherwise = this.#changes !== undefined;
    const config = this.#changed(this.#changes ?? {});
    const settings = conversationSettings(config, serverConfig, items.notes);
    conversation.push({ type: "configure", settings: { ...settings, ...toolSettings(config) } });
  }

  /**
   * Asks for an answer; where it would have to know what the client has committed, as soon as the words of that are there.
   * @param prompt - what the language model is told in place of the conversation.
   */
  request(parameters: ResponseParameters, prompt?: readonly ChatMessage[]): void {
    const changes = changesOf(parameters);
    const { responses, pictures, conversation } = this.#host;
    responses.request(this.#changed(changes), parameters.metadata ?? null);
    this.#later = (): void => {
      this.#changes = Object.keys(changes).length > 0 ? changes : undefined;
      this.#isApart = prompt !== undefined;
      if (this.#changes !== undefined) this.configure();
      if (prompt === undefined) pictures.show();
      conversation.push({ type: "respond", prompt });
    };
    this.go();
  }

  /** Asks for the response that waits, unless there is still something to wait for. */
  readonly go = (): void => {
    if (this.#host.awaitsWords()) return;
    const later = this.#later;
    this.#later = undefined;
    later?.();
  };

  /** A response begins, and is the one that was asked for, if any was. */
  begin(): void {
    this.#later = undefined;
    this.forget();
  }

  /** Gives up the response that still waits for words. Returns whether there was one. */
  giveUp(): boolean {
    const isWaiting = this.#later !== undefined;
    this.#later = undefined;
    return isWaiting;
  }

  /** From the next time on that all is configured, it is as the session wants it. */
  forget(): void {
    this.#changes = undefined;
    this.#isApart = false;
  }

  #changed(changes: ReturnType<typeof changesOf>): SessionConfig {
    const config = this.#host.config();
    return updated(config, { type: config.type, ...changes });
  }
}
