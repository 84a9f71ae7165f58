import { z } from "zod";

import { AntiphonError } from "../../../streaming/index.ts";
import type { WyomingEvent } from "./events.ts";

/** 16-bit little-endian PCM; other widths are refused. */
const soundFormat = z.object({
  rate: z.int().min(4000).max(192_000),
  width: z.literal(2, "only 16-bit samples (width 2) are understood"),
  channels: z.int().min(1).max(8),
});
const text = z.object({ text: z.string() });

/** Data of the events that are understood, by type; fields that are not named here are not looked at. */
const SCHEMAS = {
  describe: z.object({}),
  ping: z.object({ text: z.string().max(10_000).nullish() }),
  transcribe: z.object({}),
  "audio-start": soundFormat,
  "audio-chunk": soundFormat,
  "audio-stop": z.object({}),
  synthesize: text,
  "synthesize-start": z.object({}),
  "synthesize-chunk": text,
  "synthesize-stop": z.object({}),
  transcript: z.object({
    text: z.string(),
    context: z.looseObject({ conversation_id: z.string().max(200).nullish() }).nullish(),
  }),
} as const;

type Type = keyof typeof SCHEMAS;

/** An event that a client may send, with its data checked. */
export type ClientEvent = {
  [Name in Type]: {
    readonly type: Name;
    readonly data: z.infer<(typeof SCHEMAS)[Name]>;
    readonly payload: Uint8Array;
  };
}[Type];

export type SoundFormat = z.infer<typeof soundFormat>;

/**
 * Checks an event. Undefined for types that nobody here understands: servers of this protocol pass over them.
 * @throws AntiphonError `message-invalid`.
 */
export function parseEvent({ type, data, payload }: WyomingEvent): ClientEvent | undefined {
  if (!Object.hasOwn(SCHEMAS, type)) return undefined;
  const known = type as Type;
  const result = SCHEMAS[known].safeParse(data);
  if (result.success) return { type: known, data: result.data, payload } as ClientEvent;
  const [issue] = result.error.issues;
  throw new AntiphonError(
    "message-invalid",
    `${type}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
  );
}
