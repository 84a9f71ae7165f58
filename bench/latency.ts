import { FRAME_MS } from "../audio/index.ts";
import { readAudioFile, writeAudioFile } from "../src/audio-files.ts";
import {
  holdSpokenConversation,
  type SpokenConversation,
  type SpokenTurn,
  TALK_SAMPLE_RATE,
} from "../src/client/spoken-conversation.ts";
import { systemClock } from "../src/clock.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { LIMITS } from "./limits.ts";
import { PacingClock } from "./pacing.ts";
import { PRODUCT, runProgram } from "./programs.ts";
import { QUESTIONS, type Question } from "./questions.ts";
import { type RecordedTurn, readTurns } from "./recording.ts";
import { type Figure, series, single } from "./report.ts";
import { holdsKeyWord, wordErrorRate, wordErrors } from "./scoring.ts";
import { type Memory, ServerProgram } from "./server-program.ts";
import { speakTexts, type SpokenText } from "./speech.ts";

/** How long an answer is waited for; a turn without one counts as this long. */
const PATIENCE_MS = 15_000;

/** A frame that leaves later than this makes its turn worthless: the person who asks would have stuttered. */
const WORST_SLIP_MS = 80;

const SERVER_STARTS = 3;

export interface LatencyOptions extends BenchOptions {
  /** How many of the questions are asked in each conversation. */
  readonly questions: number;
  /** Where to write the last conversation: left the user, right the assistant. */
  readonly record: string | undefined;
}

/** One question and everything that is known about its answer. */
interface AskedTurn extends Omit<SpokenTurn, "voiceToVoiceMs">, Omit<RecordedTurn, "question"> {
  readonly question: string;
  readonly voice: string;
  readonly right: boolean;
  readonly wordErrors: number;
  readonly slipMs: number;
}

interface Conversation {
  readonly turns: readonly AskedTurn[];
  readonly eventLoopP99Ms: number;
}

/**
 * A conversation of spoken questions with the product's server, over its WebSocket and in real time. The wait is taken
 * from the recording of both sides; the stages are the server's own.
 */
export async function measureLatency(options: LatencyOptions): Promise<Findings> {
  const { pack, runs, signal, note } = options;
  const asked = QUESTIONS.slice(0, options.questions);
  const spoken = await speakTexts(
    asked.map(({ text }) => text),
    signal,
  );
  note("checking that the recogniser understands the voices");
  const alone = await transcribeAlone(spoken, options);
  note(`starting the server ${SERVER_STARTS} times`);
  const { server, readyMs } = await startRepeatedly(options);
  try {
    await ask(server, spoken.slice(0, 1), systemClock, signal);
    const conversations: Conversation[] = [];
    for (let run = 0; run < runs; run += 1) {
      note(`asking ${spoken.length} questions aloud (${run + 1} of ${runs})`);
      conversations.push(await converse(server, asked, spoken, options));
    }
    const memory = await server.memory();
    const turns = conversations.flatMap((conversation) => conversation.turns);
    return {
      settings: { pack, runs, questions: spoken.length, clients: "one, in a process of its own" },
      figures: [
        ...turnFigures(turns, options),
        single("questions misheard from the file alone", `of ${spoken.length}`, misheard(alone)),
        series(
          "event loop of the main thread, p99",
          "ms",
          conversations.map(({ eventLoopP99Ms }) => eventLoopP99Ms),
          LIMITS.eventLoop[pack],
        ),
        // `npm start` goes on to rehearse one question, which takes as long as its answer.
        series("warm start to ready, without rehearsal", "ms", readyMs, LIMITS.warmStart[pack]),
        ...memoryFigures(memory, options),
      ],
      notes: turns.flatMap(remark),
      details: { alone, turns, readyMs, memory },
    };
  } finally {
    await server.stop();
  }
}

/** What the product's recogniser makes of each file outside of any conversation. */
async function transcribeAlone(
  spoken: readonly SpokenText[],
  { pack, signal }: LatencyOptions,
): Promise<{ readonly text: string; readonly heard: string; readonly voice: string }[]> {
  const files = spoken.map(({ file }) => file);
  const parameters = [PRODUCT, "transcribe", "--json", "--pack", pack, ...files];
  const printed = await runProgram(process.execPath, parameters, { signal });
  const lines = printed.trim().split("\n");
  return spoken.map(({ text, voice }, index) => {
    const { text: heard } = JSON.parse(lines[index] ?? "{}") as { text: string };
    return { text, heard, voice };
  });
}

function misheard(all: readonly { readonly text: string; readonly heard: string }[]): number {
  return all.filter(({ text, heard }) => wordErrors(text, heard).errors > 0).length;
}

/** Starts the server several times, for its own time; the last one goes on running. */
async function startRepeatedly({
  pack,
  signal,
}: LatencyOptions): Promise<{ readonly server: ServerProgram; readonly readyMs: readonly number[] }> {
  // The first start may have to fetch and compile, and reads the files into the system's cache.
  await (await ServerProgram.start(pack, signal)).stop();
  const readyMs: number[] = [];
  for (;;) {
    const server = await ServerProgram.start(pack, signal);
    readyMs.push(server.readyMs);
    if (readyMs.length === SERVER_STARTS) return { server, readyMs };
    await server.stop();
  }
}

