import { digitWords, numberWords, ordinalWords, yearWords } from "./numbers.ts";
import { rule, table, type Rule } from "./rule.ts";

/** Abbreviation (lower case, without its last period) → words. Those of one letter are initials. */
const ABBREVIATIONS = table<string>({
  dr: "doctor", mr: "mister", mrs: "missus", ms: "miz", prof: "professor", rev: "reverend", gen: "general", col: "colonel",
  sgt: "sergeant", capt: "captain", lt: "lieutenant", gov: "governor", sen: "senator", rep: "representative", hon: "honorable",
  vs: "versus", "e.g": "for example", "i.e": "that is", "a.k.a": "also known as", cf: "compare",
  approx: "approximately", dept: "department", ave: "avenue", blvd: "boulevard", rd: "road", mt: "mount", ft: "fort",
}); // prettier-ignore

/** Abbreviations that may end a sentence, so that their period can be its end. */
const CLOSING_ABBREVIATIONS = table<string>({
  etc: "et cetera", jr: "junior", sr: "senior", inc: "incorporated", ltd: "limited", co: "company", corp: "corporation", est: "estimated",
}); // prettier-ignore

const NUMBERED = table<string>({
  no: "number",
  nos: "numbers",
  fig: "figure",
  figs: "figures",
  vol: "volume",
  p: "page",
  pp: "pages",
  ch: "chapter",
  sec: "section",
  eq: "equation",
  art: "article",
});

const SYMBOLS = table<string>({
  "&": "and", "@": "at", "+": "plus", "=": "equals", "×": "times", "÷": "divided by", "<": "less than", ">": "greater than",
  "≤": "at most", "≥": "at least", "≈": "about", "~": "about", "≠": "is not", "±": "plus or minus", "√": "square root of", "∞": "infinity",
  "°": "degrees", "§": "section", "©": "copyright", "®": "", "™": "", "%": "percent", $: "dollars", "€": "euros", "£": "pounds",
  "#": "hash", "^": "to the power of", "²": "squared", "³": "cubed", "→": "to", "⇒": "so", "←": "from", "*": "", "\\": "backslash",
  π: "pi", α: "alpha", β: "beta", γ: "gamma", δ: "delta", Δ: "delta", λ: "lambda", μ: "mu", µ: "micro", σ: "sigma", θ: "theta", Ω: "ohm", ω: "omega",
}); // prettier-ignore

const TOP_LEVEL = "com|org|net|io|dev|ai|app|edu|gov|info|me|tv|eu|uk|us|de|fr|ch|at|nl|es|it|jp|cn|ca|au|co";
const PATH_MARKS = table<string>({
  ".": "dot", "/": "slash", "-": "dash", _: "underscore", "?": "question mark", "=": "equals", "&": "and", "#": "hash", "%": "percent",
  ":": "colon", "@": "at", "+": "plus", "~": "tilde",
}); // prettier-ignore

const ROMAN = new Map(
  "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX"
    .split(" ")
    .map((numeral, index) => [numeral, index + 1]),
);
const ROMAN_COUNTS = new Set(
  "war chapter part act volume phase type section book title apollo class".split(" "),
);
const ROMAN_NAMES = new Set(
  "henry louis george charles elizabeth edward james william richard philip pius benedict gregory napoleon ramses alexander catherine frederick peter nicholas xavier leo".split(
    " ",
  ),
);

