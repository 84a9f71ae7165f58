import { Command, InvalidArgumentError } from "commander";

import {
  DEFAULT_TURN_LIMIT_MS,
  holdSpokenConversation,
  type SpokenConversation,
  type SpokenTurn,
  TALK_SAMPLE_RATE,
} from "../client/spoken-conversation.ts";
import { readAudioFile, requireWritable, writeAudioFile } from "../audio-files.ts";
import { createLogger } from "../logging.ts";
import { ALL_MODELS } from "../model-files.ts";
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

interface TalkOptions extends CommonOptions {
  readonly audio: string[];
  readonly out: string;
  readonly record?: string;
  readonly url?: string;
  readonly turnLimit: number;
}

/** Longer than any answer of a small machine takes to begin. */
const PATIENCE_MS = 15_000;

/** `antiphon talk`: asks recorded questions aloud, in real time and through a real socket, and records the answers. */
export function talkCommand(context: CommandContext): Command {
  const command = new Command("talk")
    .description("ask recorded questions in real time through the WebSocket and write what is answered")
    .requiredOption("--audio <file>", "a spoken question; several are asked in turn", collect)
    .requiredOption("--out <file>", "where to write what was heard back (wav)")
    .option("--record <file>", "where to write both sides: left the user, right the assistant (wav)")
    .option("--url <ws-url>", "talk to a server that runs already")
    .option(
      "--turn-limit <seconds>",
      "give up where an answer has not come to its end by then",
      parseSeconds,
      DEFAULT_TURN_LIMIT_MS / 1000,
    );
  return withCommonOptions(command).action(async (options: TalkOptions) => {
    for (const file of [options.out, options.record]) if (file !== undefined) await requireWritable(file);
    const questions: Float32Array[] = [];
    for (const file of options.audio) questions.push(await readAudioFile(file, TALK_SAMPLE_RATE));
    const conversation =
      options.url === undefined
        ? await talkToOwnServer(context, options, questions)
        : await talk(context, options, options.url, questions);
    const { turns, user, assistant } = conversation;
    await writeAudioFile(options.out, [assistant], TALK_SAMPLE_RATE);
    if (options.record !== undefined)
      await writeAudioFile(options.record, [user, assistant], TALK_SAMPLE_RATE);
    printResult(context, options, { turns }, turns.flatMap(describeTurn));
  });
}

/** A turn for people to read. */
export function describeTurn({ heard, answer, voiceToVoiceMs, stages }: SpokenTurn): string[] {
  const names = Object.entries(STAGE_NAMES) as [keyof typeof STAGE_NAMES, string][];
  const times = names.flatMap(([key, name]) => {
    const value = stages[key];
    return value === undefined ? [] : [`${name} ${Math.round(value)} ms`];
  });
  times.push(voiceToVoiceMs === null ? "no answer heard" : `voice to voice ${Math.round(voiceToVoiceMs)} ms`);
  return [`heard     ${heard}`, `answered  ${answer}`, `stages    ${times.join(" · ")}`];
}

const STAGE_NAMES = {
  transcriptMs: "transcript",
  endOfTurnMs: "end of turn",
  firstTokenMs: "first token",
  firstClauseMs: "first clause",
  firstAudioMs: "first audio",
} as const;

async function talkToOwnServer(
  context: CommandContext,
  options: TalkOptions,
  questions: readonly Float32Array[],
): Promise<SpokenConversation> {
  const config = configOf(options, { host: "127.0.0.1", port: 0 });
  return await withModels(context, config, ALL_MODELS, async (models) => {
    const { clock, note } = context;
    const logger = createLogger("warn", options.json === true ? undefined : note);
    const server = await VoiceServer.listen({ config, clock, logger });
    try {
      server.open(sessionsOver(models, context));
      return await talk(context, options, server.url, questions);
    } finally {
      await server.close();
    }
  });
}

async function talk(
  { clock, signal }: CommandContext,
  { turnLimit }: TalkOptions,
  url: string,
  questions: readonly Float32Array[],
): Promise<SpokenConversation> {
  return await holdSpokenConversation({
    url,
    questions,
    clock,
    signal,
    patienceMs: PATIENCE_MS,
    turnLimitMs: turnLimit * 1000,
  });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("a limit is a number of seconds above 0");
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
