import { type Command, Option } from "commander";

import { PACK_NAMES, type ProgressListener } from "../../models/packs/index.ts";
import type { Clock, SessionModels, SessionOptions, VoiceSession } from "../../streaming/index.ts";
import type { Models, openModels } from "../compose.ts";
import type { Terminal } from "../client/terminal.ts";
import { type Config, loadConfig } from "../config.ts";
import type { ModelName } from "../model-files.ts";
import type { deferSeeing, Seeing } from "../seeing.ts";
import type { SessionSource } from "../server/conversations.ts";

/** What the commands need from the world; tests bring another one. */
export interface CommandContext {
  /** Prints a line of results. */
  readonly print: (line: string) => void;
  /** Prints a line for people that is no result. */
  readonly note: (line: string) => void;
  readonly openModels: typeof openModels;
  readonly openSeeing: typeof deferSeeing;
  readonly openSession: (models: SessionModels, options: SessionOptions, clock: Clock) => VoiceSession;
  readonly onProgress: ProgressListener;
  /** Told how many bytes of the models are loaded. */
  readonly onLoad?: (doneBytes: number, totalBytes: number) => void;
  readonly clock: Clock;
  /** Longest prompt plus answer, for a command that needs more than a conversation. */
  readonly contextTokens?: number;
  /** Undefined where nobody sits in front of it. */
  readonly terminal?: Terminal | undefined;
  /** Aborted when the user wants the program to end. */
  readonly signal: AbortSignal;
}

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly pack?: string;
  readonly config?: string;
}

/** Adds {@link CommonOptions} to a command. */
export function withCommonOptions(command: Command): Command {
  return command
    .addOption(new Option("--pack <name>", "which models to use").choices(PACK_NAMES))
    .option("--config <file>", "settings as a JSON file")
    .option("--json", "print one JSON object per line");
}

/** The configuration that the command line asks for. */
export function configOf(
  { pack, config }: CommonOptions,
  overrides: Readonly<Record<string, unknown>> = {},
): Config {
  return loadConfig({ file: config, overrides: { pack, ...overrides } });
}

/** Prints a result: an object for programs, lines for people. */
export function printResult(
  context: CommandContext,
  { json }: CommonOptions,
  result: object,
  lines: readonly string[],
): void {
  if (json === true) context.print(JSON.stringify(result));
  else for (const line of lines) context.print(line);
}

/** Runs `work` with loaded models and gives their memory back, whatever happens. */
export async function withModels<Name extends ModelName, Result>(
  context: CommandContext,
  config: Config,
  names: readonly Name[],
  work: (models: Models<Name>) => Promise<Result>,
): Promise<Result> {
  const models = await context.openModels(config, names, context);
  try {
    return await work(models);
  } finally {
    await models.close();
  }
}

/** Conversations over these models, for a server. */
export function sessionsOver(
  models: Models,
  sight: Seeing,
  { openSession, clock }: CommandContext,
): SessionSource {
  const all = { ...models, sight };
  return {
    openSession: (options) => openSession(all, options, clock),
    models: all,
    voiceSampleRate: models.synthesizer.sampleRate,
    workers: () => [...models.workers(), ...sight.workers()],
    ...(sight.tally !== undefined && { pictures: sight.tally }),
  };
}

/** Runs `work` with sight that is loaded when it is first needed, and gives its memory back. */
export async function withSight<Result>(
  context: CommandContext,
  config: Config,
  work: (sight: Seeing) => Promise<Result>,
): Promise<Result> {
  const sight = await context.openSeeing(config, context);
  try {
    return await work(sight);
  } finally {
    await sight.close();
  }
}
