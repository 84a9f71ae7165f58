import { z } from "zod";

import { type ClientItem, readItem } from "./client-item.ts";
import { RealtimeError } from "./errors.ts";
import { newId } from "./ids.ts";
import { RECORDINGS_AT_MOST } from "./item-sound.ts";
import { Items } from "./items.ts";

const INPUT_ITEMS = 100;
/** Each is looked at and read closely. */
const PICTURES_AT_MOST = 4;

const reference = z.object({ type: z.literal("item_reference"), id: z.string() });

/** What one response is about in place of the conversation. */
export interface ResponseInput {
  readonly items: Items;
  /** Those of them that were made for it. */
  readonly made: readonly ClientItem[];
}

/**
 * Reads the `input` of a `response.create`: items of its own, and references to those of the conversation.
 * @throws RealtimeError `invalid_value` where there is too much of it, or something that cannot be read or stand there.
 */
export function readResponseInput(
  input: readonly unknown[],
  items: Pick<Items, "need">,
  { maxTextLength }: { readonly maxTextLength: number },
): ResponseInput {
  if (input.length > INPUT_ITEMS)
    throw new RealtimeError("invalid_value", `More than ${INPUT_ITEMS} items.`, "response.input");
  const given = new Items();
  const made: ClientItem[] = [];
  for (const value of input) {
    const known = reference.safeParse(value);
    if (known.success) given.append(items.need(known.data.id, "response.input"));
    else {
      const read = readItem(value, { nextId: () => newId("item"), maxTextLength });
      given.insert(read.item, undefined);
      made.push(read);
    }
  }
  checkCount(made.flatMap(({ recordings }) => recordings).length, RECORDINGS_AT_MOST, "recordings");
  checkCount(made.flatMap(({ pictures }) => pictures).length, PICTURES_AT_MOST, "pictures");
  if (made.some(({ item, pictures }) => pictures.length > 0 && "role" in item && item.role !== "user"))
    throw new RealtimeError("invalid_value", "Only users show pictures.", "response.input");
  return { items: given, made };
}

function checkCount(count: number, most: number, things: string): void {
  if (count <= most) return;
  const message = `The items hold at most ${most} ${things} together.`;
  throw new RealtimeError("invalid_value", message, "response.input");
}
