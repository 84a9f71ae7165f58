import type { Dialog } from "./dialog.ts";
import type { OutOfBand } from "./out-of-band.ts";
import type { ResponseParameters } from "./session-schema.ts";

export interface AskedOf {
  readonly dialog: Pick<Dialog, "respond" | "responding" | "awaitsWords">;
  readonly aside: Pick<OutOfBand, "promptOf">;
  /** Resolves once that is so, or the client has left, and says whether they are still there. */
  readonly until: (isSo: () => boolean) => Promise<boolean>;
}

/**
 * Asks for a response of the conversation; one that is about an `input` of its own, as soon as that is understood.
 * @throws RealtimeError, AntiphonError where it cannot be read, is too much, or is not understood, or there is a response already.
 */
export async function askFor(
  parameters: ResponseParameters,
  { dialog, aside, until }: AskedOf,
): Promise<void> {
  // One that was cancelled just before is over in a moment.
  const isOver = (): boolean => !dialog.responding.isCancelling;
  if (!(await until(isOver))) return;
  if (parameters.input === undefined) {
    dialog.respond(parameters);
    return;
  }
  // Before anything costs time: what cannot be answered is recognised for nothing.
  dialog.responding.checkFree();
  // An item that it names may still get its words.
  if (!(await until(() => !dialog.awaitsWords))) return;
  const prompt = await aside.promptOf(parameters);
  if (prompt !== undefined && (await until(isOver))) dialog.respond(parameters, prompt);
}
