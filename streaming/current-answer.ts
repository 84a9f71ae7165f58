import type { Answer } from "./answer.ts";
import type { Look } from "./look.ts";
import type { TurnStopwatch } from "./turn-stopwatch.ts";
import type { WorkKey } from "./turn-state.ts";

/** An answer and the question it belongs to. */
export interface CurrentAnswer extends WorkKey {
  readonly question: string;
  /** At what was in view when it was asked: nothing is written before it is over. */
  readonly look: Look;
  readonly answer: Answer;
  readonly begunMs: number;
  /** What the stopwatch said of its turn when its gate was opened; before, nothing. */
  timings?: ReturnType<TurnStopwatch["conclude"]>;
  /** It broke off behind its gate. */
  failed: boolean;
  /** All of it. */
  written: boolean;
}
