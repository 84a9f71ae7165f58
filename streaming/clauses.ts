import {
  endsOpen,
  FENCE,
  lastToken,
  NUMBERED_ABBREVIATIONS,
  OPEN_ABBREVIATIONS,
  SOFT_WORDS,
  SPACE,
  SPEAKABLE,
  WIDE,
} from "./clause-words.ts";
import { hurriedEnd } from "./hurried-end.ts";

/**
 * Text as a language model writes it → clauses worth speaking. The first clause is the lever on latency, so it may end
 * at a comma, before a function word, or after a few words; later ones grow, because sound to play is already there.
 * Every decision waits until the text that it depends on has arrived, so the clauses do not depend on how the text
 * was cut into deltas; only `hurry` goes by what there is, and who pushes says whether text is slow.
 */

/** A stretch of the answer to be spoken in one go. */
export interface Clause {
  /** A slice of the answer, without the white space around it. */
  readonly text: string;
  /** Where `text` starts in the answer, in UTF-16 units. */
  readonly start: number;
}

/** When a clause may end before its sentence does, in words (a CJK character counts as half a word). */
export interface ClauseSize {
  /** From here on at a comma, colon, semicolon or dash. */
  readonly phraseWords: number;
  /** From here on before a function word. */
  readonly softWords: number;
  /** From here on at any word boundary. */
  readonly maximumWords: number;
}

/** Sizes of the first, second, … clause; the last one holds for all that follow. */
export const DEFAULT_CLAUSE_SIZES: readonly ClauseSize[] = [
  { phraseWords: 2, softWords: 2, maximumWords: 3 },
  { phraseWords: 3, softWords: 5, maximumWords: 9 },
  { phraseWords: 5, softWords: 10, maximumWords: 16 },
  { phraseWords: 10, softWords: 24, maximumWords: 40 },
];

const CLOSERS = new Set("\"'”’)]}*_`»」』）】》〉".split(""));
const TERMINATORS = new Set(".!?…".split(""));
const WIDE_TERMINATORS = new Set("。！？｡".split(""));
const PHRASE_MARKS = new Set(",;:".split(""));
const WIDE_PHRASE_MARKS = new Set("，、；：".split(""));
const DASHES = new Set("—");
const ALL_TERMINATORS = new Set([...TERMINATORS, ...WIDE_TERMINATORS]);

/** What the text says about a cut at some place: a strength and the end of the clause, or that more text is needed. */
type Verdict = { readonly strength: "sentence" | "phrase"; readonly end: number } | "wait" | undefined;

/** All clauses of a text that is there as a whole. */
export function clausesOf(text: string): Clause[] {
  const splitter = new ClauseSplitter();
  return [...splitter.push(text), ...splitter.flush()];
}

/** Cuts one answer into clauses: `push` what the model wrote, `flush` when it has ended. */
export class ClauseSplitter {
  readonly #sizes: readonly ClauseSize[];
  #text = "";
  /** Start of the clause in the making. */
  #start = 0;
  /** Everything before has been judged. */
  #scanned = 0;
  /** Words that began in `#start … #scanned`. */
  #words = 0;
  #spoken = 0;
  #isSlow = false;

  constructor(sizes: readonly ClauseSize[] = DEFAULT_CLAUSE_SIZES) {
    this.#sizes = sizes;
  }

  /** How much there is of the clause in the making. */
  get pendingLength(): number {
    return this.#text.length - this.#start;
  }

  /**
   * Clauses that `delta` completes.
   * @param options.isSlow - Whether text comes so slowly that the first clause has to have all words that are there, not those
   * of its first breath group only: it can be spoken at the same time, and there is more of it.
   */
  push(delta: string, { isSlow = false } = {}): Clause[] {
    this.#text += delta;
    this.#isSlow = isSlow;
    return this.#take(false);
  }

  /** What is left, once no more text will come. */
  flush(): Clause[] {
    const clauses = this.#take(true);
    const rest = this.#cut(this.#text.length);
    return rest === undefined ? clauses : [...clauses, rest];
  }