const SYLLABIC = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー`;
const LETTERS = String.raw`(?:(?![${SYLLABIC}])[\p{L}\p{M}\0])+`;
/** Some Latin numerals are no letters. */
const LATIN_LETTER = String.raw`(?:(?=\p{L})\p{Script=Latin})`;
const WORD = `${LETTERS}(?:['’]${LETTERS})*['’]?`;
const SENTENCE_FOLLOWS = String.raw`(?=["'”’)\]\0]*\s*(?:$|\n|["'“‘(\0]*\p{Lu}))`;

/** An address, a path: its parts and marks one after the other. */
function pathWords(written: string): string {
  const parts = written.match(/\p{L}+|\d+|[^\p{L}\d]/gu) ?? [];
  return parts
    .map((part) => (/^\d/.test(part) ? codeWords(part) : (PATH_MARKS.get(part) ?? part)))
    .filter((part) => /[\p{L}]/u.test(part))
    .join(" ");
}

/** Digits inside a name: "4" → "four", "380" → "three eighty", "2026" → "twenty twenty six", longer ones digit by digit. */
function codeWords(digits: string): string {
  if (digits.length <= 2) return numberWords(digits);
  if (digits.startsWith("0") || digits.length > 4) return digitWords(digits);
  if (digits.length === 4) return digits < "3000" ? yearWords(Number(digits)) : digitWords(digits);
  if (digits.endsWith("00")) return numberWords(digits);
  const tens = digits.slice(1);
  return `${digitWords(digits.slice(0, 1))} ${tens.startsWith("0") ? `oh ${digitWords(tens.slice(1))}` : numberWords(tens)}`;
}

/** Addresses on the net. */
export const WEB_RULES: readonly Rule[] = [
  rule(String.raw`[\p{L}\d._%+-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63}){1,8}`, ([whole]) =>
    pathWords(whole),
  ),
  rule(
    String.raw`(?:https?|ftp|wss?):\/\/(?:www\.)?([^\s\0<>"”)\]]*[\p{L}\d/])`,
    ([, rest = ""]) => pathWords(rest.replace(/\/$/, "")),
    "i",
  ),
  rule(String.raw`www\.([^\s\0<>"”)\]]*[\p{L}\d])`, ([, rest = ""]) => pathWords(rest), "i"),
  rule(
    String.raw`[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63}){0,8}\.(?:${TOP_LEVEL})(?:\/[\p{L}\d/._?=&#%-]{0,300}[\p{L}\d])?(?![\p{L}\d]|\.\p{L})`,
    ([whole]) => pathWords(whole),
  ),
];

/** Words and what looks like words. Last in line: the final rule takes any symbol. */
export const WORD_RULES: readonly Rule[] = [
  rule(String.raw`(\p{L}+(?:\.\p{L})*)\.(?=\s*\d)`, ([, word = ""]) => NUMBERED.get(word.toLowerCase())),
  rule(String.raw`St\.(?=\s\p{Lu})`, () => "saint"),
  rule(String.raw`St\.`, () => "street"),
  rule(String.raw`(\p{L}+(?:\.\p{L})*)\.`, ([, word = ""]) => ABBREVIATIONS.get(word.toLowerCase())),
  // The period stays outside where it also ends the sentence.
  rule(String.raw`(\p{L}+)\.?(?=\.${SENTENCE_FOLLOWS})|(\p{L}+)\.`, ([, closing, inner]) =>
    CLOSING_ABBREVIATIONS.get((closing ?? inner ?? "").toLowerCase()),
  ),
  rule(
    String.raw`((?:${LATIN_LETTER}\.)+${LATIN_LETTER})(?=\.["'”’)\]\0]*\s*(?:$|\n))|((?:${LATIN_LETTER}\.)+${LATIN_LETTER})\.?(?!\p{L})|Ph\.D\.?`,
    ([whole]) => Array.from(whole.replaceAll(".", "").toLowerCase()).join("."),
  ),
  rule(String.raw`(\p{Lu})\.(?=\s\p{Lu})`, ([, initial = ""]) => initial),
  rule(String.raw`w\/o(?!\p{L})`, () => "without"),
  rule(String.raw`w\/(?=\s)`, () => "with"),
  rule(String.raw`and\/or(?!\p{L})`, () => "and or"),
  rule(String.raw`AT&T|R&D|Q&A|B&B`, ([whole]) => whole),
  rule(String.raw`C\+\+`, () => "C plus plus"),
  rule(String.raw`([CF])#`, ([, letter = ""]) => `${letter} sharp`),
  rule(String.raw`#(?=[\p{L}_])`, () => "hashtag"),
  rule(String.raw`([IVX]+)(?![\p{L}\p{N}'’])`, ([, numeral = ""], previous) => romanWords(numeral, previous)),
  // Letters and digits in one: "MP3", "COVID-19", "H2O".
  rule(String.raw`(?=[\p{L}-]*\d|\d+\p{L})[\p{L}\d]+(?:-[\p{L}\d]+)*`, ([whole]) =>
    (whole.match(/\p{L}+|\d+/gu) ?? [])
      .map((part) => (/^\d/.test(part) ? codeWords(part) : part))
      .join(" ")
      .replace(/ s$/, "s"),
  ),
  rule(`[${SYLLABIC}]+`, ([whole]) => whole),
  rule(`${WORD}(?:-${WORD})*`, ([whole]) => wordWords(whole)),
  rule(String.raw`\.(?=\p{L})`, () => "dot"),
  rule(String.raw`_+`, () => ""),
  rule(String.raw`\/(?=\p{L})`, (_match, previous) => (previous === "" ? "slash" : "or")),
  rule(String.raw`(?![\p{P}|])[^\s\0]|[&@%#*\\]`, ([whole]) => SYMBOLS.get(whole) ?? ""),
];

function romanWords(numeral: string, previous: string): string | undefined {
  const value = ROMAN.get(numeral);
  if (value === undefined) return undefined;
  if (ROMAN_COUNTS.has(previous)) return numberWords(String(value));
  return ROMAN_NAMES.has(previous) && numeral !== "I" ? `the ${ordinalWords(String(value))}` : undefined;
}

/** A word as it stands. */
function wordWords(written: string): string {
  const word = written.replaceAll("\0", "").replaceAll("’", "'").replace(/'$/, "");
  return SYMBOLS.get(word) ?? word;
}
