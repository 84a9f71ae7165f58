import { z } from "zod";

import type { ContextMessage, ToolCall } from "../../../streaming/index.ts";
import { invalidValue, RealtimeError } from "./errors.ts";

const textPart = z.object({ type: z.enum(["input_text", "output_text"]), text: z.string() });
const soundPart = z.object({
  type: z.enum(["input_audio", "output_audio"]),
  transcript: z.string().nullable().default(null),
});
const imagePart = z.object({
  type: z.literal("input_image"),
  image_url: z.string(),
  detail: z.enum(["auto", "low", "high"]).default("auto"),
});

const id = z.string().min(1).max(64);
const message = z.object({
  id: id.optional(),
  type: z.literal("message"),
  role: z.enum(["user", "assistant", "system"]),
  content: z.array(z.discriminatedUnion("type", [textPart, soundPart, imagePart])).max(64),
});
const functionCall = z.object({
  id: id.optional(),
  type: z.literal("function_call"),
  call_id: z.string().max(64),
  name: z.string().max(64),
  arguments: z.string().max(32_000),
});
const functionOutput = z.object({
  id: id.optional(),
  type: z.literal("function_call_output"),
  call_id: z.string().max(64),
  output: z.string().max(32_000),
});
const clientItem = z.discriminatedUnion("type", [message, functionCall, functionOutput]);

type Created<Shape extends z.ZodType> = Omit<z.infer<Shape>, "id"> & {
  readonly id: string;
  readonly object: "realtime.item";
  status: "completed" | "incomplete" | "in_progress";
};

/** A part of a message, as it is told again: pictures without their bytes. */
export type ContentPart =
  z.infer<typeof textPart> | z.infer<typeof soundPart> | Omit<z.infer<typeof imagePart>, "image_url">;

export type MessageItem = Omit<Created<typeof message>, "content"> & { readonly content: ContentPart[] };
export type FunctionCallItem = Created<typeof functionCall>;
export type Item = MessageItem | FunctionCallItem | Created<typeof functionOutput>;

/** An item of the client's, and the pictures in it. */
export interface ClientItem {
  readonly item: Item;
  readonly pictures: readonly Uint8Array[];
}

export interface ItemRules {
  /** Names an item that its client gives no name. */
  readonly nextId: () => string;
  /** Of all that a message says, in UTF-16 units. */
  readonly maxTextLength: number;
}

/**
 * Reads an item that a client creates.
 * @throws RealtimeError where it is none, says too much, or holds sound without words or a picture that would have to be
 * fetched.
 */
export function readItem(value: unknown, { nextId, maxTextLength }: ItemRules): ClientItem {
  const parsed = clientItem.safeParse(value);
  if (!parsed.success) throw invalidValue(parsed.error, "item");
  const { data } = parsed;
  const common = { id: data.id ?? nextId(), object: "realtime.item", status: "completed" } as const;
  if (data.type !== "message") return { item: { ...data, ...common }, pictures: [] };
  const pictures: Uint8Array[] = [];
  const content = data.content.map((part, index): ContentPart => {
    const param = `item.content[${index}]`;
    if (part.type === "input_image") {
      pictures.push(readPicture(part.image_url, `${param}.image_url`));
      return { type: part.type, detail: part.detail };
    }
    if ("transcript" in part && part.transcript === null)
      throw new RealtimeError("invalid_value", "Sound needs its audio, or a transcript.", param);
    return part;
  });
  const { length } = textOfItem({ content });
  if (length > maxTextLength) {
    const message = `The text has ${length} characters; ${maxTextLength} are allowed.`;
    throw new RealtimeError("text_too_long", message, "item.content");
  }
  return { item: { ...data, ...common, content }, pictures };
}

const PICTURE_URL = /^data:image\/(?:png|jpe?g|webp);base64,/iu;

function readPicture(url: string, param: string): Uint8Array {
  const head = PICTURE_URL.exec(url)?.[0];
  if (head === undefined) {
    const known = "a data: URL with a JPEG, PNG or WebP in base64; nothing is fetched";
    throw new RealtimeError("invalid_value", `A picture must be ${known}.`, param);
  }
  return Buffer.from(url.slice(head.length), "base64");
}

/** All that is written or said in a message. */
function textOfItem({ content }: Pick<MessageItem, "content">): string {
  const texts = content.map((part) =>
    "text" in part ? part.text : "transcript" in part ? part.transcript : "",
  );
  return texts.filter((text) => text !== null && text !== "").join(" ");
}

/** Items beyond these are forgotten, the oldest first. The language model forgets far sooner. */
const KEPT_ITEMS = 1000;

/** As much as the language model is told at most of what was said: of one turn it keeps 16,000 characters. */
const TOLD_CHARACTERS = 20_000;

/** Of what a function gave back, what counts of it: the language model is told no more. */
const TOLD_OF_OUTPUT_CHARACTERS = 4000;

/** Of what the system said, as much as a configured prompt may have: older notes are left out. */
const KEPT_NOTES_CHARACTERS = 8000;

/** A call that the server ran, which is nothing to the client. */
interface HiddenCall {
  readonly type: "hidden-call";
  readonly call: ToolCall;
  result: string;
}

type Entry = Item | HiddenCall;

const NO_RESULT_YET = "There is no result yet.";

const isShown = (entry: Entry): entry is Item => entry.type !== "hidden-call";

/** What was said and done in a conversation, in order. */
export class Items {
  #entries: readonly Entry[] = [];
  /** Items and calls that the language model comes to know of by itself. */
  readonly #heldBack = new Set<string>();

  get lastId(): string | null {
    return this.#entries.findLast(isShown)?.id ?? null;
  }

