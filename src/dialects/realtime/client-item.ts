import { z } from "zod";

import { invalidValue, RealtimeError } from "./errors.ts";

const textPart = z.object({ type: z.enum(["input_text", "output_text"]), text: z.string() });
const soundPart = z.object({
  type: z.enum(["input_audio", "output_audio"]),
  transcript: z.string().nullable().default(null),
  audio: z.string().nullish(),
});
const imagePart = z.object({
  type: z.literal("input_image"),
  image_url: z.string(),
  detail: z.enum(["auto", "low", "high"]).default("auto"),
});

const id = z.string().min(1).max(64);
const message = z.object({
  id: id.optional(),
  type: z.literal("message"),
  role: z.enum(["user", "assistant", "system"]),
  content: z.array(z.discriminatedUnion("type", [textPart, soundPart, imagePart])).max(64),
});
const functionCall = z.object({
  id: id.optional(),
  type: z.literal("function_call"),
  call_id: z.string().max(64),
  name: z.string().max(64),
  arguments: z.string().max(32_000),
});
const functionOutput = z.object({
  id: id.optional(),
  type: z.literal("function_call_output"),
  call_id: z.string().max(64),
  output: z.string().max(32_000),
});
const clientItem = z.discriminatedUnion("type", [message, functionCall, functionOutput]);

type Created<Shape extends z.ZodType> = Omit<z.infer<Shape>, "id"> & {
  readonly id: string;
  readonly object: "realtime.item";
  status: "completed" | "incomplete" | "in_progress";
};

/** A part of a message, as it is told again: sound and pictures without their bytes. */
export type ContentPart =
  | z.infer<typeof textPart>
  | Omit<z.infer<typeof soundPart>, "audio">
  | Omit<z.infer<typeof imagePart>, "image_url">;

export type MessageItem = Omit<Created<typeof message>, "content"> & { readonly content: ContentPart[] };
export type FunctionCallItem = Created<typeof functionCall>;
export type Item = MessageItem | FunctionCallItem | Created<typeof functionOutput>;

/** Sound without words, in base64. */
export interface Recording {
  /** Of its part within the message. */
  readonly index: number;
  readonly audio: string;
}

/** An item of the client's, the pictures in it, and the sound whose words it lacks. */
export interface ClientItem {
  readonly item: Item;
  readonly pictures: readonly Uint8Array[];
  readonly recordings: readonly Recording[];
}

export interface ItemRules {
  /** Names an item that its client gives no name. */
  readonly nextId: () => string;
  /** Of all that a message says, in UTF-16 units. */
  readonly maxTextLength: number;
}

/**
 * Reads an item that a client creates.
 * @throws RealtimeError where it is none, says too much, or holds sound of which nothing is there or a picture that would have
 * to be fetched.
 */
export function readItem(value: unknown, { nextId, maxTextLength }: ItemRules): ClientItem {
  const parsed = clientItem.safeParse(value);
  if (!parsed.success) throw invalidValue(parsed.error, "item");
  const { data } = parsed;
  const common = { id: data.id ?? nextId(), object: "realtime.item", status: "completed" } as const;
  if (data.type !== "message") return { item: { ...data, ...common }, pictures: [], recordings: [] };
  const pictures: Uint8Array[] = [];
  const recordings: Recording[] = [];
  const content = data.content.map((part, index): ContentPart => {
    const param = `item.content[${index}]`;
    if (part.type === "input_image") {
      pictures.push(readPicture(part.image_url, `${param}.image_url`));
      return { type: part.type, detail: part.detail };
    }
    if ("text" in part) return part;
    const { audio, ...sound } = part;
    // Words that came along are taken as they are.
    if (sound.transcript !== null) return sound;
    if (sound.type !== "input_audio" || typeof audio !== "string")
      throw new RealtimeError("invalid_value", "Sound needs its audio, or a transcript.", param);
    recordings.push({ index, audio });
    return sound;
  });
  checkLength(content, maxTextLength);
  return { item: { ...data, ...common, content }, pictures, recordings };
}

/** @throws RealtimeError where a message says more than that, in UTF-16 units. */
export function checkLength(content: readonly ContentPart[], maxTextLength: number): void {
  const { length } = textOfItem({ content });
  if (length <= maxTextLength) return;
  const message = `The text has ${length} characters; ${maxTextLength} are allowed.`;
  throw new RealtimeError("text_too_long", message, "item.content");
}

const PICTURE_URL = /^data:image\/(?:png|jpe?g|webp);base64,/iu;

function readPicture(url: string, param: string): Uint8Array {
  const head = PICTURE_URL.exec(url)?.[0];
  if (head === undefined) {
    const known = "a data: URL with a JPEG, PNG or WebP in base64; nothing is fetched";
    throw new RealtimeError("invalid_value", `A picture must be ${known}.`, param);
  }
  return Buffer.from(url.slice(head.length), "base64");
}

/** All that is written or said in a message. */
export function textOfItem({ content }: { readonly content: readonly ContentPart[] }): string {
  const texts = content.map((part) =>
    "text" in part ? part.text : "transcript" in part ? part.transcript : "",
  );
  return texts.filter((text) => text !== null && text !== "").join(" ");
}
