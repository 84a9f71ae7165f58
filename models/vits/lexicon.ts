import { AntiphonError } from "../../streaming/index.ts";

/** Symbols of a word and their tones, of equal length. */
export interface Pronunciation {
  readonly symbols: readonly number[];
  readonly tones: readonly number[];
}

const NOTHING: Pronunciation = { symbols: [], tones: [] };
/** Longest word in characters that is looked for in scripts without spaces. */
const LONGEST_MATCH = 10;
/** Marks that a voice lacks are spoken as ones that every voice has. */
const SUBSTITUTES: ReadonlyMap<string, string> = new Map([
  [";", ","],
  [":", ","],
]);

/**
 * Words to symbols by a list, as sherpa-onnx exports MeloTTS: `lexicon.txt` has a word, its phones and as many tones
 * on each line; `tokens.txt` a symbol and its id. Words that are not in it are spelled.
 */
export class Lexicon {
  readonly #words: ReadonlyMap<string, Pronunciation>;
  readonly #symbols: ReadonlyMap<string, number>;

  private constructor(words: ReadonlyMap<string, Pronunciation>, symbols: ReadonlyMap<string, number>) {
    this.#words = words;
    this.#symbols = symbols;
  }

  /** Reads both files; throws `checkpoint-invalid` and names the line that is wrong. */
  static parse(lexicon: string, tokens: string): Lexicon {
    const symbols = new Map<string, number>();
    for (const [index, line] of linesOf(tokens)) {
      const [, symbol, id] = /^(.*?)\s*(\d+)$/u.exec(line) ?? [];
      if (symbol === undefined || id === undefined) throw invalid("tokens", index);
      symbols.set(symbol === "" ? " " : symbol, Number(id));
    }
    const words = new Map<string, Pronunciation>();
    for (const [index, line] of linesOf(lexicon)) {
      const [word = "", ...fields] = line.trim().split(/\s+/);
      const phones = fields.slice(0, fields.length / 2).map((phone) => symbols.get(phone));
      const tones = fields.slice(fields.length / 2).map(Number);
      const known = phones.filter((phone) => phone !== undefined);
      if (fields.length % 2 !== 0 || !tones.every(Number.isInteger)) throw invalid("lexicon", index);
      // The first of several pronunciations is the usual one.
      if (known.length === phones.length && !words.has(word.toLowerCase())) {
        words.set(word.toLowerCase(), { symbols: known, tones });
      }
    }
    return new Lexicon(words, symbols);
  }

  /** A word as it is in the list, or the longest parts of it that are, down to its letters. */
  pronounce(word: string): Pronunciation {
    const letters = Array.from(word.toLowerCase());
    const whole = this.#words.get(letters.join(""));
    if (whole !== undefined) return whole;
    const parts: Pronunciation[] = [];
    let index = 0;
    while (index < letters.length) {
      const length = this.#longestMatch(letters, index);
      parts.push(this.#words.get(letters.slice(index, index + length).join("")) ?? NOTHING);
      index += length;
    }
    return { symbols: parts.flatMap((part) => part.symbols), tones: parts.flatMap((part) => part.tones) };
  }

  /** A punctuation mark; toneless. */
  mark(mark: string): Pronunciation {
    const symbol = this.#symbols.get(mark) ?? this.#symbols.get(SUBSTITUTES.get(mark) ?? "");
    return symbol === undefined ? NOTHING : { symbols: [symbol], tones: [0] };
  }

  /** Latin words are spelled letter by letter: their parts are other words. */
  #longestMatch(letters: readonly string[], index: number): number {
    if (/\p{Script=Latin}/u.test(letters[index] ?? "")) return 1;
    for (let length = Math.min(LONGEST_MATCH, letters.length - index); length > 1; length -= 1) {
      if (this.#words.has(letters.slice(index, index + length).join(""))) return length;
    }
    return 1;
  }
}

function linesOf(text: string): (readonly [number, string])[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => [index + 1, line] as const)
    .filter(([, line]) => line.trim() !== "");
}

function invalid(file: string, line: number): AntiphonError {
  return new AntiphonError(
    "checkpoint-invalid",
    `the voice's ${file}, line ${line}, is not what MeloTTS has`,
  );
}
