import { once } from "node:events";

import { Command, InvalidArgumentError } from "commander";

import { AntiphonError } from "../../streaming/index.ts";
import { readAudioFile } from "../audio-files.ts";
import { holdSpokenConversation, TALK_SAMPLE_RATE } from "../client/spoken-conversation.ts";
import type { Models } from "../compose.ts";
import type { Config } from "../config.ts";
import { createLogger } from "../logging.ts";
import { ALL_MODELS } from "../model-files.ts";
import { projectFile } from "../project.ts";
import { VoiceServer } from "../server/app.ts";
import {
  type CommandContext,
  type CommonOptions,
  configOf,
  printResult,
  sessionsOver,
  withCommonOptions,
  withModels,
} from "./context.ts";
import { describeTurn } from "./talk.ts";

interface ServeOptions extends CommonOptions {
  readonly host?: string;
  readonly port?: number;
  readonly warm?: boolean;
}

/** A question in another voice than the assistant's; see examples/README.md. */
const QUESTION_FILE = "examples/question.wav";
const WARM_PATIENCE_MS = 60_000;

/** `antiphon serve`: the server, until it is told to stop. */
export function serveCommand(context: CommandContext): Command {
  const command = new Command("serve")
    .description("fetch the models that are missing and serve conversations")
    .option("--host <address>", "network address to listen on")
    .option("--port <number>", "port to listen on; 0 takes any free one", parsePort)
    .option("--warm", "ask one recorded question through the whole pipeline before others may");
  return withCommonOptions(command).action(async (options: ServeOptions) => {
    const config = configOf(options, { host: options.host, port: options.port });
    await serve(context, config, options);
  });
}

async function serve(context: CommandContext, config: Config, options: ServeOptions): Promise<void> {
  const { clock, signal } = context;
  const startMs = clock.nowMs();
  const logger = createLogger(config.logLevel, options.json === true ? undefined : context.note);
  const server = await VoiceServer.listen({ config, clock, logger });
  try {
    await withModels(context, config, ALL_MODELS, async (models) => {
      context.note(`models of pack ${config.pack} loaded in ${seconds(clock.nowMs() - startMs)}`);
      if (options.warm === true) await rehearse(context, config, models, options);
      server.open(sessionsOver(models, context));
      printResult(context, options, { url: server.url, page: server.pageUrl }, [
        `ready     ${server.url}`,
        `page      ${server.pageUrl}`,
      ]);
      if (!signal.aborted) await once(signal, "abort");
      await server.close();
    });
  } finally {
    await server.close();
  }
}

/** Asks one recorded question over a socket of its own, so that nobody else comes before the first answer. */
async function rehearse(
  context: CommandContext,
  config: Config,
  models: Models,
  options: ServeOptions,
): Promise<void> {
  const own = { ...config, host: "127.0.0.1", port: 0 };
  const server = await VoiceServer.listen({
    config: own,
    clock: context.clock,
    logger: createLogger("silent"),
  });
  try {
    server.open(sessionsOver(models, context));
    await warm(context, server, options);
  } catch (error) {
    // Too slow for a rehearsal is no reason not to serve at all.
    if (!(error instanceof AntiphonError) || error.code !== "answer-timeout") throw error;
    context.note(`the rehearsal was given up: ${error.message}`);
  } finally {
    await server.close();
  }
}

async function warm(context: CommandContext, server: VoiceServer, options: ServeOptions): Promise<void> {
  const question = await readAudioFile(projectFile(QUESTION_FILE), TALK_SAMPLE_RATE);
  const { turns } = await holdSpokenConversation({
    url: server.url,
    questions: [question],
    clock: context.clock,
    signal: context.signal,
    patienceMs: WARM_PATIENCE_MS,
  });
  for (const turn of turns) printResult(context, options, { warm: turn }, describeTurn(turn));
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/u.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("a port is a number from 0 to 65535");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
