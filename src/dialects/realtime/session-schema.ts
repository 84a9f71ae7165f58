import { z } from "zod";

/** How a session is set up, as clients of the GA interface say it. What is unknown is ignored. */

/** Whatever is kept is told again with each update, so that all of it has an end; as JSON, in UTF-16 units. */
const TOOLS_AT_MOST = 256_000;
const UNUSED_AT_MOST = 32_000;
const NAME_AT_MOST = 512;

const name = z.string().max(NAME_AT_MOST);

/** What we have no use for. */
const unused = z
  .unknown()
  .refine(isAtMost(UNUSED_AT_MOST), { error: `more than ${UNUSED_AT_MOST} characters` });

function isAtMost(most: number): (value: unknown) => boolean {
  return (value) => {
    try {
      return JSON.stringify(value ?? null).length <= most;
    } catch {
      return false; // nested deeper than can be written
    }
  };
}

/** Sound as it travels in base64: 16-bit little-endian PCM at 24 kHz, or G.711 at 8 kHz. */
export const soundFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal("audio/pcm"), rate: z.literal(24_000).default(24_000) }),
  z.object({ type: z.literal("audio/pcmu") }),
  z.object({ type: z.literal("audio/pcma") }),
]);
export type SoundFormat = z.infer<typeof soundFormat>;

/** Longer ones would have much recognised that nobody said, again with each hypothesis. */
const PADDING_AT_MOST_MS = 5000;

const answering = {
  /** Whether a turn that is over is answered without being asked to. */
  create_response: z.boolean().default(true),
  /** Whether somebody who speaks takes the floor; else they are answered once the response at hand is over. */
  interrupt_response: z.boolean().default(true),
};

const turnDetection = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("server_vad"),
    threshold: z.number().min(0).max(1).default(0.5),
    prefix_padding_ms: z.number().min(0).max(PADDING_AT_MOST_MS).default(300),
    /** Not said, the words decide how long a pause may be. */
    silence_duration_ms: z.number().min(0).optional(),
    /** Silence behind a response after which there is another one. */
    idle_timeout_ms: z.number().min(5000).max(30_000).nullable().default(null),
    ...answering,
  }),
  z.object({
    type: z.literal("semantic_vad"),
    eagerness: z.enum(["low", "medium", "high", "auto"]).default("auto"),
    ...answering,
  }),
]);
export type TurnDetection = z.infer<typeof turnDetection>;

const functionTool = z.object({
  type: z.literal("function"),
  name: z.string().regex(/^[\w-]{1,64}$/u),
  description: z.string().max(4000).default(""),
  parameters: z.record(z.string(), z.unknown()).default({ type: "object", properties: {} }),
});
export type FunctionTool = z.infer<typeof functionTool>;

const tools = z
  .array(functionTool)
  .max(128)
  .refine(isAtMost(TOOLS_AT_MOST), { error: `more than ${TOOLS_AT_MOST} characters` });
const toolChoice = z.union([
  z.enum(["auto", "none", "required"]),
  z.object({ type: z.literal("function"), name }),
]);
const voice = z.union([name, z.object({ id: name }).transform(({ id }) => id)]);
const modalities = z.array(z.enum(["text", "audio"])).length(1, { error: "either text or audio" });
const outputTokens = z.union([z.int().min(1).max(4096), z.literal("inf")]);
const instructions = z.string().max(32_000);

const transcription = z.object({
  model: name.optional(),
  language: name.optional(),
  prompt: z.string().max(UNUSED_AT_MOST).optional(),
});

/** What `session.update` may carry: what is absent stays as it is. */
export const sessionUpdate = z.object({
  type: z.enum(["realtime", "transcription"]),
  model: name.optional(),
  instructions: instructions.optional(),
  output_modalities: modalities.optional(),
  audio: z
    .object({
      input: z
        .object({
          format: soundFormat.optional(),
          noise_reduction: z.object({ type: z.enum(["near_field", "far_field"]) }).nullish(),
          transcription: transcription.nullish(),
          turn_detection: turnDetection.nullish(),
        })
        .optional(),
      output: z
        .object({
          format: soundFormat.optional(),
          voice: voice.optional(),
          speed: z.number().min(0.25).max(1.5).optional(),
        })
        .optional(),
    })
    .optional(),
  tools: tools.optional(),
  tool_choice: toolChoice.optional(),
  max_output_tokens: outputTokens.optional(),
  truncation: unused.optional(),
  tracing: unused.optional(),
  include: z.array(name).max(64).nullish(),
  prompt: unused.optional(),
  temperature: z.number().min(0).max(2).optional(),
});
export type SessionUpdate = z.infer<typeof sessionUpdate>;

/** What `response.create` may say of the one answer that it asks for. */
export const responseParameters = z.object({
  conversation: z.string().nullish(),
  input: z.array(z.unknown()).optional(),
  instructions: instructions.optional(),
  output_modalities: modalities.optional(),
  tools: tools.optional(),
  tool_choice: toolChoice.optional(),
  max_output_tokens: outputTokens.optional(),
  metadata: z
    .record(z.string(), z.string())
    .refine(isAtMost(UNUSED_AT_MOST), { error: `more than ${UNUSED_AT_MOST} characters` })
    .nullish(),
  temperature: z.number().min(0).max(2).optional(),
  audio: z
    .object({ output: z.object({ format: soundFormat.optional(), voice: voice.optional() }).optional() })
    .optional(),
});
export type ResponseParameters = z.infer<typeof responseParameters>;
