import type { SessionOptions } from "../../../streaming/index.ts";
import type { Config } from "../../config.ts";
import type {
  FunctionTool,
  ResponseParameters,
  SessionUpdate,
  SoundFormat,
  TurnDetection,
} from "./session-schema.ts";
import { hearingOf, mannersOf } from "./turn-detection.ts";

/** What is in force, in the words of the GA interface; what we have no use for is kept and told again. */
export interface SessionConfig {
  readonly type: "realtime" | "transcription";
  readonly model: string;
  readonly instructions: string;
  readonly output_modalities: readonly ("text" | "audio")[];
  readonly audio: {
    readonly input: {
      readonly format: SoundFormat;
      readonly noise_reduction: unknown;
      readonly transcription: object | null;
      readonly turn_detection: TurnDetection | null;
    };
    readonly output: { readonly format: SoundFormat; readonly voice: string; readonly speed: number };
  };
  readonly tools: readonly FunctionTool[];
  readonly tool_choice: NonNullable<SessionUpdate["tool_choice"]>;
  readonly max_output_tokens: number | "inf";
  readonly truncation: unknown;
  readonly tracing: unknown;
  readonly include: readonly string[] | null;
  readonly prompt: unknown;
  readonly temperature?: number;
}

const PCM: SoundFormat = { type: "audio/pcm", rate: 24_000 };

/** A session as it begins. */
export function initialConfig({ conversation, pack }: Config, query: URLSearchParams): SessionConfig {
  const isTranscription = query.get("intent") === "transcription";
  return {
    type: isTranscription ? "transcription" : "realtime",
    model: query.get("model") ?? pack,
    instructions: conversation.systemPrompt,
    output_modalities: ["audio"],
    audio: {
      input: {
        format: PCM,
        noise_reduction: null,
        transcription: isTranscription ? {} : null,
        turn_detection: {
          type: "server_vad",
          threshold: 0.5,
          prefix_padding_ms: 300,
          idle_timeout_ms: null,
          create_response: true,
          interrupt_response: true,
        },
      },
      output: { format: PCM, voice: "antiphon", speed: conversation.speed },
    },
    tools: [],
    tool_choice: "auto",
    max_output_tokens: "inf",
    truncation: "auto",
    tracing: null,
    include: null,
    prompt: null,
  };
}

/** The same with what an update changes. */
export function updated(config: SessionConfig, update: SessionUpdate): SessionConfig {
  const { audio, ...rest } = update;
  return {
    ...config,
    ...defined(rest),
    audio: {
      input: { ...config.audio.input, ...defined(audio?.input ?? {}) },
      output: { ...config.audio.output, ...defined(audio?.output ?? {}) },
    },
  };
}

/** A session as its client is told of it. */
export function described(
  { tools, ...config }: SessionConfig,
  id: string,
): Readonly<Record<string, unknown>> {
  return { id, object: "realtime.session", expires_at: 0, ...config, tools };
}

/** What of a session one response wants otherwise; its sound travels as that of all others. */
export function changesOf(parameters: ResponseParameters): Omit<SessionUpdate, "type"> {
  const { instructions, output_modalities, tools, tool_choice, max_output_tokens, temperature } = parameters;
  return defined({ instructions, output_modalities, tools, tool_choice, max_output_tokens, temperature });
}

/** Without what is not said; what is said to be nothing stays. */
function defined<T extends object>(fields: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}

/** Whether a turn that the user has finished is answered without being asked to. */
export function answersByItself({ type, audio }: SessionConfig): boolean {
  return type === "realtime" && audio.input.turn_detection?.create_response === true;
}

/**
 * Nothing in this protocol lowers or holds an answer, and what a client has been sent it plays until it is told that the user means it: an
 * answer that somebody may be talking into is sent no further ahead than a frame for as long as it may be about to be held.
 */
const LEAD = { leadMs: 180, duckedLeadMs: 20 };
/** The slowest that the voice can speak. */
const SLOWEST = 0.5;
/** An answer may be as long as the configuration lets it be, at most. */
const LONGEST_TOKENS = 512;

/** What of it the conversation is to know. `notes` are the system's messages, which stand behind the instructions. */
export function conversationSettings(
  config: SessionConfig,
  { conversation }: Pick<Config, "conversation">,
  notes: readonly string[] = [],
): Partial<SessionOptions> {
  const { audio, max_output_tokens: most, temperature } = config;
  return {
    systemPrompt: [config.instructions, ...notes].join("\n\n"),
    ...LEAD,
    leadMs: Math.min(LEAD.leadMs, conversation.leadMs),
    speed: Math.max(SLOWEST, audio.output.speed),
    maxAnswerTokens: most === "inf" ? conversation.maxAnswerTokens : Math.min(most, LONGEST_TOKENS),
    turns: audio.input.turn_detection === null ? "manual" : "automatic",
    manners: mannersOf(audio.input.turn_detection),
    hearing: hearingOf(audio.input.turn_detection),
    answers: answersByItself(config) ? "always" : "when-asked",
    spoken: config.output_modalities.includes("audio"),
    sampling: { ...conversation.sampling, ...(temperature !== undefined && { temperature }) },
  };
}
