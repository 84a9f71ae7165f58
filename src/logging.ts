import pino, { type Logger } from "pino";

export type { Logger } from "pino";

/**
 * Log lines as JSON on stderr, so that stdout carries results only. What people say is never logged; ids, codes,
 * counts and times are.
 */
export function createLogger(level: string): Logger {
  return pino(
    { level, base: {}, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
