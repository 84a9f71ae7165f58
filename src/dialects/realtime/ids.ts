import { randomUUID } from "node:crypto";

/** A name that nothing else has, of the kind that its beginning tells, such as `item_`. */
export function newId(kind: "event" | "item" | "resp" | "sess" | "conv" | "call"): string {
  return `${kind}_${randomUUID().replaceAll("-", "").slice(0, 24)}`;
}
