import { AntiphonError } from "../../streaming/index.ts";

/** The network's first class is no character; its last is a space, which the file does not list. */
export function parseAlphabet(text: string): readonly string[] {
  const characters = text.replace(/\r?\n$/u, "").split(/\r?\n/u);
  if (characters.length < 2) throw new AntiphonError("checkpoint-invalid", "the alphabet has no characters");
  return ["", ...characters, " "];
}

export interface DecodedText {
  readonly text: string;
  /** Mean of its characters'. */
  readonly probability: number;
}

/** The network was trained on Chinese, which has no spaces, and hardly dares to say one: this much is enough. */
const SPACE = 0.01;

/**
 * The best path through class probabilities [steps, characters] (Graves et al., "Connectionist Temporal Classification",
 * 2006): the best class of each step, repeats and blanks left out. A blank that may be a space is one.
 */
export function decodeCharacters(probabilities: Float32Array, alphabet: readonly string[]): DecodedText {
  const space = alphabet.length - 1;
  let text = "";
  let sum = 0;
  let count = 0;
  let previous = 0;
  for (let start = 0; start < probabilities.length; start += alphabet.length) {
    const step = probabilities.subarray(start, start + alphabet.length);
    const best = step.reduce((at, value, index) => (value > (step[at] ?? 0) ? index : at), 0);
    if (best === 0 && (step[space] ?? 0) > SPACE && !text.endsWith(" ")) text += " ";
    if (best !== previous && best !== 0 && best !== space) {
      text += alphabet[best] ?? "";
      sum += step[best] ?? 0;
      count += 1;
    }
    if (best === space && !text.endsWith(" ")) text += " ";
    previous = best;
  }
  return { text: text.trim(), probability: count === 0 ? 0 : sum / count };
}
