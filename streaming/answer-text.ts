import type { Clause } from "./clauses.ts";
import type { WordTiming } from "./contracts.ts";
import { heardText, PlaybackLedger, type SoundingWord } from "./playback-ledger.ts";

/** Said instead of an answer that could not be had, or of its rest, so that the user is not left in silence. */
const APOLOGY = "I'm sorry, I can't answer right now. Please try again.";

/** The words of one answer: as they are written, told to the client, and heard. */
export class AnswerText {
  readonly #ledger = new PlaybackLedger();
  #text = "";
  #told = 0;
  #toldWords = 0;
  /** Where the answer ends and the apology for it begins. */
  #apologyStart = Infinity;

  /** All that was written so far. */
  get written(): string {
    return this.#text.trim();
  }

  add(text: string): void {
    this.#text += text;
  }

  get isApology(): boolean {
    return this.#apologyStart < Infinity;
  }

  /** Ends it with an apology, which is a clause of its own. */
  apologize(): Clause {
    if (/\S$/u.test(this.#text)) this.add(" ");
    const start = this.#text.length;
    this.#apologyStart = start;
    this.add(APOLOGY);
    return { text: APOLOGY, start };
  }

  /** Notes when words of a clause sound that begins `startMs` into the answer. */
  time(clause: Clause, startMs: number, words: readonly WordTiming[]): void {
    this.#ledger.add(clause, startMs, words);
  }

  /** The text that the client has not been told of yet. It is told of now. */
  takeUntold(): string {
    const untold = this.#text.slice(this.#told);
    this.#told = this.#text.length;
    return untold;
  }

  /** The same, of words whose times are known. */
  takeUntoldWords(): readonly SoundingWord[] {
    const untold = this.#ledger.words.slice(this.#toldWords);
    this.#toldWords += untold.length;
    return untold;
  }

  /** What has been heard after `playedMs`; where nothing is spoken, that is what has been told. */
  heard(playedMs: number | undefined): string {
    return this.#heardUntil(Infinity, playedMs);
  }

  /** The same without the apology. */
  heardOfAnswer(playedMs: number | undefined): string {
    return this.#heardUntil(this.#apologyStart, playedMs);
  }

  #heardUntil(end: number, playedMs: number | undefined): string {
    if (playedMs === undefined) return this.#text.slice(0, Math.min(this.#told, end)).trim();
    const words = this.#ledger.words.filter(({ textEnd }) => textEnd <= end);
    return heardText(this.#text.slice(0, end), words, playedMs);
  }
}
