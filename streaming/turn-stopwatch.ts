import type { Clock } from "./clock.ts";
import type { TurnTimings } from "./session-events.ts";

/** Times at which things happened, on the clock that was passed in. */
export interface AnswerMilestones {
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
  readonly firstTokenMs?: number;
  readonly firstClauseMs?: number;
  readonly firstAudioMs?: number;
}

/** Notes when a turn's milestones were reached, after the moment the user fell silent. */
export class TurnStopwatch {
  readonly #clock: Clock;
  #turn = 0;
  #startMs = 0;
  #revisions = 0;
  /** Answers that were thrown away since the last one was heard, whichever turns they were for, and their time. */
  #discarded = 0;
  #discardedMs = 0;
  #transcriptMs: number | undefined;
  #endOfTurnMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The user fell silent, for the first time in this turn or again. */
  start(turn: number, atMs: number): void {
    if (turn !== this.#turn) this.#revisions = 0;
    this.#turn = turn;
    this.#startMs = atMs;
    this.#transcriptMs = undefined;
    this.#endOfTurnMs = undefined;
  }

  /** Work for a turn begins; a typed one, which nobody fell silent after, starts now. */
  expect(turn: number): void {
    if (turn !== this.#turn) this.start(turn, this.#clock.nowMs());
  }

  /** What was done for this turn is void; an answer, where there was one, had been in the making for `answerMs`. */
  countRevision(answerMs: number | undefined): void {
    this.#revisions += 1;
    if (answerMs === undefined) return;
    this.#discarded += 1;
    this.#discardedMs += answerMs;
  }

  /** Reads the turn at hand, whose answer is heard from now on: what was thrown away before it is told of. */
  conclude(): ReturnType<TurnStopwatch["read"]> {
    const timings = this.read();
    this.#discarded = 0;
    this.#discardedMs = 0;
    return timings;
  }

  noteTranscript(): void {
    this.#transcriptMs = this.#clock.nowMs() - this.#startMs;
  }

  noteEndOfTurn(): void {
    this.#endOfTurnMs = this.#clock.nowMs() - this.#startMs;
  }

  /** Reads the turn at hand, for an answer that goes on when the next turn, which talks into it, is timed already. */
  read(): (milestones: AnswerMilestones) => TurnTimings {
    const startMs = this.#startMs;
    const stages = { transcriptMs: this.#transcriptMs, endOfTurnMs: this.#endOfTurnMs };
    const work = {
      revisions: this.#revisions,
      discarded: this.#discarded,
      discardedMs: this.#discardedMs,
    };
    const since = (ms: number | undefined): number | undefined =>
      ms === undefined ? undefined : ms - startMs;
    return ({ firstTokenMs, firstClauseMs, firstAudioMs, promptTokens, cachedTokens }) => {
      const entries = Object.entries({
        ...stages,
        firstTokenMs: since(firstTokenMs),
        firstClauseMs: since(firstClauseMs),
        firstAudioMs: since(firstAudioMs),
        promptTokens,
        cachedTokens,
      }).filter(([, value]) => value !== undefined);
      return { ...(Object.fromEntries(entries) as Omit<TurnTimings, keyof typeof work>), ...work };
    };
  }
}
