import { z } from "zod";

import { fromBetaEvent } from "./beta.ts";
import { invalidValue, RealtimeError } from "./errors.ts";
import { responseParameters, sessionUpdate } from "./session-schema.ts";

const event_id = z.string().max(512).optional();

const clientEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("session.update"), event_id, session: sessionUpdate }),
  z.object({ type: z.literal("input_audio_buffer.append"), event_id, audio: z.string() }),
  z.object({ type: z.literal("input_audio_buffer.commit"), event_id }),
  z.object({ type: z.literal("input_audio_buffer.clear"), event_id }),
  z.object({
    type: z.literal("conversation.item.create"),
    event_id,
    previous_item_id: z.string().nullish(),
    item: z.unknown(),
  }),
  z.object({ type: z.literal("conversation.item.retrieve"), event_id, item_id: z.string() }),
  z.object({ type: z.literal("conversation.item.delete"), event_id, item_id: z.string() }),
  z.object({
    type: z.literal("conversation.item.truncate"),
    event_id,
    item_id: z.string(),
    content_index: z.literal(0),
    audio_end_ms: z.int().min(0),
  }),
  z.object({ type: z.literal("response.create"), event_id, response: responseParameters.prefault({}) }),
  z.object({ type: z.literal("response.cancel"), event_id, response_id: z.string().optional() }),
]);

/** What a client of the GA interface may ask for over a WebSocket. */
export type ClientEvent = z.infer<typeof clientEvent>;

const TYPES: ReadonlySet<string> = new Set(clientEvent.def.options.map((option) => option.shape.type.value));

/** What is known of an event that could not be read, so that the client learns which one it was. */
const named = z.object({ type: z.unknown().optional(), event_id: z.unknown().optional() });

/** An event, or what is wrong with it; with the client's own id of it. */
export type ReadEvent =
  | { readonly event: ClientEvent; readonly eventId: string | undefined }
  | { readonly event?: never; readonly error: RealtimeError; readonly eventId: string | undefined };

/** Reads a message of a client of either interface. Never throws. */
export function readClientEvent(json: string, isBeta: boolean): ReadEvent {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { error: new RealtimeError("invalid_json", "The message is no JSON."), eventId: undefined };
  }
  const name = named.safeParse(value);
  if (!name.success)
    return { error: new RealtimeError("invalid_event", "The message is no object."), eventId: undefined };
  const { type, event_id: id } = name.data;
  const eventId = typeof id === "string" ? id : undefined;
  if (typeof type !== "string" || !TYPES.has(type)) {
    const error = new RealtimeError("invalid_value", `Invalid value: 'type'. ${unknownType(type)}`, "type");
    return { error, eventId };
  }
  const parsed = clientEvent.safeParse(isBeta ? fromBetaEvent(value) : value);
  return parsed.success
    ? { event: parsed.data, eventId }
    : { error: invalidValue(parsed.error, ""), eventId };
}

/** Of an event with names as long as they may be. */
const LONGEST_CANCEL = 4096;

/** Whether it may be worth reading a message to know whether it cancels a response: most are far longer, or say nothing of it. */
export function isPerhapsCancel(json: string): boolean {
  return json.length <= LONGEST_CANCEL && json.includes("response.cancel");
}

function unknownType(type: unknown): string {
  if (type === undefined) return "An event needs a type.";
  const known = [...TYPES].map((name) => `'${name}'`).join(", ");
  return `Supported are ${known}.`;
}
