import { voiceToVoiceMs } from "../src/client/voice-to-voice.ts";

/** A stretch of a recording in samples, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What a recording of both sides says about one question. */
export interface RecordedTurn {
  /** Of the question itself. */
  readonly question: Span;
  /** Last audible sample of the user to the first audible one of the assistant; undefined without an answer. */
  readonly voiceToVoiceMs: number | undefined;
  /** Whether the assistant was to be heard before the user had finished. */
  readonly cutIn: boolean;
}

/** Loud enough to be heard: -40 dB of full scale. */
const AUDIBLE = 0.01;

/**
 * Finds the questions in the user's channel, which is digital silence but for them.
 * @throws Error when one is not there.
 */
export function locateQuestions(user: Float32Array, questions: readonly Float32Array[]): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const question of questions) {
    const leading = question.findIndex((sample) => sample !== 0);
    const first = user.subarray(from).findIndex((sample) => sample !== 0);
    if (leading < 0 || first < 0) throw new Error("a question is missing in the recording");
    const start = from + first - leading;
    spans.push({ start, end: start + question.length });
    from = start + question.length;
  }
  return spans;
}

/** Reads the turns from a recording of both sides on one clock. */
export function readTurns(
  { user, assistant }: { readonly user: Float32Array; readonly assistant: Float32Array },
  questions: readonly Float32Array[],
  sampleRate: number,
): RecordedTurn[] {
  const spans = locateQuestions(user, questions);
  return spans.map((question, index) => {
    const end = spans[index + 1]?.start ?? user.length;
    const turn = {
      user: user.subarray(question.start, end),
      assistant: assistant.subarray(question.start, end),
    };
    const spoken = turn.user.findLastIndex((sample) => Math.abs(sample) > AUDIBLE);
    const cutIn = turn.assistant.subarray(0, spoken).some((sample) => Math.abs(sample) > AUDIBLE);
    const waitedMs = voiceToVoiceMs(turn.user, turn.assistant, sampleRate);
    return { question, voiceToVoiceMs: waitedMs, cutIn };
  });
}
