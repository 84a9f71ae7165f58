import { z } from "zod";

import { BUILT_IN_TOOLS } from "./built-in.ts";

const server = {
  /** Stands before the names of its tools where others have the same ones. */
  name: z.string().regex(/^[\w-]{1,32}$/u, "is of letters, digits, - and _"),
  /** Whether tools that do not say that they only read need the user's yes. */
  confirm: z.boolean().default(true),
  /** Names of the only tools to offer; by default all. A small language model does better with few. */
  only: z.array(z.string().min(1)).min(1).optional(),
};

const mcpServerSchema = z.union([
  z.strictObject({
    ...server,
    /** Of its streamable HTTP endpoint, e.g. `http://homeassistant.local:8123/api/mcp`. */
    url: z.url({ protocol: /^https?$/ }),
    /** Bearer token. */
    token: z.string().min(1).optional(),
  }),
  z.strictObject({
    ...server,
    /** A program that talks over stdin and stdout. */
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    /** Besides the few variables that every program gets. */
    env: z.record(z.string(), z.string()).default({}),
  }),
]);

/** What the assistant can have done. */
export const toolsSchema = z.strictObject({
  /** None by default: small models also call them for questions that need none. */
  builtIn: z.array(z.enum(BUILT_IN_TOOLS)).default([]),
  /** A file for what the assistant is asked to remember, for all conversations; without it each remembers for itself. */
  notes: z.string().min(1).optional(),
  mcp: z.array(mcpServerSchema).default([]),
});

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type ToolSettings = DeepReadonly<z.infer<typeof toolsSchema>>;
export type McpServerSettings = DeepReadonly<z.infer<typeof mcpServerSchema>>;
