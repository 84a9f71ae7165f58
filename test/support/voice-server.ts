import { type Config, loadConfig } from "../../src/config.ts";
import { systemClock } from "../../src/clock.ts";
import { createLogger } from "../../src/logging.ts";
import { VoiceServer } from "../../src/server/app.ts";
import type { SessionFactory } from "../../src/server/conversations.ts";

/** A server on a free port with quiet logs. */
export async function startServer(
  openSession: SessionFactory | undefined,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<VoiceServer> {
  const config = testConfig(overrides);
  const server = await VoiceServer.listen({
    config,
    clock: systemClock,
    logger: createLogger(config.logLevel),
  });
  if (openSession !== undefined) server.open({ openSession, voiceSampleRate: 22_050 });
  return server;
}

export function testConfig(overrides: Readonly<Record<string, unknown>> = {}): Config {
  return loadConfig({ overrides: { port: 0, logLevel: "silent", ...overrides }, environment: {} });
}
