import type { AnswerMilestones } from "./answer.ts";
import type { Clock } from "./clock.ts";
import type { TurnTimings } from "./session-events.ts";

/** Notes when a turn's milestones were reached, after the moment the user fell silent. */
export class TurnStopwatch {
  readonly #clock: Clock;
  #turn = 0;
  #startMs = 0;
  #revisions = 0;
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

  countRevision(): void {
    this.#revisions += 1;
  }

  noteTranscript(): void {
    this.#transcriptMs = this.#clock.nowMs() - this.#startMs;
  }

  noteEndOfTurn(): void {
    this.#endOfTurnMs = this.#clock.nowMs() - this.#startMs;
  }

  timings(milestones: AnswerMilestones): TurnTimings {
    const { promptTokens, cachedTokens } = milestones;
    const since = (ms: number | undefined): number | undefined =>
      ms === undefined ? undefined : ms - this.#startMs;
    const entries = Object.entries({
      transcriptMs: this.#transcriptMs,
      endOfTurnMs: this.#endOfTurnMs,
      firstTokenMs: since(milestones.firstTokenMs),
      firstClauseMs: since(milestones.firstClauseMs),
      firstAudioMs: since(milestones.firstAudioMs),
      promptTokens,
      cachedTokens,
    }).filter(([, value]) => value !== undefined);
    return { ...(Object.fromEntries(entries) as Omit<TurnTimings, "revisions">), revisions: this.#revisions };
  }
}
