import type { SessionEvent, SessionOptions, TurnTimings } from "../../streaming/index.ts";

/** What all conversations together are doing, the first of these that one of them does. */
export const HOME_STATES = ["speaking", "listening", "thinking", "idle"] as const;
export type HomeState = (typeof HOME_STATES)[number];

/** Times that are told of each answer, in milliseconds after the user's last word. */
export const TOLD_TIMES = ["transcriptMs", "endOfTurnMs", "firstTokenMs", "firstAudioMs"] as const;
export type ToldTimes = Readonly<Record<(typeof TOLD_TIMES)[number], number | null>>;

/** What was said in a turn. */
export interface Exchange {
  readonly question: string;
  readonly answer: string;
}

/** A finished answer; the question is empty where something was said unasked. */
export interface FinishedAnswer {
  readonly exchange: Exchange;
  readonly times: ToldTimes;
}

/** What one conversation is doing, by its events. */
export class ConversationView {
  #speaking = false;
  #listening = false;
  #thinking = false;
  #question = "";
  /** Whether a turn that is over is answered; where somebody has to ask for that first, nobody thinks until then. */
  #isAnswered = true;
  /** Whether answers are sound; where they are only written, writing is speaking. */
  #isSpoken = true;

  /** How the conversation goes from now on, as far as that is told. */
  configure({ answers, spoken }: Pick<SessionOptions, "answers" | "spoken">): void {
    if (answers !== undefined) this.#isAnswered = answers === "always";
    if (spoken !== undefined) this.#isSpoken = spoken;
  }

  get state(): HomeState {
    if (this.#speaking) return "speaking";
    if (this.#listening) return "listening";
    return this.#thinking ? "thinking" : "idle";
  }

  /** Takes note of an event; returns the answer that it finishes, if one. */
  note(event: SessionEvent): FinishedAnswer | undefined {
    if (event.type === "speech-start") this.#listening = true;
    if (event.type === "speech-end" || event.type === "turn-dropped") this.#listening = false;
    if (event.type === "speech-end") this.#thinking = this.#isAnswered;
    if (event.type === "turn-dropped") this.#thinking = false;
    // An answer starts when its turn is over, and is heard only when there are words and a voice for them.
    if (event.type === "answer-start") this.#thinking = true;
    if (event.type === (this.#isSpoken ? "answer-audio" : "answer-delta")) this.#speaking = true;
    if (event.type === "transcript-end") this.#question = event.text;
    if (event.type !== "answer-end") return undefined;
    this.#speaking = false;
    this.#thinking = false;
    const exchange = { question: this.#question, answer: event.text };
    this.#question = "";
    return { exchange, times: toldTimes(event.timings) };
  }
}

function toldTimes(timings: TurnTimings): ToldTimes {
  const told = TOLD_TIMES.map((name) => {
    const value = timings[name];
    return [name, value === undefined ? null : Math.round(value)];
  });
  return Object.fromEntries(told) as ToldTimes;
}
