import type {
  CallOptions,
  ChatMessage,
  FramePart,
  SessionModels,
  TextPart,
} from "../../../streaming/index.ts";
import type { Recordings } from "../../recordings.ts";
import { seenPicture, type SeenParts, toldToSee } from "../../seen-pictures.ts";
import { transcribeRecording } from "../../transcription.ts";
import { type MediaPart, partsOf, plainMessage, type WireMessage } from "./chat-request.ts";
import { ApiError } from "./errors.ts";

/** What pictures and recordings are understood with. */
export interface Senses {
  readonly models: SessionModels;
  readonly recordings: Recordings;
}

/**
 * The messages as the language model takes them: recordings as what was said in them, pictures as what is seen.
 * @throws ApiError, AntiphonError where one of them cannot be understood.
 */
export async function readMessages(
  messages: readonly WireMessage[],
  senses: Senses,
  options: CallOptions,
): Promise<ChatMessage[]> {
  const read: ChatMessage[] = [];
  for (const message of messages) {
    if (message.role !== "user") read.push(plainMessage(message));
    else read.push({ role: "user", content: await understood(partsOf(message), senses, options) });
  }
  return [...toldToSee(read)];
}

async function understood(
  parts: readonly (TextPart | MediaPart)[],
  senses: Senses,
  options: CallOptions,
): Promise<ChatMessage["content"]> {
  const words: string[] = [];
  for (const part of parts) {
    if (part.type === "text") words.push(part.text);
    else words.push(part.type === "picture" ? "" : await heard(part.bytes, senses, options));
  }
  const question = words.filter((text) => text !== "").join("\n");
  const understood: (TextPart | FramePart)[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.type === "picture") understood.push(...(await seen(part.bytes, question, senses, options)));
    else understood.push({ type: "text", text: words[index] ?? "" });
  }
  return understood.some(({ type }) => type === "frame")
    ? understood
    : understood.map((part) => (part as TextPart).text).join("\n");
}

async function heard(
  bytes: Uint8Array<ArrayBuffer>,
  { models, recordings }: Senses,
  { signal }: CallOptions,
): Promise<string> {
  const samples = await recordings.decode(bytes, { signal });
  return await transcribeRecording(samples, models, { signal, urgency: "background" });
}

async function seen(
  bytes: Uint8Array<ArrayBuffer>,
  question: string,
  { models: { sight: models } }: Senses,
  options: CallOptions,
): Promise<SeenParts> {
  if (models === undefined)
    throw new ApiError(400, "unsupported_value", "this server cannot see", "messages");
  return await seenPicture(bytes, question, models, options);
}
