import type { SessionEvent } from "../../../streaming/index.ts";
import type { Conversation } from "../../server/conversations.ts";
import type { Item } from "./client-item.ts";
import { contextOf, type Items } from "./items.ts";

type ToolEvent = Extract<SessionEvent, { readonly type: `tool-${string}` }>;

/**
 * What the language model knows of the items. A conversation remembers by itself what is said in it; it is told what a client
 * adds or changes, without what the answer in the making will add when it is over.
 */
export class Context {
  readonly #conversation: Pick<Conversation, "push">;
  readonly #items: Items;
  #isAnswering = false;
  /** Something was changed during the answer. */
  #isChanged = false;

  constructor(conversation: Pick<Conversation, "push">, items: Items) {
    this.#conversation = conversation;
    this.#items = items;
  }

  /** An answer begins; `questionId` names the item that it is to, where that is no part of the context yet. */
  begin(questionId: string | undefined): void {
    this.#isAnswering = true;
    if (questionId !== undefined) this.#items.holdBack(questionId);
  }

  /** Something was said into the answer: the conversation knows it, and keeps it for behind that answer. */
  keep(itemId: string | undefined): void {
    if (this.#isAnswering && itemId !== undefined) this.#items.holdBack(itemId);
  }

  /** The answer is over, and all of it stands in the items. Returns whether the context is to be told anew. */
  end(): boolean {
    this.#items.holdNothingBack();
    const isChanged = this.#isChanged;
    this.#isAnswering = false;
    this.#isChanged = false;
    return isChanged;
  }

  /** One more, at the end. */
  add(item: Item): void {
    this.#conversation.push({ type: "add-context", messages: contextOf(item) });
  }

  /** Tells all of it anew. */
  replace(): void {
    // An answer may have ended whose end is still on its way here: then what was held back is missing until it comes.
    this.#isChanged = this.#isAnswering;
    this.#conversation.push({ type: "replace-context", messages: this.#items.context });
  }

  /**
   * A call was made, was handed over to the client, or has a result. Calls that the server runs are nothing to the client, but
   * the language model is to know of them also when the context is told anew. `messageId` is what is being said.
   */
  noteTool(event: ToolEvent, messageId: string | undefined): void {
    switch (event.type) {
      case "tool-call":
        this.#items.hide(event.call, messageId);
        if (this.#isAnswering) this.#items.holdBack(event.call.id);
        break;
      case "tool-handed-over":
        this.#items.unhide(event.call.id);
        break;
      case "tool-result":
        this.#items.settle(event.callId, event.text);
    }
  }
}
