import { z } from "zod";

import { AntiphonError } from "../../streaming/index.ts";

/** Version of the conversation protocol that this server speaks. docs/protocol.md explains every message. */
export const PROTOCOL_VERSION = 1;
export const CONVERSATION_PATH = "/v1/conversation";

const sampleRate = z.union([z.literal(8000), z.literal(16_000), z.literal(24_000), z.literal(48_000)]);

const audioFormat = z.discriminatedUnion("format", [
  z.object({ format: z.literal("pcm16"), sampleRate }),
  z.object({
    format: z.literal("opus"),
    sampleRate,
    frameMs: z.union([z.literal(20), z.literal(60)]),
  }),
]);

const turn = z.int().min(1).max(0xffff_ffff);
/** What a client claims; what cannot be is no reason to part, and the conversation goes by its own estimate. */
const milliseconds = z.number();

/** How the assistant of one conversation is: what is missing stays as it is, at first as the server was told. */
const conversationSettings = z.object({
  /** What the language model is told first; an empty one stands for the server's own. */
  systemPrompt: z.string().max(2000).optional(),
  /** Pace of the voice; 1 is its own. */
  speed: z.number().min(0.5).max(2).optional(),
  /** Whether answers are heard; where they are only read, none is spoken, paced, or cut to what was heard. */
  spoken: z.boolean().optional(),
});

const helloMessage = z.object({
  type: z.literal("hello"),
  version: z.literal(PROTOCOL_VERSION),
  input: audioFormat,
  output: audioFormat,
  /** The `session` of a connection that broke, to go on where it stopped. */
  resume: z.string().max(64).optional(),
  settings: conversationSettings.optional(),
  /** Whether the client wants to be told what its pictures show. */
  views: z.boolean().optional(),
});

const clientMessage = z.discriminatedUnion("type", [
  helloMessage,
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("playback"), turn, playedMs: milliseconds }),
  z.object({ type: z.literal("interrupt") }),
  conversationSettings.extend({ type: z.literal("settings") }),
  z.object({ type: z.literal("ping"), id: z.int().optional() }),
]);

const timings = z.object({
  transcriptMs: z.number().optional(),
  endOfTurnMs: z.number().optional(),
  firstTokenMs: z.number().optional(),
  firstClauseMs: z.number().optional(),
  firstAudioMs: z.number().optional(),
  promptTokens: z.number().optional(),
  cachedTokens: z.number().optional(),
  revisions: z.number(),
  discarded: z.number(),
  discardedMs: z.number(),
});

const serverMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("ready"),
    version: z.literal(PROTOCOL_VERSION),
    session: z.string(),
    resumed: z.boolean(),
    output: audioFormat,
    limits: z.object({
      maxPayloadBytes: z.number(),
      maxTextLength: z.number(),
      idleTimeoutMs: z.number(),
      leadMs: z.number(),
    }),
  }),
  z.object({ type: z.literal("speech-start"), turn, atMs: z.number() }),
  z.object({ type: z.literal("speech-end"), turn, atMs: z.number() }),
  z.object({ type: z.literal("transcript-delta"), turn, text: z.string(), stableLength: z.number() }),
  z.object({ type: z.literal("transcript-end"), turn, text: z.string() }),
  z.object({ type: z.literal("turn-dropped"), turn }),
  z.object({
    type: z.literal("decision"),
    turn,
    kind: z.enum(["query", "backchannel", "noise", "side-talk", "incomplete", "stop"]),
    probability: z.number(),
    reason: z.string(),
    atMs: z.number(),
  }),
  z.object({
    type: z.literal("floor"),
    turn,
    level: z.enum(["full", "ducked", "paused"]),
    atMs: z.number(),
  }),
  z.object({ type: z.literal("answer-start"), turn, seat: z.union([z.literal(0), z.literal(1)]) }),
  z.object({ type: z.literal("answer-delta"), turn, text: z.string() }),
  z.object({
    type: z.literal("tool-call"),
    turn,
    call: z.object({ id: z.string(), name: z.string(), arguments: z.string() }),
  }),
  z.object({
    type: z.literal("tool-result"),
    turn,
    callId: z.string(),
    outcome: z.enum(["done", "failed"]),
    text: z.string(),
  }),
  z.object({ type: z.literal("audio-end"), turn }),
  z.object({
    type: z.literal("answer-end"),
    turn,
    outcome: z.enum(["completed", "interrupted", "failed"]),
    text: z.string(),
    /** It has as many tokens as an answer may have, and perhaps no end. */
    isCutShort: z.boolean().optional(),
    /** It was begun before the turn was over. */
    isAhead: z.boolean().optional(),
    timings,
  }),
  z.object({
    type: z.literal("view"),
    pictureMs: z.number().optional(),
    labels: z.array(z.object({ name: z.string(), probability: z.number() })).readonly(),
    people: z.number(),
    isSure: z.boolean(),
    kind: z.string().optional(),
  }),
  z.object({ type: z.literal("pong"), id: z.int().optional() }),
  z.object({
    type: z.literal("error"),
    code: z.string(),
    message: z.string(),
    fatal: z.boolean(),
    turn: turn.optional(),
  }),
]);

