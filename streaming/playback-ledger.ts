import type { Clause } from "./clauses.ts";
import type { WordTiming } from "./contracts.ts";

/** A word of the answer, and when its sound ends on the answer's own clock. */
export interface SoundingWord {
  /** Characters of the answer's text up to its end. */
  readonly textEnd: number;
  readonly endMs: number;
}

/** Which words of an answer lie where in its sound, to know what was heard when it stopped. */
export class PlaybackLedger {
  readonly #words: SoundingWord[] = [];

  /** All that are known so far, in order. */
  get words(): readonly SoundingWord[] {
    return this.#words;
  }

  /**
   * Notes words of a clause whose sound starts `startMs` into the answer's. A clause of several sentences comes sentence
   * by sentence: words are looked for behind those already noted.
   */
  add(clause: Clause, startMs: number, words: readonly WordTiming[]): void {
    let cursor = Math.max(0, (this.#words.at(-1)?.textEnd ?? 0) - clause.start);
    for (const word of words) {
      const at = clause.text.indexOf(word.text, cursor);
      // A word that is not found as written (the synthesizer spelled it out) moves no text, only time.
      cursor = at < 0 ? cursor : at + word.text.length;
      this.#words.push({ textEnd: clause.start + cursor, endMs: startMs + word.endMs });
    }
  }
}

/** The beginning of `text` that had been played after `playedMs`: whole words, with the marks that follow them. */
export function heardText(text: string, words: readonly SoundingWord[], playedMs: number): string {
  const heard = words.filter((word) => word.endMs <= playedMs).at(-1);
  if (heard === undefined) return "";
  const marks = /^[^\s\p{L}\p{N}]*/u.exec(text.slice(heard.textEnd))?.[0] ?? "";
  return text.slice(0, heard.textEnd + marks.length).trim();
}
