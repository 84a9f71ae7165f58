import type { ServerEvent } from "./beta.ts";
import type { ClientEvent } from "./client-events.ts";
import type { ClientItem } from "./client-item.ts";
import type { Context } from "./context.ts";
import type { Items } from "./items.ts";
import type { Pictures } from "./pictures.ts";
import type { Responses } from "./responses.ts";

type Of<Type extends ClientEvent["type"]> = Extract<ClientEvent, { readonly type: Type }>;

/** What a client asks to be done with an item that there is. */
export type ItemEdit = Of<`conversation.item.${"retrieve" | "delete" | "truncate"}`>;

export interface ItemEditsHost {
  readonly send: (event: ServerEvent) => void;
  readonly items: Items;
  readonly context: Pick<Context, "add" | "replace">;
  readonly pictures: Pick<Pictures, "take">;
  readonly responses: Pick<Responses, "cut">;
  /** Has the conversation follow the session's settings, of which the system's messages are a part. */
  readonly configure: () => void;
}

/** What a client does with the items of its conversation: told again, and known to the language model. */
export class ItemEdits {
  readonly #host: ItemEditsHost;

  constructor(host: ItemEditsHost) {
    this.#host = host;
  }

  /** @throws RealtimeError where there is no such item, or no such thing can be done with it. */
  handle(event: ItemEdit): void {
    const { items } = this.#host;
    switch (event.type) {
      case "conversation.item.retrieve":
        this.#tell("retrieved", { item: items.need(event.item_id, "item_id") });
        break;
      case "conversation.item.delete":
        items.remove(event.item_id);
        this.replaceContext();
        this.#tell("deleted", { item_id: event.item_id });
        break;
      case "conversation.item.truncate":
        this.#truncate(event);
    }
  }

  /** Takes an item of the client's. @throws RealtimeError where it cannot stand there. */
  add({ item, pictures }: Pick<ClientItem, "item" | "pictures">, behind: string | null | undefined): void {
    const { items, context } = this.#host;
    items.insert(item, behind);
    for (const picture of pictures) this.#host.pictures.take(picture);
    const previous_item_id = items.idBefore(item.id);
    if (item.id !== items.lastId) this.replaceContext();
    else if (item.type === "message" && item.role === "system") this.#host.configure();
    else context.add(item);
    this.#tell("added", { item, previous_item_id });
    this.#tell("done", { item, previous_item_id });
  }

  /** Tells the language model all of it anew. */
  replaceContext(): void {
    this.#host.context.replace();
    this.#host.configure();
  }

  #truncate(event: Of<"conversation.item.truncate">): void {
    const { items, responses } = this.#host;
    const { item_id, content_index, audio_end_ms } = event;
    items.need(item_id, "item_id");
    const text = responses.cut(item_id, audio_end_ms);
    this.#tell("truncated", { item_id, content_index, audio_end_ms });
    if (text !== undefined && items.cut(item_id, text)) this.replaceContext();
  }

  #tell(what: "added" | "done" | "retrieved" | "deleted" | "truncated", fields: object): void {
    this.#host.send({ type: `conversation.item.${what}`, ...fields });
  }
}
