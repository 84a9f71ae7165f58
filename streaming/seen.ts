import type { FramePart, TextPart } from "./contracts.ts";

/** A picture, and what the things in it are called: who names one of them asks about it. */
export interface SeenPicture extends FramePart {
  readonly names?: readonly string[];
  /** It is part of the question, whatever that is about. */
  readonly isAttached?: boolean;
}

/** What can be seen when something is said: a picture, and notes on it. Stands before the words. */
export type Seen = readonly (TextPart | SeenPicture)[];

export const NOTHING_SEEN: Seen = [];

/** Whether there is a picture in it. */
export function hasPicture(seen: Seen): boolean {
  return seen.some(({ type }) => type === "frame");
}

/** Whether a picture in it was attached to the question. */
export function isAttached(seen: Seen): boolean {
  return seen.some((part) => part.type === "frame" && part.isAttached === true);
}

/** What the things in view are called. */
export function namesIn(seen: Seen): readonly string[] {
  return seen.flatMap((part) => (part.type === "frame" ? (part.names ?? []) : []));
}

/** Whether both show the same picture. */
export function showTheSame(one: Seen, other: Seen): boolean {
  const pictureOf = (seen: Seen): string | undefined => seen.find((part) => part.type === "frame")?.id;
  return hasPicture(one) && pictureOf(one) === pictureOf(other);
}