async function converse(
  server: ServerProgram,
  asked: readonly Question[],
  spoken: readonly SpokenText[],
  { signal, record }: LatencyOptions,
): Promise<Conversation> {
  const clock = new PacingClock(systemClock, FRAME_MS);
  await server.eventLoopP99Ms(signal); // which begins a new count
  const { conversation, questions } = await ask(server, spoken, clock, signal);
  const eventLoopP99Ms = await server.eventLoopP99Ms(signal);
  const { user, assistant } = conversation;
  if (record !== undefined) await writeAudioFile(record, [user, assistant], TALK_SAMPLE_RATE);
  const recorded = readTurns(conversation, questions, TALK_SAMPLE_RATE);
  const toMs = (sample: number): number => (sample * 1000) / TALK_SAMPLE_RATE;
  const turns = recorded.flatMap(({ question, voiceToVoiceMs, cutIn }, index): AskedTurn[] => {
    const turn = conversation.turns[index];
    const source = asked[index];
    if (turn === undefined || source === undefined) return [];
    return [
      {
        question: source.text,
        voice: spoken[index]?.voice ?? "",
        heard: turn.heard,
        answer: turn.answer,
        stages: turn.stages,
        right: holdsKeyWord(turn.answer, source.keyWords),
        wordErrors: wordErrors(source.text, turn.heard).errors,
        voiceToVoiceMs,
        cutIn,
        slipMs: clock.worstSlipMs(toMs(question.start), toMs(question.end)),
      },
    ];
  });
  return { turns, eventLoopP99Ms };
}

async function ask(
  server: ServerProgram,
  spoken: readonly SpokenText[],
  clock: typeof systemClock,
  signal: AbortSignal,
): Promise<{ readonly conversation: SpokenConversation; readonly questions: readonly Float32Array[] }> {
  const questions: Float32Array[] = [];
  for (const { file } of spoken) questions.push(await readAudioFile(file, TALK_SAMPLE_RATE));
  const { url } = server;
  const conversation = await holdSpokenConversation({
    url,
    questions,
    clock,
    signal,
    patienceMs: PATIENCE_MS,
  });
  return { conversation, questions };
}

function turnFigures(turns: readonly AskedTurn[], { pack }: LatencyOptions): (Figure | undefined)[] {
  const eligible = turns.filter(isEligible);
  const stage = (key: keyof SpokenTurn["stages"]): number[] =>
    eligible.map(({ stages }) => stages[key]).filter((value) => value !== undefined);
  const of = `of ${turns.length}`;
  const count = (name: string, test: (turn: AskedTurn) => boolean): Figure =>
    single(name, of, turns.filter(test).length);
  const waits = eligible.map(({ voiceToVoiceMs }) => voiceToVoiceMs ?? PATIENCE_MS);
  const errors = turns.map(({ question, heard }) => wordErrors(question, heard));
  return [
    series("voice to voice, from the recording", "ms", waits, LIMITS.voiceToVoice[pack]),
    series(
      "  final transcript after the last word",
      "ms",
      stage("transcriptMs"),
      LIMITS.finalTranscript[pack],
    ),
    series("  end of turn", "ms", stage("endOfTurnMs")),
    series("  first token", "ms", stage("firstTokenMs")),
    series("  first clause", "ms", stage("firstClauseMs")),
    series("  first audio", "ms", stage("firstAudioMs")),
    series("tokens of the prompt", "tokens", stage("promptTokens")),
    series("  of them kept from before", "tokens", stage("cachedTokens")),
    count("answers right by key word", ({ right }) => right),
    count("questions without a spoken answer", ({ voiceToVoiceMs }) => voiceToVoiceMs === undefined),
    count("assistant spoke before the user had finished", ({ cutIn }) => cutIn),
    count("work begun too early and thrown away", ({ stages }) => (stages.revisions ?? 0) > 0),
    count("turns not counted: the bench stuttered", (turn) => !isEligible(turn)),
    count("questions misheard", (turn) => turn.wordErrors > 0),
    single("word error rate of the conversation", "share", wordErrorRate(errors)),
  ];
}

function isEligible({ slipMs }: AskedTurn): boolean {
  return slipMs <= WORST_SLIP_MS;
}

function memoryFigures(memory: Memory | undefined, { pack }: LatencyOptions): Figure[] {
  if (memory === undefined) return [];
  const { resident, peak, anonymous, fileMapped } = memory;
  return [
    single("server's memory after the conversation", "MB", resident, LIMITS.memory[pack]),
    single("  its own", "MB", anonymous),
    single("  mapped files", "MB", fileMapped),
    single("  the most it ever had", "MB", peak),
  ];
}

/** What a person should look at. */
function remark(turn: AskedTurn): string[] {
  const { question, voice, heard, answer, voiceToVoiceMs, slipMs } = turn;
  const problems = [
    ...(turn.right ? [] : ["wrong answer"]),
    ...(turn.wordErrors === 0 ? [] : ["misheard"]),
    ...(turn.cutIn ? ["cut in"] : []),
    ...(voiceToVoiceMs === undefined ? ["no spoken answer"] : []),
    ...(isEligible(turn) ? [] : [`not counted: sent ${Math.round(slipMs)} ms late`]),
  ];
  if (problems.length === 0) return [];
  return [`${problems.join(", ")}: "${question}" (${voice}), heard "${heard}", answered "${answer}"`];
}
