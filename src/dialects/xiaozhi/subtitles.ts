import type { SoundingWord } from "../../../streaming/index.ts";

/** A sentence's end, with the marks that close it; white space shows that it is none of a number. */
const SENTENCE_END = /[.!?…]+["'”’)\]]*\s+|[。！？]["'”’）」』]*|\n+/gu;
/** The end of all that is written so far. */
const TEXT_END = /[.!?…。！？]["'”’」』）)\]]*$/u;
const LONGEST_SENTENCE = 300;

/**
 * The sentences of an answer, each when it is about to be heard: text is written long before it is spoken, and a board shows
 * one sentence at a time.
 */
export class Subtitles {
  #text = "";
  #words: SoundingWord[] = [];
  /** How much of the text has been shown. */
  #shown = 0;

  /** The next text of the answer, as it is written. */
  push(text: string): void {
    this.#text += text;
  }

  /** When the answer's next words sound. */
  time(words: readonly SoundingWord[]): void {
    this.#words.push(...words);
  }

  /** The sentences that begin within the first `sentMs` of the answer's sound. */
  due(sentMs: number): string[] {
    const sentences: string[] = [];
    while (this.#startMs <= sentMs) {
      const end = this.#endOfSentence();
      if (end === undefined) break;
      sentences.push(...this.#take(end));
    }
    return sentences;
  }

  /** The answer has been heard: what was not shown yet. Begins anew. */
  finish(): string[] {
    const sentences: string[] = [];
    for (let end = this.#endOfSentence(); end !== undefined; end = this.#endOfSentence())
      sentences.push(...this.#take(end));
    sentences.push(...this.#take(this.#text.length));
    this.forget();
    return sentences;
  }

  /** The answer is over without having been heard to its end. Begins anew. */
  forget(): void {
    this.#text = "";
    this.#words = [];
    this.#shown = 0;
  }

  /** When what has not been shown begins to sound; never, as long as nothing of it is known to sound. */
  get #startMs(): number {
    if (this.#shown === 0) return 0;
    const next = this.#words.findIndex(({ textEnd }) => textEnd > this.#shown);
    return next < 0 ? Infinity : (this.#words[next - 1]?.endMs ?? 0);
  }

  #endOfSentence(): number | undefined {
    SENTENCE_END.lastIndex = this.#shown;
    const match = SENTENCE_END.exec(this.#text);
    if (match !== null) return match.index + match[0].length;
    if (this.#isLastSounding) return this.#text.length;
    return this.#text.length - this.#shown > LONGEST_SENTENCE ? this.#shown + LONGEST_SENTENCE : undefined;
  }

  /** What ends the text ends a sentence if it is being spoken: nothing is spoken before it is known how it goes on. */
  get #isLastSounding(): boolean {
    const end = TEXT_END.exec(this.#text)?.index ?? Infinity;
    return end > this.#shown && (this.#words.at(-1)?.textEnd ?? 0) >= end;
  }

  #take(end: number): string[] {
    const sentence = this.#text.slice(this.#shown, end).trim();
    this.#shown = end;
    return sentence === "" ? [] : [sentence];
  }
}
