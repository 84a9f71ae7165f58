import { z } from "zod";

import type { ChatMessage, TextPart, ToolChoice, ToolSpec } from "../../../streaming/index.ts";
import { ApiError } from "./errors.ts";

const MOST_MESSAGES = 512;
const MOST_PARTS = 32;
const MOST_TOOLS = 64;
const LONGEST_TEXT = 65_536;

const text = z.string().max(LONGEST_TEXT);
const textPart = z.object({ type: z.literal("text"), text });
const refusalPart = z.object({ type: z.literal("refusal"), refusal: text });
const imageUrl = z.string().describe("a data: URL of a JPEG, PNG or WebP; addresses are refused");
const imagePart = z.object({
  type: z.literal("image_url"),
  image_url: z.union([imageUrl, z.object({ url: imageUrl })]),
});
const audioPart = z.object({
  type: z.literal("input_audio"),
  input_audio: z.object({
    data: z.base64().min(1).describe("a WAV, FLAC, MP3 or Ogg file; told by its first bytes"),
    format: z.string().max(32).optional(),
  }),
});

const content = <Part extends z.ZodType>(part: Part) =>
  z.union([text, z.array(part).max(MOST_PARTS)], { error: "must be a text or a list of known parts" });

const toolCall = z.object({
  id: z.string().max(256),
  type: z.literal("function").default("function"),
  function: z.object({ name: z.string().max(64), arguments: text }),
});

const message = z.discriminatedUnion("role", [
  z.object({ role: z.enum(["system", "developer"]), content: content(textPart) }),
  z.object({
    role: z.literal("user"),
    content: content(z.discriminatedUnion("type", [textPart, imagePart, audioPart])),
  }),
  z.object({
    role: z.literal("assistant"),
    content: content(z.discriminatedUnion("type", [textPart, refusalPart])).nullish(),
    tool_calls: z.array(toolCall).max(MOST_TOOLS).nullish(),
  }),
  z.object({ role: z.literal("tool"), tool_call_id: z.string().max(256), content: content(textPart) }),
]);

const tool = z.object({
  type: z.literal("function"),
  function: z.object({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    description: z.string().max(4096).nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
});

const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.object({ type: z.literal("function"), function: z.object({ name: z.string().max(64) }) }),
]);

/** What is heeded of a request; the rest of the API's fields are ignored. */
export const chatSchema = z.object({
  model: z.string().max(256).optional().describe("any; there is one language model"),
  messages: z.array(message).min(1).max(MOST_MESSAGES),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1).max(64), z.array(z.string().min(1).max(64)).max(4)]).nullish(),
  n: z.literal(1, { error: "only one answer can be given" }).nullish(),
  tools: z.array(tool).max(MOST_TOOLS).nullish(),
  tool_choice: toolChoice.nullish(),
  response_format: z.object({ type: z.literal("text", { error: "only text can be given" }) }).nullish(),
  modalities: z.array(z.literal("text", { error: "only text can be given; see /v1/audio/speech" })).nullish(),
});

export type ChatRequest = z.infer<typeof chatSchema>;
export type WireMessage = z.infer<typeof message>;
/** A picture or a recording in a message, as bytes. */
export type MediaPart = {
  readonly type: "picture" | "recording";
  readonly bytes: Uint8Array<ArrayBuffer>;
};

/** What a user's message is made of, in order. @throws ApiError for pictures that are no data: URL. */
export function partsOf(message: Extract<WireMessage, { role: "user" }>): readonly (TextPart | MediaPart)[] {
  if (typeof message.content === "string") return [{ type: "text", text: message.content }];
  return message.content.map((part) => {
    if (part.type === "text") return part;
    if (part.type === "input_audio")
      return { type: "recording", bytes: Uint8Array.from(Buffer.from(part.input_audio.data, "base64")) };
    const { image_url: image } = part;
    return { type: "picture", bytes: pictureBytes(typeof image === "string" ? image : image.url) };
  });
}

/** Never fetches: whoever can name an address here could have the server ask its own network (SSRF). */
function pictureBytes(url: string): Uint8Array<ArrayBuffer> {
  const data = /^data:image\/[a-z+.-]+;base64,([A-Za-z0-9+/\s]+={0,2})\s*$/iu.exec(url)?.[1];
  if (data !== undefined) return Uint8Array.from(Buffer.from(data, "base64"));
  const why = /^https?:/iu.test(url) ? "addresses are not fetched" : "this is no picture";
  throw new ApiError(400, "invalid_image_url", `${why}: send data:image/jpeg;base64,…`, "messages");
}

/** A message without media. */
export function plainMessage(message: Exclude<WireMessage, { role: "user" }>): ChatMessage {
  switch (message.role) {
    case "system":
    case "developer":
      return { role: "system", content: plainText(message.content) };
    case "tool":
      return { role: "tool", toolCallId: message.tool_call_id, content: plainText(message.content) };
    case "assistant": {
      const calls = message.tool_calls ?? [];
      return {
        role: "assistant",
        content: plainText(message.content ?? ""),
        ...(calls.length > 0 && {
          toolCalls: calls.map(({ id, function: { name, arguments: given } }) => ({
            id,
            name,
            arguments: given,
          })),
        }),
      };
    }
  }
}

function plainText(content: string | readonly z.infer<typeof textPart | typeof refusalPart>[]): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : part.refusal)).join("\n");
}

/** What the language model may call. */
export function toolsOf({ tools, tool_choice: choice }: ChatRequest): {
  readonly tools?: readonly ToolSpec[];
  readonly toolChoice?: ToolChoice;
} {
  if (!tools || tools.length === 0) return {};
  const specs = tools.map(({ function: { name, description, parameters } }) => ({
    name,
    description: description ?? "",
    parameters: parameters ?? { type: "object", properties: {} },
  }));
  if (typeof choice !== "object" || choice === null)
    return { tools: specs, ...(choice && { toolChoice: choice }) };
  const { name } = choice.function;
  if (!specs.some((spec) => spec.name === name))
    throw new ApiError(400, "invalid_value", `tool_choice: there is no tool ${name}`, "tool_choice");
  return { tools: specs, toolChoice: { name } };
}
