/**
 * eSpeak writes phonemes in groups between spaces, and a group is not always a word: "of the people" gives
 * "ʌvðə pˈiːpəl", "iPhone" gives "ˈaɪ fˈoʊn". The phonemes of each word on its own tell which words share a group.
 */

/** So many words may share a group, and so many groups may make a word. */
const MOST_MERGED = 4;
const STRESS = /[ˈˌː\u0329\u032F]/g;

/**
 * Distributes `groups` over words.
 * @param groups - phoneme groups of the whole phrase, in order
 * @param alone - phonemes of each word spoken on its own
 * @returns the phonemes of each word; spaces inside one stay. Concatenated with a space where a group ends, they are the groups.
 */
export function alignPhonemes(groups: readonly string[], alone: readonly string[]): AlignedWord[] {
  return cheapestPath(groups, alone).flatMap(({ words, phonemes }) => splitGroup(phonemes, words));
}

/** The phonemes of one word in its phrase. */
export interface AlignedWord {
  readonly phonemes: string;
  /** Whether a space follows in the phrase; words that run into the next one have none. */
  readonly endsGroup: boolean;
}

interface Span {
  readonly words: readonly string[];
  readonly phonemes: string;
}

interface Cell {
  readonly cost: number;
  readonly previous: readonly [number, number] | undefined;
}

/** Dynamic programming over (words done, groups done): one word per group, several words in one, several groups in one word. */
function cheapestPath(groups: readonly string[], alone: readonly string[]): Span[] {
  const table = Array.from({ length: alone.length + 1 }, () =>
    Array.from({ length: groups.length + 1 }, (): Cell => ({ cost: Infinity, previous: undefined })),
  );
  const row = (word: number): Cell[] => table[word] ?? [];
  row(0)[0] = { cost: 0, previous: undefined };
  const places = alone
    .concat("")
    .flatMap((_word, word) => groups.concat("").map((_group, group) => [word, group] as const));
  for (const [word, group] of places) {
    const { cost } = row(word)[group] ?? { cost: Infinity };
    if (cost === Infinity) continue;
    for (const [words, taken] of steps(alone.length - word, groups.length - group)) {
      const heard = groups.slice(group, group + taken).join("");
      const total = cost + difference(alone.slice(word, word + words).join(""), heard);
      if (total < (row(word + words)[group + taken]?.cost ?? 0)) {
        row(word + words)[group + taken] = { cost: total, previous: [word, group] };
      }
    }
  }
  return trace(table, groups, alone);
}

function trace(
  table: readonly (readonly Cell[])[],
  groups: readonly string[],
  alone: readonly string[],
): Span[] {
  const spans: Span[] = [];
  let [word, group] = [alone.length, groups.length];
  for (let from = table[word]?.[group]?.previous; from !== undefined; from = table[word]?.[group]?.previous) {
    spans.push({ words: alone.slice(from[0], word), phonemes: groups.slice(from[1], group).join(" ") });
    [word, group] = from;
  }
  return spans.reverse();
}

/** Ways on, in words and groups: 1:1, n:1, 1:n, a word without a sound, and at the very end whatever is left. */
function steps(words: number, groups: number): (readonly [number, number])[] {
  const ways: (readonly [number, number])[] = [];
  for (let count = 1; count <= Math.min(MOST_MERGED, words); count += 1)
    if (groups >= 1) ways.push([count, 1]);
  for (let count = 2; count <= Math.min(2 * MOST_MERGED, groups); count += 1)
    if (words >= 1) ways.push([1, count]);
  if (words >= 1) ways.push([1, 0]);
  if (words === 1) ways.push([1, groups]);
  return ways;
}

/** Cuts the phonemes of a group where the parts are most like its words. */
function splitGroup(phonemes: string, words: readonly string[]): AlignedWord[] {
  const [first = "", ...rest] = words;
  if (rest.length === 0) return [{ phonemes, endsGroup: phonemes !== "" }];
  const symbols = Array.from(phonemes);
  let best = { cost: Infinity, cut: 0 };
  for (let cut = 1; cut < symbols.length; cut += 1) {
    if (/[ː\p{M}]/u.test(symbols[cut] ?? "")) continue;
    const cost =
      difference(first, symbols.slice(0, cut).join("")) +
      difference(rest.join(""), symbols.slice(cut).join(""));
    if (cost < best.cost) best = { cost, cut };
  }
  const head = { phonemes: symbols.slice(0, best.cut).join(""), endsGroup: false };
  return [head, ...splitGroup(symbols.slice(best.cut).join(""), rest)];
}

/** Levenshtein distance without regard to stress and length. */
function difference(one: string, other: string): number {
  const a = Array.from(one.replace(STRESS, ""));
  const b = Array.from(other.replace(STRESS, ""));
  let row = b.map((_symbol, index) => index + 1);
  for (const [index, symbol] of a.entries()) {
    let left = index + 1;
    let diagonal = index;
    row = row.map((above, column) => {
      left = Math.min(above + 1, left + 1, diagonal + (b[column] === symbol ? 0 : 1));
      diagonal = above;
      return left;
    });
  }
  return row.at(-1) ?? a.length;
}
