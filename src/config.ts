import { readFileSync } from "node:fs";
import { delimiter } from "node:path";

import { z } from "zod";

import { AntiphonError } from "../streaming/index.ts";
import { devicesSchema } from "./device-settings.ts";
import { mqttSchema, wyomingSchema } from "./home-settings.ts";
import { toolsSchema } from "./tools/settings.ts";

/** Of twenty tried on both packs the one that the small model follows best; the large one follows any. */
const SYSTEM_PROMPT =
  "You are Antiphon, a helpful AI assistant. Answer in one short sentence of plain English.";

/** Those of onnxruntime's Node package, on any system. */
const EXECUTION_PROVIDERS = ["cpu", "cuda", "tensorrt", "webgpu", "dml", "coreml"] as const;

const positive = z.number().positive();
const count = z.int().positive();
const milliseconds = z.number().positive().max(86_400_000);

const limitsSchema = z.strictObject({
  /** Largest WebSocket message; a larger one closes the connection before it is buffered. */
  maxPayloadBytes: count.default(262_144),
  /**
   * Twenty boards of a home and who talks besides: one that has not talked costs next to nothing. Where more than eight of them
   * talk in turns, caches give way (`llm.seatMemoryMb`), and whoever comes back is answered later by the time of their prompt.
   */
  maxSessions: count.default(24),
  /** Sockets of all kinds, with those that only hang on. */
  maxConnections: count.default(256),
  maxTextLength: count.default(4000),
  helloTimeoutMs: milliseconds.default(5000),
  /** Without any message of the client. */
  idleTimeoutMs: milliseconds.default(300_000),
  heartbeatMs: milliseconds.default(15_000),
  /** How long the conversation of a broken connection waits to be resumed. */
  resumeMs: milliseconds.default(30_000),
  messagesPerSecond: positive.default(150),
  bytesPerSecond: positive.default(262_144),
  /** Sound may come this much faster than it plays ... */
  audioRate: positive.default(1.5),
  /** ... and after a stall this much of it at once; the conversation has room for no more. */
  audioBurstMs: milliseconds.max(120_000).default(10_000),
  /** Pictures beyond these are dropped; bursts of 2 s are not. */
  picturesPerSecond: positive.default(4),
  pictureBytesPerSecond: positive.default(524_288),
  /** Sound is dropped for a client that lets more than this pile up. */
  maxBufferedBytes: count.default(524_288),
  /** HTTP requests that are worked on at once, whatever they ask for; more are told to come back. */
  maxRequests: count.default(8),
  /** Within which an HTTP request must have come in as a whole. */
  requestTimeoutMs: milliseconds.default(120_000),
  /** Largest recording that can be sent to be written down. */
  maxUploadBytes: count.max(2 ** 30).default(26_214_400),
});

const llmSchema = z
  .strictObject({
    /** An OpenAI-compatible server that thinks instead of the pack's language model. */
    url: z.url({ protocol: /^https?$/ }).optional(),
    model: z.string().min(1).optional(),
    apiKey: z.string().min(1).optional(),
    firstTokenTimeoutMs: milliseconds.default(10_000),
    tokenTimeoutMs: milliseconds.default(5000),
    /** What the caches of all conversations may take, in MiB; those in use are never taken away. */
    seatMemoryMb: count.max(65_536).default(512),
    /** Whether it is asked, where nothing else tells, if words are meant for it; by default where the pack's model knows. */
    stateScore: z.boolean().optional(),
    /** Strings that end an answer and are not said, of either language model; servers allow four. */
    stop: z.array(z.string().min(1).max(64)).max(4).default([]),
  })
  .refine(({ url, model }) => url === undefined || model !== undefined, {
    path: ["model"],
    error: "the server at llm.url needs to be told which model to use",
  })
  .refine(({ url, model }) => model === undefined || url !== undefined, {
    path: ["url"],
    error: "llm.model is a model of a server, whose address is missing",
  });

