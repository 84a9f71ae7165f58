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
  #isAhead = false;
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
    // Where the turn is over already, its answer is concluded in the same breath.
    this.#isAhead = false;
    queueMicrotask(() => {
      this.#isAhead = true;
    });
  }

  /** What was done for this turn is void; an answer, where there was one, had been in the making for `answerMs`. */
  countRevision(answerMs: number | undefined): void {
    this.#revisions += 1;
    if (answerMs === undefined) return;
    this.#discarded += 1;
    this.#discardedMs += answerMs;
  }

  noteTranscript(): void {
    this.#transcriptMs = this.#clock.nowMs() - this.#startMs;
  }

  noteEndOfTurn(): void {
    this.#endOfTurnMs = this.#clock.nowMs() - this.#startMs;
  }

  /**
   * Reads the turn at hand, whose answer is heard from now on, and may be so when the next turn, which talks into it, is timed
   * already. What was thrown away before it is told of, and whether it was begun before the turn was over.
   */
  conclude(): (milestones: AnswerMilestones) => TurnTimings & { readonly isAhead: boolean } {
    const startMs = this.#startMs;
    const stages = { transcriptMs: this.#transcriptMs, endOfTurnMs: this.#endOfTurnMs };
    const work = {
      revisions: this.#revisions,
      discarded: this.#discarded,
      discardedMs: this.#discardedMs,
      isAhead: this.#isAhead,
    };
    this.#discarded = 0;
    this.#discardedMs = 0;
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
