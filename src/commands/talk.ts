import { Command, InvalidArgumentError } from "commander";

import {
  DEFAULT_TURN_LIMIT_MS,
  holdSpokenConversation,
  type SpokenConversation,
  type SpokenConversationOptions,
  type SpokenTurn,
  TALK_SAMPLE_RATE,
} from "../client/spoken-conversation.ts";
import { openScriptedCamera, type ScriptedCamera } from "../client/scripted-camera.ts";
import { readAudioFile, requireWritable, writeAudioFile } from "../audio-files.ts";
import { privately } from "../config.ts";
import { createLogger } from "../logging.ts";
import { ALL_MODELS } from "../model-files.ts";
import { VoiceServer } from "../server/app.ts";
import {
  type CommandContext,
  configOf,
  printResult,
  sessionsOver,
  withCommonOptions,
  withModels,
  withSight,
} from "./context.ts";
import { type LiveOptions, talkLive } from "./talk-live.ts";

interface TalkOptions extends LiveOptions {
  readonly mic?: boolean;
  readonly audio?: string[];
  readonly out?: string;
  readonly record?: string;
  readonly image?: string;
  readonly url?: string;
  readonly turnLimit: number;
}

/** What the user says, and shows. */
type Script = Pick<SpokenConversationOptions, "questions" | "camera">;

/** Longer than any answer of a small machine takes to begin. */
const PATIENCE_MS = 15_000;

/** `antiphon talk`: with this machine's microphone, or with recorded questions through a real socket. */
export function talkCommand(context: CommandContext): Command {
  const command = new Command("talk")
    .description(
      "talk with the microphone, or ask recorded questions in real time and write what is answered",
    )
    .option("--mic", "talk with this machine's microphone and loudspeaker")
    .option("--push-to-talk", "--mic: the microphone is closed until Space is pressed")
    .option("--microphone <device>", "--mic: a device by the name that arecord or sox knows")
    .option("--loudspeaker <device>", "--mic: a device by the name that aplay or sox knows")
    .option("--audio <file>", "a spoken question; several are asked in turn", collect)
    .option("--out <file>", "where to write what was heard back (wav)")
    .option("--record <file>", "where to write both sides: left the user, right the assistant (wav)")
    .option(
      "--image <path>",
      "what the camera shows: a picture, a folder of them (1500ms-mug.jpg), or a video",
    )
    .option("--url <ws-url>", "talk to a server that runs already")
    .option(
      "--turn-limit <seconds>",
      "give up where an answer has not come to its end by then",
      parseSeconds,
      DEFAULT_TURN_LIMIT_MS / 1000,
    );
  return withCommonOptions(command).action(async (options: TalkOptions) => {
    const { audio, out, url } = options;
    if (options.mic === true) {
      const live = async (at: string): Promise<void> => {
        await talkLive(context, options, at);
      };
      await (url === undefined ? withOwnServer(context, options, live) : live(url));
    } else if (audio === undefined || out === undefined)
      command.error("error: talk needs --mic, or --audio and --out");
    else await talkRecorded(context, options, audio, out);
  });
}

async function talkRecorded(
  context: CommandContext,
  options: TalkOptions,
  audio: readonly string[],
  out: string,
): Promise<void> {
  for (const file of [out, options.record]) if (file !== undefined) await requireWritable(file);
  const questions: Float32Array[] = [];
  for (const file of audio) questions.push(await readAudioFile(file, TALK_SAMPLE_RATE));
  const camera =
    options.image === undefined ? undefined : await openScriptedCamera(options.image, context.signal);
  const script = { questions, ...(camera !== undefined && { camera }) };
  const conversation =
    options.url === undefined
      ? await withOwnServer(context, options, (url) => talk(context, options, url, script), camera)
      : await talk(context, options, options.url, script);
  const { turns, user, assistant } = conversation;
  await writeAudioFile(out, [assistant], TALK_SAMPLE_RATE);
  if (options.record !== undefined) await writeAudioFile(options.record, [user, assistant], TALK_SAMPLE_RATE);
  printResult(context, options, { turns }, turns.flatMap(describeTurn));
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

/** Runs `work` with the address of a server that is there for it only. */
async function withOwnServer<Result>(
  context: CommandContext,
  options: TalkOptions,
  work: (url: string) => Promise<Result>,
  camera?: ScriptedCamera,
): Promise<Result> {
  const config = privately(configOf(options));
  return await withSight(context, config, (sight) =>
    withModels(context, config, ALL_MODELS, async (models) => {
      const { clock, note } = context;
      const logger = createLogger("warn", options.json === true ? undefined : note);
      const server = await VoiceServer.listen({ config, clock, logger });
      try {
        // A camera that is there from the start is seen from the first question on.
        if (camera !== undefined) await sight.ready();
        server.open(sessionsOver(models, sight, context));
        return await work(server.url);
      } finally {
        await server.close();
      }
    }),
  );
}

async function talk(
  { clock, signal }: CommandContext,
  { turnLimit }: TalkOptions,
  url: string,
  script: Script,
): Promise<SpokenConversation> {
  return await holdSpokenConversation({
    url,
    ...script,
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
