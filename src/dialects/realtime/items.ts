import type { ContextMessage, ToolCall } from "../../../streaming/index.ts";
import { type Item, textOfItem } from "./client-item.ts";
import { RealtimeError } from "./errors.ts";

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

/** What the language model is told of an item, if it is one. */
export interface ToldMessage {
  readonly message: ContextMessage;
  readonly itemId: string | undefined;
}

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
    this.check(item.id, behind);
    if (behind === undefined || behind === null) this.append(item);
    else if (behind === "root") this.#insertAt(0, item);
    else this.#insertAt(this.#entries.indexOf(this.need(behind, "previous_item_id")) + 1, item);
  }

  /** @throws RealtimeError where the id is taken, or there is none to put it behind. */
  check(itemId: string, behind: string | null | undefined): void {
    if (this.get(itemId) !== undefined)
      throw new RealtimeError("item_already_exists", `There is an item '${itemId}' already.`, "item.id");
    if (typeof behind === "string" && behind !== "root") this.need(behind, "previous_item_id");
  }

  #insertAt(index: number, entry: Entry): void {
    const entries = [...this.#entries.slice(0, index), entry, ...this.#entries.slice(index)];
    this.#entries = entries.slice(-KEPT_ITEMS);
  }

  remove(itemId: string): void {
    const item = this.need(itemId, "item_id");
    this.#entries = this.#entries.filter((other) => other !== item);
  }

  /** Leaves no more than these words of what the assistant said. Returns whether that changes anything. */
  cut(itemId: string, text: string): boolean {
    const item = this.get(itemId);
    if (item?.type !== "message") return false;
    const [part] = item.content;
    if (part?.type === "output_audio" && part.transcript === text) return false;
    item.content.splice(0, 1, { type: "output_audio", transcript: text });
    item.status = "incomplete";
    return true;
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
    return this.#told((entry) => !this.#isHeldBack(entry))
      .map(({ message }) => message)
      .filter(({ role, text }) => role !== "user" || text !== "");
  }

  /**
   * The context with what is held back, for whoever comes to know of nothing by itself; by the ids of its items, and with no
   * words for those that are pictures only.
   */
  get wholeContext(): readonly ToldMessage[] {
    return this.#told(() => true);
  }

  #told(isTold: (entry: Entry) => boolean): readonly ToldMessage[] {
    const newestFirst: ToldMessage[] = [];
    let length = 0;
    let hasQuestion = false;
    for (const entry of this.#entries.toReversed()) {
      if (hasQuestion && length > TOLD_CHARACTERS) break;
      if (!isTold(entry)) continue;
      for (const message of toldOf(entry).toReversed()) {
        newestFirst.push({ message, itemId: isShown(entry) ? entry.id : undefined });
        length += lengthOf(message);
        hasQuestion ||= message.role === "user" && message.text !== "";
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

/** A picture without words is something to whoever has seen it. */
function toldOf(entry: Entry): readonly ContextMessage[] {
  const told = contextOf(entry);
  const isPicture =
    entry.type === "message" &&
    entry.role === "user" &&
    entry.content.some(({ type }) => type === "input_image");
  return told.length === 0 && isPicture ? [{ role: "user", text: "" }] : told;
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
  if (item.role === "system" || text === "") return [];
  if (item.role === "user") return [{ role: "user", text }];
  return [{ role: "assistant", text, ...(item.status === "incomplete" && { isCut: true }) }];
}
