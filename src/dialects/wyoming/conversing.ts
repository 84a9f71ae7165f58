import { AntiphonError, Channel, type SessionEvent, toAntiphonError } from "../../../streaming/index.ts";
import type { Conversation, Conversations } from "../../server/conversations.ts";
import { cleanTypedText } from "../../typed-text.ts";
import type { WyomingContext } from "./connection.ts";
import type { Outlet } from "./outlet.ts";

/** How long a home may go back to a conversation. */
const KEPT_MS = 300_000;
/** Names of conversations that are remembered; which of them are still there, others know. */
const REMEMBERED_NAMES = 100;
/** Events that may wait for a client that reads slowly; an answer has far fewer. */
const WAITING_EVENTS = 10_000;

/** Which conversation a home means by its name for it; of all connections, since each question has a connection of its own. */
export class ConversationNames {
  readonly #keys = new Map<string, string>();

  keyOf(name: string | undefined): string | undefined {
    return name === undefined ? undefined : this.#keys.get(name);
  }

  remember(name: string | undefined, key: string): void {
    if (name === undefined) return;
    this.#keys.delete(name);
    this.#keys.set(name, key);
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > REMEMBERED_NAMES && oldest !== undefined) this.#keys.delete(oldest);
  }
}

/** Answers written questions in writing. */
export class Conversing {
  readonly #context: WyomingContext;
  readonly #names: ConversationNames;
  readonly #outlet: Outlet;
  readonly #signal: AbortSignal;

  constructor(context: WyomingContext, names: ConversationNames, outlet: Outlet, signal: AbortSignal) {
    this.#context = context;
    this.#names = names;
    this.#outlet = outlet;
    this.#signal = signal;
  }

  /** Answers in the conversation that the client names, or in a new one; says why where it cannot. */
  async answer(text: string, name: string | undefined): Promise<void> {
    try {
      const { config, conversations: find } = this.#context;
      const question = cleanTypedText(text, config.limits.maxTextLength);
      const conversations = find();
      if (conversations === undefined) throw new AntiphonError("not-ready", "the models are still loading");
      await this.#converse(conversations, question, name);
    } catch (error) {
      this.#signal.throwIfAborted();
      const { code, message } = toAntiphonError(error);
      this.#context.metrics.countError(code);
      await this.#outlet.send("not-handled", { text: message });
    }
  }

  async #converse(conversations: Conversations, question: string, name: string | undefined): Promise<void> {
    const { conversation } = conversations.enter(this.#names.keyOf(name), { spoken: false });
    const events = new Channel<SessionEvent>({ capacity: WAITING_EVENTS, overflow: "fail" });
    const listener = {
      deliver: (event: SessionEvent) => void events.push(event),
      release: (error: AntiphonError) => {
        events.close(error);
      },
    };
    conversation.attach(listener);
    try {
      conversation.push({ type: "text", text: question });
      await this.#tell(question, events);
    } finally {
      if (conversation.detach(listener)) this.#keep(conversations, conversation, name);
    }
  }

  #keep(conversations: Conversations, conversation: Conversation, name: string | undefined): void {
    if (name === undefined) void conversations.end(conversation);
    else {
      this.#names.remember(name, conversation.id);
      conversations.keep(conversation, KEPT_MS);
    }
  }

  /** Tells the answer to this question, whatever else is said before it and meanwhile. */
  async #tell(question: string, events: Channel<SessionEvent>): Promise<void> {
    let turn: number | undefined;
    for await (const event of events.read({ signal: this.#signal })) {
      // Before that, an answer that this question has interrupted may end.
      if (event.type === "transcript-end" && event.text === question) turn ??= event.turn;
      if (turn === undefined || !("turn" in event) || event.turn !== turn) continue;
      if (event.type === "answer-start") await this.#outlet.send("handled-start");
      if (event.type === "answer-delta") await this.#outlet.send("handled-chunk", { text: event.text });
      if (event.type !== "answer-end") continue;
      const handled = event.outcome === "completed" ? "handled" : "not-handled";
      await this.#outlet.send(handled, { text: event.text });
      await this.#outlet.send("handled-stop");
      return;
    }
  }
}
