/**
 * Takes out of a text what is not to be spoken (Markdown, HTML tags, emoji, control characters) while every other
 * character keeps its place: a masked character becomes SILENT where its neighbours belong together ("un**bold**ed"),
 * a space where they do not (emoji, code). So an offset in the masked text is an offset in the text as written.
 */

/** Stands for a character that is not there. */
export const SILENT = "\0";

/** Gets the whole match and its first three groups; gives back as many characters. */
type Mask = (whole: string, before: string, middle: string, after: string) => string;

const silence: Mask = (whole) => SILENT.repeat(whole.length);
const blank: Mask = (whole) => whole.replace(/[^\n]/g, " ");
const control: Mask = (whole) => whole.replace(/[^\n\t]/g, (mark) => (mark === "\r" ? " " : SILENT));
const keepMiddle: Mask = (_whole, before, middle, after) =>
  SILENT.repeat(before.length) + middle + SILENT.repeat(after.length);

const EMOJI =
  /(?:(?![©®])\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier})(?:\uFE0F|\u200D)*/gu;

/** In this order: what is inside code or a link must not be taken for emphasis. */
const MASKS: readonly (readonly [RegExp, Mask])[] = [
  // Fenced code, closed or not, and chat-template tokens: never spoken.
  [/^[ \t]*```[^\n]*(?:\n[\s\S]*?(?:^[ \t]*```[^\n]*$|(?![\s\S]))|$)/gm, blank],
  [/<\|[^|\n]{0,40}\|>/g, blank],
  [EMOJI, blank],
  [/\uFE0F?\u20E3/g, silence],
  // Control and format characters (zero-width, bidirectional), lone surrogates, private use.
  [/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, control],
  [/<\/?[a-z][a-z0-9]{0,15}(?:\s[^<>\n]*)?\/?>/gi, blank],
  [/^[ \t]*(?:[-*_][ \t]*){3,}$/gm, blank],
  [/^(?=[^\n|]*\|)(?=[^\n-]*--)[ \t|:-]+$/gm, blank],
  [/^[ \t]*(?:>[ \t]?)+/gm, blank],
  [/^[ \t]*(?:#{1,6}|[-*+•])[ \t]+(?:\[[ xX]\][ \t]+)?/gm, blank],
  [/(!?\[)([^[\]\n]*)(\]\([^)\s]{0,2000}(?:\s+"[^"\n]{0,200}")?\))/g, keepMiddle],
  [/(`+)([^`\n]+)(\1)/g, keepMiddle],
  [/(\*{1,3})(?=\S)([^*\n]*[^*\s])(\1)/g, keepMiddle],
  [/(?<![\p{L}\p{N}_])(_{1,3})(?=\S)([^_\n]*[^_\s])(\1)(?![\p{L}\p{N}_])/gu, keepMiddle],
  [/(~~)([^~\n]+)(~~)/g, keepMiddle],
  // An ellipsis inside a sentence is a short pause, otherwise its end.
  [/(?<![.…])(?:\.{2,}|…+)(?=["'”’)]*[ \t]+\p{Ll})/gu, (whole) => ",".repeat(whole.length)],
  // Markers whose partner lies in another clause.
  [/\*{2,}|__+|`+|~~|(?<=^|\s)\*(?=\p{L})|(?<=[\p{L}.!?,])\*(?=\s|$)/gu, silence],
];

/** The text with markup masked; as long as `text`. */
export function maskMarkup(text: string): string {
  return MASKS.reduce((masked, [pattern, mask]) => masked.replace(pattern, mask), text);
}

/** Whether the line around `index` is a heading or a list item, which ends like a sentence. */
export function isItemLine(text: string, index: number): boolean {
  const start = text.lastIndexOf("\n", index - 1) + 1;
  return /^[ \t]*(?:#{1,6}[ \t]|[-*+•][ \t]|\d{1,3}[.)][ \t])/.test(text.slice(start, start + 20));
}
