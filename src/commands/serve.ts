import { once } from "node:events";

import { Command, InvalidArgumentError } from "commander";

import { AntiphonError, type SessionModels } from "../../streaming/index.ts";
import { readAudioFile } from "../audio-files.ts";
import { holdSpokenConversation, TALK_SAMPLE_RATE } from "../client/spoken-conversation.ts";
import { type Config, privately } from "../config.ts";
import { createLogger, type Logger } from "../logging.ts";
import { LoadingProgress } from "../loading-progress.ts";
import { ALL_MODELS, describeModels, describePacks } from "../model-files.ts";
import { type MqttBridge, openMqttBridge } from "../mqtt/bridge.ts";
import { projectFile } from "../project.ts";
import { VoiceServer } from "../server/app.ts";
import type { SessionSource } from "../server/conversations.ts";
import type { ServerAbout } from "../server/readiness.ts";
import { ServerTools } from "../tools/server-tools.ts";
import {
  type CommandContext,
  type CommonOptions,
  configOf,
  printResult,
  sessionsOver,
  withCommonOptions,
  withModels,
  withSight,
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
  const progress = new LoadingProgress();
  const names = { ...describeModels(config), packs: describePacks() };
  const about = (): ServerAbout => ({ models: names, loading: progress.current });
  const server = await VoiceServer.listen({ config, clock, logger, about });
  const watched = watch(context, progress);
  try {
    await withSight(watched, config, (sight) =>
      withModels(watched, config, ALL_MODELS, async (models) => {
        context.note(`models of pack ${config.pack} loaded in ${seconds(clock.nowMs() - startMs)}`);
        const sessions = sessionsOver(models, sight, context);
        progress.rehearse();
        if (options.warm === true) await rehearse(context, config, sessions, options);
        let home: MqttBridge | undefined;
        let tools: ServerTools | undefined;
        try {
          home = openMqttBridge(config.mqtt, logger);
          tools = openTools(context, config, models, logger);
          const equipped = tools?.over(sessions) ?? sessions;
          server.open(home?.watch(equipped) ?? equipped);
          printResult(context, options, { url: server.url, page: server.pageUrl }, [
            `ready     ${server.url}`,
            `page      ${server.pageUrl}`,
          ]);
          if (!signal.aborted) await once(signal, "abort");
          await server.close();
        } finally {
          await tools?.close();
          await home?.close();
        }
      }),
    );
  } finally {
    await server.close();
  }
}

/** The tools of all conversations, where the language model can call any. */
function openTools(
  { clock, note }: CommandContext,
  { tools, pack }: Config,
  { languageModel }: Pick<SessionModels, "languageModel">,
  logger: Logger,
): ServerTools | undefined {
  if (languageModel.callsTools === true) return new ServerTools(tools, clock, logger);
  if (tools.mcp.length > 0)
    note(`the language model of pack ${pack} cannot call tools; pack embedded or a server at llm.url can`);
  return undefined;
}

/** The same context, whose progress the server can tell as well. */
function watch(context: CommandContext, progress: LoadingProgress): CommandContext {
  return {
    ...context,
    onProgress: (event) => {
      context.onProgress(event);
      progress.follow(event);
    },
    onLoad: (doneBytes, totalBytes) => {
      progress.load(doneBytes, totalBytes);
    },
  };
}

/** Asks one recorded question over a socket of its own, so that nobody else comes before the first answer. */
async function rehearse(
  context: CommandContext,
  config: Config,
  sessions: SessionSource,
  options: ServeOptions,
): Promise<void> {
  const server = await VoiceServer.listen({
    config: privately(config),
    clock: context.clock,
    logger: createLogger("silent"),
  });
  try {
    server.open(sessions);
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