/** Every setting, with its bounds and its default. */
export const configSchema = z.strictObject({
  pack: z.string().min(1).default("embedded"),
  host: z.string().min(1).default("127.0.0.1"),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(8787),
  /** Web origins that may connect besides the server's own; programs that are no browser send none. */
  allowedOrigins: z.array(z.string()).default([]),
  /** Whoever connects must have one of these, where there are any. */
  apiKeys: z.array(z.string().min(1).max(512)).max(1000).default([]),
  logLevel: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  limits: limitsSchema.prefault({}),
  runtime: z
    .strictObject({
      /** One leaves the other core to the end-of-turn model, which works at the same time: both are done sooner. */
      hearingThreads: count.default(1),
      speakingThreads: count.default(2),
      /** Whether the language model waits busily between operators: some 10 % faster, at the price of both cores. */
      spinning: z.boolean().default(true),
      /** In order of preference; which of them work is a matter of the machine. */
      executionProviders: z.array(z.enum(EXECUTION_PROVIDERS)).min(1).default(["cpu"]),
    })
    .prefault({}),
  llm: llmSchema.prefault({}),
  devices: devicesSchema.prefault({}),
  wyoming: wyomingSchema.prefault({}),
  mqtt: mqttSchema.prefault({}),
  tools: toolsSchema.prefault({}),
  conversation: z
    .strictObject({
      systemPrompt: z.string().max(8000).default(SYSTEM_PROMPT),
      maxAnswerTokens: count.max(512).default(160),
      /** Pace of the voice; 1 is its own. */
      speed: z.number().min(0.5).max(2).default(1),
      /** How far sound may run ahead of real time. */
      leadMs: z.number().min(40).max(2000).default(250),
      sampling: z
        .strictObject({
          temperature: z.number().min(0).max(2).default(0),
          topP: z.number().gt(0).max(1).default(0.9),
          minP: z.number().min(0).max(1).default(0.05),
          repetitionPenalty: z.number().min(1).max(2).default(1.05),
          seed: z.int().min(0).default(0),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** All settings, checked and frozen. */
export type Config = DeepReadonly<z.infer<typeof configSchema>>;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly Item[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type Limits = Config["limits"];

/** The same for a server that only this program itself talks to: on any free port, without keys, and nobody is told of it. */
export function privately(config: Config): Config {
  const wyoming = { ...config.wyoming, port: undefined };
  const mqtt = { ...config.mqtt, url: undefined };
  return { ...config, host: "127.0.0.1", port: 0, apiKeys: [], wyoming, mqtt };
}

export interface ConfigSources {
  /** Settings from the command line; the strongest. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** A JSON file with settings; the weakest. */
  readonly file?: string | undefined;
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Joins the configuration file, ANTIPHON_* variables and the command line. A variable is named after its key:
 * `limits.maxSessions` is ANTIPHON_LIMITS_MAX_SESSIONS.
 * @throws AntiphonError `config-invalid`, naming the key.
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const environment = sources.environment ?? process.env;
  const merged = {};
  if (sources.file !== undefined) merge(merged, readConfigFile(sources.file));
  merge(merged, environmentSettings(configSchema, environment, [], "ANTIPHON"));
  merge(merged, sources.overrides ?? {});
  const result = configSchema.safeParse(merged);
  if (!result.success) {
    const issue = result.error.issues[0];
    const unknown = issue?.code === "unrecognized_keys" ? issue.keys : [];
    const key = [...(issue?.path ?? []), ...unknown].join(".");
    throw new AntiphonError("config-invalid", `${key}: ${issue?.message ?? "is invalid"}`);
  }
  return deepFreeze(result.data);
}

function readConfigFile(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return z.record(z.string(), z.unknown()).parse(value);
  } catch (cause) {
    throw new AntiphonError("config-invalid", `${file} is not a readable JSON object: ${String(cause)}`, {
      cause,
    });
  }
}

/** Folders in which the system looks for programs. */
export function programFolders(): readonly string[] {
  return (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
}

/** The settings that the environment holds, nested as the schema is. */
function environmentSettings(
  schema: z.core.$ZodType,
  environment: Readonly<Record<string, string | undefined>>,
  path: readonly string[],
  name: string,
): Record<string, unknown> {
  const settings = {};
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    const children: z.core.$ZodShape = inner.shape;
    for (const [key, child] of Object.entries(children)) {
      const childName = `${name}_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
      merge(settings, environmentSettings(child, environment, [...path, key], childName));
    }
    return settings;
  }
  const text = environment[name];
  if (text === undefined || text === "") return settings;
  const value = inner instanceof z.ZodString || inner instanceof z.ZodEnum ? text : parseValue(text);
  merge(
    settings,
    path.reduceRight<unknown>((nested, key) => ({ [key]: nested }), value) as Record<string, unknown>,
  );
  return settings;
}

/** A number, boolean or list from the environment; what cannot be read stays text and fails the schema by name. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const wrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}

function merge(target: Record<string, unknown>, source: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined) continue;
    const existing = Object.hasOwn(target, key) ? target[key] : undefined;
    if (isRecord(existing) && isRecord(value)) merge(existing, value);
    else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value))
    if (typeof child === "object" && child !== null) deepFreeze(child as object);
  return Object.freeze(value);
}
