import type { FramePart, TextPart } from "./contracts.ts";

/** What can be seen when something is said: a picture, and notes on it. Stands before the words. */
export type Seen = readonly (TextPart | FramePart)[];

export const NOTHING_SEEN: Seen = [];

/** Whether there is a picture in it. */
export function hasPicture(seen: Seen): boolean {
  return seen.some(({ type }) => type === "frame");
}

/** Whether both show the same picture. */
export function showTheSame(one: Seen, other: Seen): boolean {
  const pictureOf = (seen: Seen): string | undefined => seen.find((part) => part.type === "frame")?.id;
  return hasPicture(one) && pictureOf(one) === pictureOf(other);
}
