import { ConversationClient } from "../../src/client/conversation-client.ts";
import type { Line, LineOptions } from "./line.ts";
import { RealtimeLine } from "./realtime-line.ts";

/** By its name, how to open a line to a server. */
const LINES = {
  antiphon: (options: LineOptions): Promise<Line> => ConversationClient.open(options),
  realtime: (options: LineOptions): Promise<Line> => RealtimeLine.open(options),
} as const;

export type LineName = keyof typeof LINES;

export const LINE_NAMES = Object.keys(LINES) as readonly LineName[];

/** A server, and the way in which it is talked to. */
export interface Callee {
  /** Of its own protocol. */
  readonly url: string;
  readonly through: LineName;
}

/** @throws AntiphonError where nobody answers. */
export async function openLine({ through }: Callee, options: LineOptions): Promise<Line> {
  return await LINES[through](options);
}
