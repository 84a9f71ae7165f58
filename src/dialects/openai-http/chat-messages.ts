import {
  type CallOptions,
  type ChatMessage,
  type FramePart,
  SEEING,
  type SessionModels,
  sightParts,
  type TextPart,
} from "../../../streaming/index.ts";
import type { Recordings } from "../../recordings.ts";
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
  return read.some(({ content }) => hasFrame(content)) ? toldToSee(read) : read;
}

function hasFrame(content: ChatMessage["content"]): boolean {
  return typeof content !== "string" && content.some(({ type }) => type === "frame");
}

/** Says in the system prompt what stands for pictures. */
function toldToSee(messages: readonly ChatMessage[]): ChatMessage[] {
  const [first, ...others] = messages;
  if (first?.role !== "system" || typeof first.content !== "string")
    return [{ role: "system", content: SEEING }, ...messages];
  return [{ ...first, content: `${first.content} ${SEEING}` }, ...others];
}

async function understood(
  parts: readonly (TextPart | MediaPart)[],
  senses: Senses,
  options: CallOptions,
): Promise<ChatMessage["content"]> {
  const understood: (TextPart | FramePart)[] = [];
  for (const part of parts) {
    if (part.type === "text") understood.push(part);
    else if (part.type === "picture") understood.push(...(await seen(part.bytes, senses, options)));
    else understood.push({ type: "text", text: await heard(part.bytes, senses, options) });
  }
  return hasFrame(understood) ? understood : understood.map((part) => (part as TextPart).text).join("\n");
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
  { models: { sight: models } }: Senses,
  options: CallOptions,
): Promise<readonly (TextPart | FramePart)[]> {
  if (models === undefined)
    throw new ApiError(400, "unsupported_value", "this server cannot see", "messages");
  // Decoding may move the bytes to another thread; a language model on a server wants them, too.
  const picture = await models.decoder.decode(bytes.slice(), options);
  const sighting = await models.sight.look({ picture, urgency: "ahead" }, options);
  const lines = await models.reader.read({ picture, urgency: "ahead", isClose: true }, options);
  const id = `http/${crypto.randomUUID()}`;
  return sightParts({ type: "frame", id, embeddings: sighting.tokens, jpeg: bytes }, sighting, { lines });
}