  /** As much of the clause in the making as can be spoken by itself, for somebody who would have to wait for the rest. */
  hurry(): Clause | undefined {
    const end = hurriedEnd(this.#text, this.#start);
    return end === undefined ? undefined : this.#cut(end);
  }

  #take(complete: boolean): Clause[] {
    const clauses: Clause[] = [];
    while (this.#scanned < this.#text.length) {
      const end = this.#judge(this.#scanned, complete);
      if (end === "wait") break;
      if (end === undefined) {
        this.#advance();
        continue;
      }
      const clause = this.#cut(end);
      if (clause !== undefined) clauses.push(clause);
    }
    return clauses;
  }

  #judge(index: number, complete: boolean): number | "wait" | undefined {
    const text = this.#text;
    const size = this.#sizes[Math.min(this.#spoken, this.#sizes.length - 1)];
    if (size === undefined) return undefined;
    const fenceEnd = judgeFence(text, index, complete);
    if (fenceEnd !== undefined) return fenceEnd;
    const words = this.#words;
    const mark = text.charAt(index);
    if (mark === "\n") return index + 1;
    if (mark === " " || mark === "\t") return this.#judgeGap(size, complete);
    if (WIDE.test(mark)) return judgeWide(text, index, words + 0.5, size, complete);
    const verdict = judgeMark(text, index, complete);
    if (verdict === undefined || verdict === "wait") return verdict;
    return verdict.strength === "sentence" || words >= size.phraseWords ? verdict.end : undefined;
  }

  /** Where the first clause could end one word before it is as long as it may be, slow text gives it that word, too. */
  #judgeGap(size: ClauseSize, complete: boolean): number | "wait" | undefined {
    const [text, index, words] = [this.#text, this.#scanned, this.#words];
    const end = judgeGap(text, index, words, size, complete);
    const isLastBut = this.#isSlow && this.#spoken === 0 && words + 1 === size.maximumWords;
    if (!isLastBut || typeof end !== "number") return end;
    // What follows that word tells whether the clause can end behind it: numbers are read as one with what is before them.
    const following = /^\s*\S+\s+([^\p{L}\p{N}]*\S?)/u.exec(text.slice(index))?.[1] ?? "";
    if (/\p{L}$/u.test(following)) return undefined;
    if (/\p{N}$/u.test(following)) return end;
    return complete ? undefined : "wait";
  }

  #advance(): void {
    const mark = this.#text.charAt(this.#scanned);
    if (WIDE.test(mark)) this.#words += 0.5;
    else if (!SPACE.test(mark) && SPEAKABLE.test(mark) && this.#startsWord()) this.#words += 1;
    this.#scanned += 1;
  }

  #startsWord(): boolean {
    for (let index = this.#scanned - 1; index >= this.#start; index -= 1) {
      const mark = this.#text.charAt(index);
      if (SPACE.test(mark) || mark === "—") return true;
      if (SPEAKABLE.test(mark)) return false;
    }
    return true;
  }

  #cut(end: number): Clause | undefined {
    const raw = this.#text.slice(this.#start, end);
    const text = raw.trim();
    const start = this.#start + (raw.length - raw.trimStart().length);
    this.#start = this.#scanned = end;
    this.#words = 0;
    if (text === "") return undefined;
    if (SPEAKABLE.test(text)) this.#spoken += 1;
    return { text, start };
  }
}

