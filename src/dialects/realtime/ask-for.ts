import type { Dialog } from "./dialog.ts";
import type { ItemSound } from "./item-sound.ts";
import { readResponseInput } from "./response-input.ts";
import type { ResponseParameters } from "./session-schema.ts";

export interface AskedOf {
  readonly dialog: Pick<Dialog, "items" | "respond">;
  readonly itemSound: Pick<ItemSound, "fillAll">;
  readonly maxTextLength: number;
}

/**
 * Asks for a response of the conversation; one that is about an `input` of its own, as soon as recordings in that are words.
 * @throws RealtimeError, AntiphonError where that cannot be read, is too much, or is not understood, or there is a response already.
 */
export async function askFor(
  parameters: ResponseParameters,
  { dialog, itemSound, maxTextLength }: AskedOf,
): Promise<void> {
  const { input } = parameters;
  if (input === undefined) {
    dialog.respond(parameters);
    return;
  }
  const read = readResponseInput(input, dialog.items, { maxTextLength });
  if (await itemSound.fillAll(read.made)) dialog.respond(parameters, read);
}
