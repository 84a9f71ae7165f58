import type { Manner, Transcript } from "./contracts.ts";
import type { HeardWindow, Listening } from "./listening.ts";
import type { WorkKey } from "./turn-state.ts";
import { NOT_UNDERSTOOD, Understanding } from "./understanding.ts";
import type { TurnSound, UnderstandingModels } from "./understanding.ts";

export interface AttendingObserver {
  /** The words so far of a turn that goes on; the first `stableLength` characters will not change. */
  readonly onPartial: (turn: number, text: string, stableLength: number, manner?: Manner) => void;
  /** How probably the turn is finished. */
  readonly onScored: (key: WorkKey, probability: number) => void;
  readonly onError: (turn: number, error: unknown) => void;
}

/** Follows what the user says: the words of at most one turn at a time. */
export class Attending {
  readonly #models: UnderstandingModels;
  readonly #listening: Listening;
  readonly #observer: AttendingObserver;
  #understanding: Understanding | undefined;
  #turn = 0;

  constructor(models: UnderstandingModels, listening: Listening, observer: AttendingObserver) {
    this.#models = models;
    this.#listening = listening;
    this.#observer = observer;
  }

  /** Whether this turn is being followed. */
  follows(turn: number): boolean {
    return this.#understanding !== undefined && this.#turn === turn;
  }

  /** Follows a turn; where one is being followed already, that goes on as this one. */
  begin(turn: number, sound: TurnSound): void {
    this.#turn = turn;
    this.#understanding ??= new Understanding(this.#models, sound, {
      onPartial: (text, stableLength, manner) => {
        this.#observer.onPartial(this.#turn, text, stableLength, manner);
      },
    });
  }

  /** `isOverAnswer`: whether an answer is heard meanwhile. */
  hear({ endSample, quiet }: HeardWindow, isOverAnswer: boolean): void {
    this.#understanding?.hear({ endSample, quiet, isOverAnswer }, this.#since);
  }

  /** All the words so far; undefined where `isWanted` says meanwhile that they are not, or the turn is over. */
  async conclude(key: WorkKey, isWanted: () => boolean): Promise<Transcript | undefined> {
    const understanding = this.#understanding;
    if (understanding === undefined) return undefined;
    understanding.scoreEnd(this.#since).then(
      (probability) => {
        this.#observer.onScored(key, probability);
      },
      () => undefined, // without a score the silence alone decides
    );
    try {
      return await understanding.recognizeFinal(this.#since);
    } catch (error) {
      // A newer pause of the same turn takes the place of this one's recognition.
      if (understanding !== this.#understanding || !isWanted()) return undefined;
      this.#observer.onError(key.turn, error);
      return NOT_UNDERSTOOD;
    }
  }

  /** The turn is over: speech from now on is a new one. Where another one is followed, that goes on. */
  end(turn = this.#turn): void {
    if (this.#understanding !== undefined && turn !== this.#turn) return;
    this.stop();
    this.#listening.finishSegment();
  }

  stop(): void {
    this.#understanding?.stop();
    this.#understanding = undefined;
  }

  readonly #since = (startSample: number): Float32Array => this.#listening.since(startSample);
}
