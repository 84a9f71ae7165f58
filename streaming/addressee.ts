import type { Clock } from "./clock.ts";
import type { ChatMessage, LanguageModel } from "./contracts.ts";
import { within } from "./time-limit.ts";

/** A decision waits no longer for the language model's word: somebody waits for an answer. */
const PATIENCE_MS = 400;

/** The model says Yes to nearly all; from these log odds on it says more than that (fitted on 40 utterances, tried on 40). */
const THRESHOLD_LOG_ODDS = 1.1;

/** Room that nothing is written into. */
const ANSWER_TOKENS = 1;

/** Keeps the odds finite. */
const LEAST_PROBABILITY = 1e-9;

/**
 * Asks the language model whether words are meant for an assistant: VITA's state tokens (arXiv 2408.05211) without its
 * training, by the probabilities with which an answer would begin. A model without `score` is not asked.
 */
export class Addressee {
  readonly #languageModel: LanguageModel;
  readonly #clock: Clock;
  /** Beside the conversation's two seats, so that these stay warm. */
  readonly #seat = `${crypto.randomUUID()}/addressee`;

  constructor(languageModel: LanguageModel, clock: Clock) {
    this.#languageModel = languageModel;
    this.#clock = clock;
  }

  /**
   * Probability that the words are meant for the assistant, 0.5 at the threshold; undefined where the model cannot say,
   * fails, is stopped by `signal`, or takes longer than 400 ms. Never rejects: it is a courtesy to whoever decides.
   */
  async probability(text: string, signal: AbortSignal): Promise<number | undefined> {
    const request = {
      seat: this.#seat,
      messages: askingOf(text),
      maxTokens: ANSWER_TOKENS,
      choices: CHOICES,
    };
    try {
      const scores = await within(
        PATIENCE_MS,
        this.#clock,
        signal,
        async (limited) => await this.#languageModel.score?.(request, { signal: limited }),
      );
      return scores && fromScores(scores);
    } catch {
      return undefined;
    }
  }

  /** Gives the seat's memory back. */
  async close(): Promise<void> {
    // A model that is gone has given its memory back already.
    await this.#languageModel.releaseSeat(this.#seat).catch(() => undefined);
  }
}

const CHOICES = ["Yes", "No"] as const;

/** Of five prompts the one that told best; the words come first. */
function askingOf(text: string): readonly ChatMessage[] {
  return [
    { role: "system", content: "You listen to a room." },
    {
      role: "user",
      content: `Somebody says: "${text}"\nIs this a question or a request to an AI assistant? Answer Yes or No.`,
    },
  ];
}

function fromScores([yes = 0, no = 0]: readonly number[]): number {
  const logOdds = Math.log(Math.max(yes, LEAST_PROBABILITY) / Math.max(no, LEAST_PROBABILITY));
  return 1 / (1 + Math.exp(THRESHOLD_LOG_ODDS - logOdds));
}
