import { Answer } from "./answer.ts";
import type { AnswerModels } from "./answer.ts";
import type { Clock } from "./clock.ts";
import type { AntiphonError } from "./errors.ts";
import type { FloorLevel } from "./floor.ts";
import { ConversationHistory } from "./history.ts";
import { SeatWarming } from "./seat-warming.ts";
import { Seats } from "./seats.ts";
import type { AnswerOutcome, SessionEvent, SessionOptions } from "./session-events.ts";
import type { WorkKey } from "./turn-state.ts";
import { TurnStopwatch } from "./turn-stopwatch.ts";

export interface AnsweringObserver {
  readonly emit: (event: SessionEvent) => void;
  readonly onError: (turn: number, error: AntiphonError) => void;
  /** An answer is over, after its `answer-end`; `text` is what was heard of it. */
  readonly onOver: (turn: number, text: string) => void;
}

/** An answer and the question it belongs to. */
interface CurrentAnswer extends WorkKey {
  readonly question: string;
  readonly answer: Answer;
  /** It broke off behind its gate. */
  failed: boolean;
  open: boolean;
  /** All of it, once it is written. */
  written: string | undefined;
}

/** The assistant's side of a conversation: at most one answer, the two seats, and what was said before. */
export class Answering {
  readonly stopwatch: TurnStopwatch;
  readonly #models: AnswerModels;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #observer: AnsweringObserver;
  readonly #history: ConversationHistory;
  readonly #seats = new Seats(crypto.randomUUID());
  readonly #warming: SeatWarming;
  #current: CurrentAnswer | undefined;

  constructor(
    models: AnswerModels,
    { options, clock }: { readonly options: SessionOptions; readonly clock: Clock },
    observer: AnsweringObserver,
  ) {
    this.#models = models;
    this.#options = options;
    this.#clock = clock;
    this.#observer = observer;
    this.stopwatch = new TurnStopwatch(clock);
    this.#history = new ConversationHistory(options.systemPrompt);
    this.#warming = new SeatWarming(models.languageModel, this.#seats, options.maxAnswerTokens);
    this.#warming.warm(this.#history.withQuestion(""));
  }

  /** The answer that is heard at the moment. */
  get audible(): Answer | undefined {
    return this.#current?.open === true ? this.#current.answer : undefined;
  }

  /** Gets the monitor's seat ready for a question whose beginning is certain. */
  expect(certain: string): void {
    const current = this.#current;
    if (current?.open === false) return;
    const { question, answer } = current ?? {};
    const history =
      question === undefined ? this.#history : this.#history.supposing(question, answer?.heardText ?? "");
    this.#warming.warmGrowing(certain, history.withQuestion(certain));
  }

  /** The question has come, or takes another course: what was done ahead of it gives way. */
  stopExpecting(): void {
    this.#warming.stop();
  }

  /** Begins an answer on the monitor's seat, behind its gate. */
  prepare({ turn, revision }: WorkKey, question: string): void {
    this.#current?.answer.stop();
    this.#warming.stop();
    this.stopwatch.expect(turn);
    const settings = { options: this.#options, clock: this.#clock };
    const { emit, onError } = this.#observer;
    const answer = new Answer(this.#models, settings, {
      onText: (text) => {
        emit({ type: "answer-delta", turn, text });
      },
      onAudio: (frame) => {
        emit({ type: "answer-audio", turn, frame });
      },
      onWritten: (text) => {
        current.written = text;
        this.#getReadyBehind(current);
      },
      onEnd: (outcome) => {
        if (outcome === "failed" && !current.open) current.failed = true;
        else this.finish(outcome);
      },
      onError: (error) => {
        onError(turn, error);
      },
    });
    const current: CurrentAnswer = {
      turn,
      revision,
      question,
      answer,
      failed: false,
      open: false,
      written: undefined,
    };
    this.#current = current;
    answer.begin({ seat: this.#seats.monitor, messages: this.#history.withQuestion(question) });
  }

  /** What was begun for this key is not wanted any more; an answer that is heard already is none of it. */
  drop({ turn, revision }: WorkKey): void {
    this.stopwatch.countRevision();
    const current = this.#current;
    if (current === undefined || current.open || current.turn !== turn || current.revision !== revision)
      return;
    current.answer.stop();
    this.#current = undefined;
  }

  /** Lets the answer be heard: from now on its seat is the generator's. */
  open(turn: number): void {
    const current = this.#current;
    if (current === undefined) return;
    current.open = true;
    this.#observer.emit({ type: "answer-start", turn, seat: this.#seats.swap() });
    if (current.failed) this.finish("failed");
    else {
      current.answer.openGate();
      this.#getReadyBehind(current);
    }
  }

  /** The monitor's seat has the whole time of an answer's sound to get ready for what may be asked next. */
  #getReadyBehind({ open, written, question }: CurrentAnswer): void {
    if (!open || written === undefined) return;
    this.#warming.warm(this.#history.supposing(question, written).withQuestion(""));
  }

  /** Returns how much a loudspeaker that was held until now has left to play, in ms. */
  setFloor(level: FloorLevel): number {
    const { audible } = this;
    const unplayedMs = audible?.isHeld === true ? audible.unplayedMs : 0;
    audible?.setFloor(level);
    return level === "paused" ? 0 : unplayedMs;
  }

  reportPlayback(turn: number, playedMs: number): void {
    if (this.#current?.turn === turn) this.#current.answer.reportPlayback(playedMs);
  }

  /** Ends the current answer, keeps what was heard, and gets the other seat ready for what comes next. */
  finish(outcome: AnswerOutcome): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    const { turn, question, answer } = current;
    const text = outcome === "completed" ? answer.text : answer.heardText;
    answer.stop();
    // Neither an apology nor what it was for is something to build on.
    if (outcome !== "failed") this.#history.add(question, text);
    const timings = this.stopwatch.timings(answer.milestones);
    this.#observer.emit({ type: "answer-end", turn, outcome, text, timings });
    this.#observer.onOver(turn, text);
    this.#warming.warm(this.#history.withQuestion(""));
  }

  async close(): Promise<void> {
    this.#warming.stop();
    this.#current?.answer.stop();
    const { languageModel } = this.#models;
    // A model that is gone has given its memory back already.
    const released = this.#seats.all.map(async (seat) => {
      await languageModel.releaseSeat(seat);
    });
    await Promise.allSettled(released);
  }
}