/** A code fence is one clause, however long: the end of its closing line. */
function judgeFence(text: string, index: number, complete: boolean): number | "wait" | undefined {
  if (text.charAt(index) !== "`" || text.slice(text.lastIndexOf("\n", index - 1) + 1, index).trim() !== "")
    return undefined;
  const head = text.slice(index, index + FENCE.length);
  if (head !== FENCE)
    return FENCE.startsWith(head) && !complete && index + head.length === text.length ? "wait" : undefined;
  const close = /\n[ \t]*```[^\n]*\n/g;
  close.lastIndex = index;
  if (close.test(text)) return close.lastIndex;
  return complete ? text.length : "wait";
}

/** White space inside a sentence: before a function word, or anywhere once the clause is long. */
function judgeGap(
  text: string,
  index: number,
  words: number,
  size: ClauseSize,
  complete: boolean,
): number | "wait" | undefined {
  if (words < Math.min(size.softWords, size.maximumWords)) return undefined;
  // Not after a number or a title: "1.2 million", "7:30 pm", "Dr. Smith" are read as one.
  const previous = lastToken(text, index);
  if (/\d$/.test(previous) || OPEN_ABBREVIATIONS.has(previous.replace(/\.$/, "").toLowerCase()))
    return undefined;
  const next = /^\s*(\S+)(\s?)/.exec(text.slice(index));
  const word = next?.[1] ?? "";
  // A word that begins with a letter is no number, however it goes on.
  if (words >= size.maximumWords && /^[^\p{L}\p{N}]*\p{L}/u.test(word)) return index + 1;
  if (next === null || (next[2] === "" && !complete)) return complete ? undefined : "wait";
  if (/^\P{L}*\d/u.test(word) || !SPEAKABLE.test(word)) return undefined;
  return words >= size.maximumWords || SOFT_WORDS.has(word.toLowerCase()) ? index + 1 : undefined;
}

/** Scripts without spaces: after any character once the clause is long, but never before a mark. */
function judgeWide(
  text: string,
  index: number,
  words: number,
  size: ClauseSize,
  complete: boolean,
): number | "wait" | undefined {
  if (words < size.maximumWords) return undefined;
  if (index + 1 >= text.length) return complete ? undefined : "wait";
  return WIDE.test(text.charAt(index + 1)) ? index + 1 : undefined;
}

/** Punctuation at `index`. */
function judgeMark(text: string, index: number, complete: boolean): Verdict {
  const mark = text.charAt(index);
  if (ALL_TERMINATORS.has(mark)) return judgeTerminator(text, index, complete);
  if (PHRASE_MARKS.has(mark) || WIDE_PHRASE_MARKS.has(mark)) {
    const end = skip(text, index + 1, CLOSERS);
    if (end >= text.length) return complete ? undefined : "wait";
    const cut = WIDE_PHRASE_MARKS.has(mark) || SPACE.test(text.charAt(end));
    return cut ? { strength: "phrase", end } : undefined;
  }
  if (mark === "—") {
    const end = skip(text, index + 1, DASHES);
    if (end >= text.length) return complete ? undefined : "wait";
    return { strength: "phrase", end };
  }
  if ((mark === "–" || mark === "-") && SPACE.test(text.charAt(index - 1))) {
    if (index + 1 >= text.length) return complete ? undefined : "wait";
    return SPACE.test(text.charAt(index + 1)) ? { strength: "phrase", end: index + 1 } : undefined;
  }
  return undefined;
}

function judgeTerminator(text: string, index: number, complete: boolean): Verdict {
  const runEnd = skip(text, index, ALL_TERMINATORS);
  const end = skip(text, runEnd, CLOSERS);
  if (end >= text.length) return complete ? { strength: "sentence", end } : "wait";
  const run = text.slice(index, runEnd);
  if (skip(text, index, TERMINATORS) < runEnd) return { strength: "sentence", end };
  if (!SPACE.test(text.charAt(end))) return undefined;
  if (/[!?]/.test(run)) return { strength: "sentence", end };
  return judgePeriod(text, index, run, end, complete);
}

/** A period (or an ellipsis) before white space: what stands around it tells whether the sentence ends. */
function judgePeriod(text: string, index: number, run: string, end: number, complete: boolean): Verdict {
  const word = lastToken(text, index).toLowerCase();
  const ellipsis = run !== ".";
  if (!ellipsis && endsOpen(text, index, word)) return undefined;
  const following = /^[ \t]*(\n|\S)/.exec(text.slice(end))?.[1];
  if (following === undefined && !complete) return "wait";
  if (following === undefined || following === "\n") return { strength: "sentence", end };
  if (/\p{Ll}/u.test(following)) return ellipsis ? { strength: "phrase", end } : undefined;
  if (!ellipsis && NUMBERED_ABBREVIATIONS.has(word) && /\d/.test(following)) return undefined;
  return { strength: "sentence", end };
}

function skip(text: string, index: number, marks: ReadonlySet<string>): number {
  let end = index;
  while (end < text.length && marks.has(text.charAt(end))) end += 1;
  return end;
}