const loading = z.object({
  /** `fetching` files, `loading` networks from them, `rehearsing`: asking one question before others may. */
  step: z.enum(["fetching", "loading", "rehearsing"]),
  /** The one that is on its way. */
  file: z.string().optional(),
  doneBytes: z.number(),
  totalBytes: z.number(),
});

/** What `GET /ready` answers. */
const readinessBody = z.object({
  status: z.enum(["ready", "loading", "impaired"]),
  models: z
    .object({
      pack: z.string(),
      languageModel: z.string(),
      /** The language model is on another server, which words and pictures go to. */
      elsewhere: z.boolean().default(false),
      voice: z.string(),
      /** What the server could be started with instead, the pack that runs among them. */
      packs: z.array(z.object({ name: z.string(), languageModel: z.string(), bytes: z.number() })).optional(),
    })
    .optional(),
  loading: loading.optional(),
  down: z.array(z.object({ worker: z.string(), engines: z.array(z.string()), state: z.string() })).optional(),
});

export type Loading = z.infer<typeof loading>;
export type ReadinessBody = z.infer<typeof readinessBody>;
export type AudioFormat = z.infer<typeof audioFormat>;
export type ConversationSettings = z.infer<typeof conversationSettings>;
export type HelloMessage = z.infer<typeof helloMessage>;
export type ClientMessage = z.infer<typeof clientMessage>;
export type ServerMessage = z.infer<typeof serverMessage>;
/** How an answer is to be heard that somebody may be talking into. */
export type FloorLevel = Extract<ServerMessage, { readonly type: "floor" }>["level"];

/** The `type` of every message either side may send, for documents and tests. */
export const MESSAGE_TYPES = {
  client: clientMessage.options.map((option) => option.shape.type.value),
  server: serverMessage.options.map((option) => option.shape.type.value),
} as const;

/**
 * Reads a text message of a client.
 * @throws AntiphonError `message-invalid`, `message-unknown`, or `protocol-version` for a hello of another version.
 */
export function parseClientMessage(json: string): ClientMessage {
  const message = parseJson(json);
  if (message.type === "hello" && message.version !== PROTOCOL_VERSION) {
    throw new AntiphonError(
      "protocol-version",
      `this server speaks version ${PROTOCOL_VERSION} of the protocol`,
    );
  }
  if (!MESSAGE_TYPES.client.some((type) => type === message.type)) {
    throw new AntiphonError("message-unknown", "the message's type is none that a client may send");
  }
  return check(clientMessage.safeParse(message));
}

/**
 * Reads a text message of a server.
 * @throws AntiphonError `message-invalid`.
 */
export function parseServerMessage(json: string): ServerMessage {
  return check(serverMessage.safeParse(parseJson(json)));
}

/**
 * The same for a client that outlives its server's version: undefined where the type is none that is known today.
 * @throws AntiphonError `message-invalid`.
 */
export function readServerMessage(json: string): ServerMessage | undefined {
  const message = parseJson(json);
  const isKnown = MESSAGE_TYPES.server.some((type) => type === message.type);
  return typeof message.type === "string" && !isKnown ? undefined : check(serverMessage.safeParse(message));
}

/**
 * Reads what a server answers to `GET /ready`.
 * @throws AntiphonError `message-invalid`.
 */
export function parseReadiness(json: string): ReadinessBody {
  return check(readinessBody.safeParse(parseJson(json)));
}

function parseJson(json: string): { readonly type?: unknown; readonly version?: unknown } {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new AntiphonError("message-invalid", "the message is not JSON", { cause });
  }
  throw new AntiphonError("message-invalid", "the message is not a JSON object");
}

function check<Message>(result: z.ZodSafeParseResult<Message>): Message {
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join(".") ?? "";
  const text = `${where === "" ? "the message" : where}: ${issue?.message ?? "is invalid"}`;
  throw new AntiphonError("message-invalid", text.slice(0, 200));
}
