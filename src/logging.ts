import pino, { type Logger } from "pino";

export type { Logger } from "pino";

/**
 * Log lines for programs, as JSON on stderr, so that stdout carries results only; or short ones for people, where
 * `note` says where to. What people say is never logged; ids, codes, counts and times are.
 */
export function createLogger(level: string, note?: (line: string) => void): Logger {
  const options = { level, base: {}, timestamp: pino.stdTimeFunctions.isoTime };
  if (note === undefined) return pino(options, pino.destination({ dest: 2, sync: true }));
  const write = (json: string): void => {
    note(readableLine(json));
  };
  return pino(options, { write });
}

/** `12:30:01 conversation opened (conversation 1a2b3c4d, open 1)`; what is more or less than information says so. */
function readableLine(json: string): string {
  const entry = JSON.parse(json) as { readonly level: number; readonly time: string; readonly msg?: string };
  const { level, time, msg = "", ...rest } = entry;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const urgency = level === pino.levels.values["info"] ? "" : `${pino.levels.labels[level] ?? level}: `;
  const details = Object.entries(rest).map(([key, value]) => `${key} ${print(value)}`);
  return `${clock} ${urgency}${msg}${details.length === 0 ? "" : ` (${details.join(", ")})`}`;
}

function print(value: unknown): string {
  // Quotes where a string could pass for something else.
  return typeof value === "string" && /^[\p{L}\p{N}\p{P} ]*$/u.test(value) ? value : JSON.stringify(value);
}