  get(itemId: string): Item | undefined {
    return this.#entries.filter(isShown).find(({ id }) => id === itemId);
  }

  /** Of the item before this one; null for the first. */
  idBefore(itemId: string): string | null {
    const shown = this.#entries.filter(isShown);
    return shown[shown.findIndex(({ id }) => id === itemId) - 1]?.id ?? null;
  }

  append(item: Item): void {
    this.#insertAt(this.#entries.length, item);
  }

  /**
   * Puts an item behind another one, at the start, or where nothing is said at the end.
   * @throws RealtimeError where its id is taken, or there is none to put it behind.
   */
  insert(item: Item, behind: string | null | undefined): void {
    if (this.get(item.id) !== undefined)
      throw new RealtimeError("item_already_exists", `There is an item '${item.id}' already.`, "item.id");
    if (behind === undefined || behind === null) this.append(item);
    else if (behind === "root") this.#insertAt(0, item);
    else this.#insertAt(this.#entries.indexOf(this.need(behind, "previous_item_id")) + 1, item);
  }

  #insertAt(index: number, entry: Entry): void {
    const entries = [...this.#entries.slice(0, index), entry, ...this.#entries.slice(index)];
    this.#entries = entries.slice(-KEPT_ITEMS);
  }

  remove(itemId: string): void {
    const item = this.need(itemId, "item_id");
    this.#entries = this.#entries.filter((other) => other !== item);
  }

  /** @throws RealtimeError where there is none of this id. */
  need(itemId: string, param: string): Item {
    const item = this.get(itemId);
    if (item !== undefined) return item;
    throw new RealtimeError("item_not_found", `There is no item '${itemId}'.`, param);
  }

  /** Keeps a call for the language model only; before an item, where one is named. */
  hide(call: ToolCall, before: string | undefined): void {
    const index = this.#entries.findIndex((entry) => isShown(entry) && entry.id === before);
    const entry: HiddenCall = { type: "hidden-call", call, result: NO_RESULT_YET };
    this.#insertAt(index === -1 ? this.#entries.length : index, entry);
  }

  /** Tells what came of a call that is kept for the language model. */
  settle(callId: string, result: string): void {
    const entry = this.#entries.find((each) => !isShown(each) && each.call.id === callId);
    if (entry?.type === "hidden-call") entry.result = result;
  }

  /** A call that was kept for the language model is the client's to run: it becomes an item of its own. */
  unhide(callId: string): void {
    this.#entries = this.#entries.filter((entry) => isShown(entry) || entry.call.id !== callId);
  }

  /** Leaves an item, or a call, out of the context. */
  holdBack(id: string): void {
    this.#heldBack.add(id);
  }

  holdNothingBack(): void {
    this.#heldBack.clear();
  }

  #isHeldBack(entry: Entry): boolean {
    if (entry.type === "hidden-call") return this.#heldBack.has(entry.call.id);
    return this.#heldBack.has(entry.type === "function_call" ? entry.call_id : entry.id);
  }

  /** What the system said, as much of it as instructions may have; its newest word however long. */
  get notes(): readonly string[] {
    const newestFirst: string[] = [];
    let length = 0;
    // Read from the end: all that may stand here is megabytes, of which kilobytes are kept.
    for (const item of this.#entries.toReversed()) {
      if (item.type !== "message" || item.role !== "system") continue;
      const text = textOfItem(item);
      length += text.length;
      if (newestFirst.length > 0 && length > KEPT_NOTES_CHARACTERS) break;
      newestFirst.push(text);
    }
    return newestFirst.reverse();
  }

  /** What the language model is to know of it: the newest, from a question on, and more than it can keep. */
  get context(): readonly ContextMessage[] {
    return this.#told((entry) => !this.#isHeldBack(entry));
  }

  /** The context with what is held back: for whoever comes to know of nothing by itself. */
  get wholeContext(): readonly ContextMessage[] {
    return this.#told(() => true);
  }

  #told(isTold: (entry: Entry) => boolean): readonly ContextMessage[] {
    const newestFirst: ContextMessage[] = [];
    let length = 0;
    let hasQuestion = false;
    for (const entry of this.#entries.toReversed()) {
      if (hasQuestion && length > TOLD_CHARACTERS) break;
      if (!isTold(entry)) continue;
      for (const message of contextOf(entry).toReversed()) {
        newestFirst.push(message);
        length += lengthOf(message);
        hasQuestion ||= message.role === "user";
      }
    }
    return newestFirst.reverse();
  }
}

function lengthOf(message: ContextMessage): number {
  if (message.role === "tool") return Math.min(message.text.length, TOLD_OF_OUTPUT_CHARACTERS);
  const calls = "toolCalls" in message ? message.toolCalls : [];
  return calls.reduce((sum, call) => sum + call.name.length + call.arguments.length, message.text.length);
}

/** An item for the language model; none for what stands elsewhere or has no words. */
export function contextOf(item: Entry): readonly ContextMessage[] {
  if (item.type === "hidden-call") {
    const { call, result } = item;
    return [
      { role: "assistant", text: "", toolCalls: [call] },
      { role: "tool", toolCallId: call.id, text: result },
    ];
  }
  if (item.type === "function_call_output")
    return [{ role: "tool", toolCallId: item.call_id, text: item.output }];
  if (item.type === "function_call") {
    const call = { id: item.call_id, name: item.name, arguments: item.arguments };
    return [{ role: "assistant", text: "", toolCalls: [call] }];
  }
  const text = textOfItem(item);
  return item.role === "system" || text === "" ? [] : [{ role: item.role, text }];
}
