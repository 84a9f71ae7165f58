import { z } from "zod";

import { AntiphonError } from "../../../streaming/index.ts";

/** Longest texts of a board that mean anything; what is longer is a fault. */
const MAX_NAME = 200;

const hello = z.object({
  type: z.literal("hello"),
  version: z.int().optional(),
  transport: z.string().max(MAX_NAME).optional(),
  features: z.object({ mcp: z.boolean().optional() }).optional(),
  audio_params: z.object({ format: z.string().max(MAX_NAME).optional() }).optional(),
});

const listen = z.discriminatedUnion("state", [
  z.object({
    type: z.literal("listen"),
    state: z.literal("start"),
    /** Who ends the user's turn: what is heard, the button, or what is heard while the assistant speaks as well. */
    mode: z.enum(["auto", "manual", "realtime"]).default("auto"),
  }),
  z.object({ type: z.literal("listen"), state: z.literal("stop") }),
  z.object({ type: z.literal("listen"), state: z.literal("detect"), text: z.string().default("") }),
]);

const abort = z.object({ type: z.literal("abort"), reason: z.string().max(MAX_NAME).optional() });
const mcp = z.object({ type: z.literal("mcp"), payload: z.record(z.string(), z.unknown()) });

const SCHEMAS = { hello, listen, abort, mcp } as const;

export type DeviceHello = z.infer<typeof hello>;
export type DeviceListen = z.infer<typeof listen>;
export type ListenMode = Extract<DeviceListen, { state: "start" }>["mode"];
export type DeviceMessage = DeviceHello | DeviceListen | z.infer<typeof abort> | z.infer<typeof mcp>;

/** What a board is told; `session_id` is added on the way. Boards ignore types that they do not know. */
export type ServerMessage =
  | {
      readonly type: "hello";
      readonly transport: "websocket";
      readonly version: 1;
      readonly audio_params: Readonly<Record<string, string | number>>;
    }
  | { readonly type: "stt"; readonly text: string }
  | { readonly type: "llm"; readonly emotion: string; readonly text: string }
  | { readonly type: "tts"; readonly state: "start" | "stop" }
  | { readonly type: "tts"; readonly state: "sentence_start"; readonly text: string }
  | { readonly type: "mcp"; readonly payload: Readonly<Record<string, unknown>> }
  /** Stands on the board's screen. */
  | { readonly type: "alert"; readonly status: string; readonly message: string; readonly emotion: string }
  /** For whoever writes firmware: stands in the board's log as a type that it does not know. */
  | { readonly type: "error"; readonly code: string; readonly message: string };

/**
 * Reads a board's text message. Types that mean nothing here are undefined: firmware sends such, and always will.
 * @throws AntiphonError `message-invalid` for what is no JSON object, or a known type with wrong fields.
 */
export function parseDeviceMessage(json: string): DeviceMessage | undefined {
  const message = parseObject(json);
  const { type } = message;
  if (typeof type !== "string" || !Object.hasOwn(SCHEMAS, type)) return undefined;
  const result = SCHEMAS[type as keyof typeof SCHEMAS].safeParse(message);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const text = `${type}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is invalid"}`;
  throw new AntiphonError("message-invalid", text.slice(0, MAX_NAME));
}

function parseObject(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new AntiphonError("message-invalid", "the message is not JSON", { cause });
  }
  throw new AntiphonError("message-invalid", "the message is not a JSON object");
}
