import type { BenchOptions, Findings } from "../bench.ts";
import { measureOpenAiHttp } from "./openai-http.ts";
import { measureRealtime } from "./realtime.ts";
import { measureWyoming } from "./wyoming.ts";
import { measureXiaozhi } from "./xiaozhi.ts";

/** By name, what measures a dialect. */
const DIALECTS = {
  "openai-http": measureOpenAiHttp,
  realtime: measureRealtime,
  wyoming: measureWyoming,
  xiaozhi: measureXiaozhi,
} as const;

export const BENCHED_DIALECTS = Object.keys(DIALECTS) as readonly (keyof typeof DIALECTS)[];

export interface DialectsOptions extends BenchOptions {
  /** Only these. */
  readonly dialect?: readonly (keyof typeof DIALECTS)[];
}

/** What other ways of talking add to a message, beside our own protocol. */
export async function measureDialects(options: DialectsOptions): Promise<Findings> {
  const names = options.dialect ?? BENCHED_DIALECTS;
  const figures: Awaited<ReturnType<typeof measureRealtime>>[number][] = [];
  for (const name of names) figures.push(...(await DIALECTS[name](options)));
  const notes = ["A message is timed from the socket to the conversation, or from there to the socket."];
  return { settings: { dialects: names.join(", ") }, figures, notes, details: undefined };
}
