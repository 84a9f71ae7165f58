import { phonemize as espeak } from "phonemizer";

import { AntiphonError, type SpokenWord } from "../../streaming/index.ts";
import { alignPhonemes } from "./align-phonemes.ts";
import { splitMark } from "./front.ts";
import { LruCache } from "./lru-cache.ts";

/** A stretch of phonemes in IPA, or of punctuation and space between words. */
export interface PhonemeRun {
  readonly symbols: string;
  /** Index of the word that sounds like this; undefined for what lies between words. */
  readonly word: number | undefined;
}

/** Words to phonemes, in the order of `words`. */
export type Phonemize = (words: readonly Pick<SpokenWord, "spoken">[]) => Promise<readonly PhonemeRun[]>;

const CACHED_PHRASES = 2000;
const CACHED_WORDS = 10_000;
/** Nobody says such a word; what is longer was never one. */
const LONGEST_WORD = 60;
/** eSpeak marks words that it takes for another language. */
const LANGUAGE_SWITCH = /\([a-z-]+\)/g;
/** Most of what eSpeak runs together; asked for when it opens, which also warms it. */
const COMMON_WORDS =
  "the of and to a in is it you that was for on are with as I be at have this from or had by not but am do".split(
    " ",
  );
/** eSpeak makes several groups of "iPhone". */
const COMPOUND = /\p{Ll}\p{Lu}/u;

interface Token {
  readonly text: string;
  readonly word: number;
}

interface Phrase {
  readonly tokens: readonly Token[];
  /** What ends it: `, ; : . ! ?` or nothing. */
  readonly mark: string;
}

/**
 * English words → IPA by eSpeak NG (compiled to WebAssembly in the phonemizer package, whose only user this is). eSpeak
 * takes about 1 ms a word once warm and 200 ms at the first call, so phrases and words are cached, and `open` warms it.
 * Phrases go to it without their punctuation, which it would drop, so that Piper's networks get the marks they know.
 */
export class Phonemizer {
  readonly #voice: string;
  readonly #phrases = new LruCache<readonly string[]>(CACHED_PHRASES);
  readonly #words = new LruCache<readonly string[]>(CACHED_WORDS);

  private constructor(voice: string) {
    this.#voice = voice;
  }

  /** Loads and warms eSpeak; throws `checkpoint-unsupported` for a voice it does not have. */
  static async open(voice: string): Promise<Phonemizer> {
    const phonemizer = new Phonemizer(voice);
    try {
      for (const text of COMMON_WORDS) await phonemizer.#groups(text, phonemizer.#words);
    } catch (cause) {
      throw new AntiphonError("checkpoint-unsupported", `no phonemes for the language "${voice}"`, { cause });
    }
    return phonemizer;
  }

  /** Phonemes of an utterance as Piper's networks know them, each with the word that it belongs to. */
  async phonemize(words: readonly Pick<SpokenWord, "spoken">[]): Promise<readonly PhonemeRun[]> {
    const runs: PhonemeRun[] = [];
    for (const { tokens, mark } of phrasesOf(words)) {
      if (runs.length > 0) runs.push({ symbols: " ", word: undefined });
      for (const run of await this.#phonemizePhrase(tokens)) runs.push(run);
      if (mark !== "") runs.push({ symbols: mark, word: undefined });
    }
    return runs;
  }

  async #phonemizePhrase(tokens: readonly Token[]): Promise<PhonemeRun[]> {
    const groups = await this.#groups(tokens.map((token) => token.text).join(" "), this.#phrases);
    const oneToOne = groups.length === tokens.length && !tokens.some(({ text }) => COMPOUND.test(text));
    const aligned = oneToOne
      ? groups.map((phonemes) => ({ phonemes, endsGroup: true }))
      : alignPhonemes(groups, await this.#each(tokens));
    return aligned.flatMap(({ phonemes, endsGroup }, index): PhonemeRun[] => {
      const run = { symbols: phonemes, word: tokens[index]?.word };
      return endsGroup && index + 1 < aligned.length ? [run, { symbols: " ", word: undefined }] : [run];
    });
  }

  async #each(tokens: readonly Token[]): Promise<string[]> {
    const alone: string[] = [];
    for (const { text } of tokens) alone.push((await this.#groups(text, this.#words)).join(""));
    return alone;
  }

  async #groups(text: string, cache: LruCache<readonly string[]>): Promise<readonly string[]> {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    const lines = await espeak(text, this.#voice);
    // Piper's training text was decomposed: "ç" as "c" and a cedilla.
    const phonemes = lines.join(" ").replace(LANGUAGE_SWITCH, "").normalize("NFD");
    const groups = phonemes.split(/\s+/).filter((group) => group !== "");
    cache.set(text, groups);
    return groups;
  }
}

/** Cuts at punctuation; a spoken word of several tokens ("seven thirty p.m") is one word throughout. */
function phrasesOf(words: readonly Pick<SpokenWord, "spoken">[]): Phrase[] {
  const phrases: Phrase[] = [];
  let tokens: Token[] = [];
  for (const [word, { spoken }] of words.entries()) {
    for (const token of spoken.split(" ")) {
      const { text, mark } = splitMark(token);
      if (text !== "") tokens.push({ text: text.slice(0, LONGEST_WORD), word });
      if (mark === "" || tokens.length === 0) continue;
      phrases.push({ tokens, mark });
      tokens = [];
    }
  }
  return tokens.length === 0 ? phrases : [...phrases, { tokens, mark: "" }];
}
