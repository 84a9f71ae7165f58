import {
  askedNotes,
  type CallOptions,
  type ChatMessage,
  type FramePart,
  SEEING,
  type SightModels,
  sightParts,
  type TextPart,
} from "../streaming/index.ts";

/** A picture as it stands in a message, and what is to be said of it. */
export type SeenParts = readonly (TextPart | FramePart)[];

/**
 * A picture that came with a request, as a language model is told of it: looked at, read closely, and with notes on what is
 * asked about it. Gives way to what conversations look at. Rejects as decoding and looking do.
 */
export async function seenPicture(
  bytes: Uint8Array<ArrayBuffer>,
  question: string,
  models: SightModels,
  options: CallOptions,
): Promise<SeenParts> {
  // Decoding may move the bytes to another thread; a language model on a server wants them, too.
  const picture = await models.decoder.decode(bytes.slice(), options);
  const sighting = await models.sight.look({ picture, urgency: "ahead" }, options);
  const lines = await models.reader.read({ picture, urgency: "ahead", isClose: true }, options);
  const asked = askedNotes({ picture, sighting, question }, models.sight);
  const id = `request/${crypto.randomUUID()}`;
  const frame = { type: "frame", id, embeddings: sighting.tokens, jpeg: bytes } as const;
  return sightParts(frame, sighting, { lines, asked, question });
}

/** Says in the system prompt what stands for pictures, where there are any. */
export function toldToSee(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const hasFrame = messages.some(
    ({ content }) => typeof content !== "string" && content.some(({ type }) => type === "frame"),
  );
  if (!hasFrame) return messages;
  const [first, ...others] = messages;
  if (first?.role !== "system" || typeof first.content !== "string")
    return [{ role: "system", content: SEEING }, ...messages];
  return [{ ...first, content: `${first.content} ${SEEING}` }, ...others];
}
