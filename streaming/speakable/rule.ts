/** How one kind of written thing is spoken. Rules are tried in order where a word may start; the first that speaks wins. */
export interface Rule {
  /** Sticky; matches the whole thing with its own marks, but not the punctuation after it. */
  readonly pattern: RegExp;
  /**
   * Words to speak, or undefined to let the next rule try. An empty string is a thing that has no sound.
   * @param previous - the written word before, in lower case, without punctuation
   */
  readonly speak: (match: RegExpExecArray, previous: string) => string | undefined;
}

/** "1,250", "3.14", ".5": source of a regular expression without groups. */
export const NUMBER = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+`;

/** Before a number: not in the middle of a word. */
export const START = String.raw`(?<![\p{L}\p{N}])`;

/** After a number: no letter, digit or decimals follow. */
export const END = String.raw`(?![\p{L}\p{N}]|[.,]\d)`;

/** A sticky rule from the source of its pattern. */
export function rule(source: string, speak: Rule["speak"], flags = ""): Rule {
  return { pattern: new RegExp(source, `yu${flags}`), speak };
}

/** A lookup from written to spoken; unlike on a plain object, "toString" is not in it. */
export function table<Spoken>(entries: Readonly<Record<string, Spoken>>): ReadonlyMap<string, Spoken> {
  return new Map(Object.entries(entries));
}
