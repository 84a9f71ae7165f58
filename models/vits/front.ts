import type { SpokenWord } from "../../streaming/index.ts";
import type { NetworkTensor } from "../runtime/session.ts";

/** Turns an utterance into what a voice's network takes, and says where its words lie among the symbols. */
export interface VoiceFront {
  /** In Hz. */
  readonly sampleRate: number;
  /** Finds a letter that the voice can speak. */
  readonly script: RegExp;
  prepare(words: readonly SpokenWord[], speed: number): Promise<PreparedUtterance>;
}

export interface PreparedUtterance {
  readonly feeds: Readonly<Record<string, NetworkTensor>>;
  /** By word: first symbol and the one after its last; undefined for a word without sound. */
  readonly wordSpans: readonly (readonly [number, number] | undefined)[];
}

/** A spoken token ("seven", "p.m," …) without the mark that ends it, and the mark: one of `, ; : . ! ?` or "". */
export function splitMark(token: string): { readonly text: string; readonly mark: string } {
  const [, text = "", mark = ""] = /^(.*?)([,;:.!?]?)$/u.exec(token) ?? [];
  return { text, mark };
}
