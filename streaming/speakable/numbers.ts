import { toCardinal, toOrdinal } from "n2words/en-US";

const DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const DENOMINATORS = new Map([
  ["2", "half"],
  ["4", "quarter"],
]);
/** Longer runs of digits are codes, not quantities. */
const LONGEST_QUANTITY = 15;

/** A number as written, e.g. "1,250", "-3.14" or "007", in words. Nonsense such as "1.2.3" is read part by part. */
export function numberWords(written: string): string {
  const plain = written.replaceAll(",", "");
  if (/^[-−]/.test(plain)) return `minus ${numberWords(plain.slice(1))}`;
  if (plain.startsWith("+")) return `plus ${numberWords(plain.slice(1))}`;
  const [whole = "", ...parts] = plain.split(".");
  const head = whole === "" ? "" : wholeWords(whole);
  const tail = parts.flatMap((part) => ["point", digitWords(part)]);
  return [head, ...tail].filter((word) => word !== "").join(" ");
}

/** Digits one by one; anything else is skipped. */
export function digitWords(written: string): string {
  return Array.from(written)
    .map((digit) => DIGITS[Number(digit)] ?? "")
    .filter((word) => word !== "")
    .join(" ");
}

/** "21" → "twenty first". */
export function ordinalWords(written: string): string {
  if (/^0*$/.test(written) || written.length > LONGEST_QUANTITY) return wholeWords(written);
  return toOrdinal(BigInt(written)).replaceAll("-", " ");
}

/** A year from 1000 to 2999 the way it is said: "nineteen oh five", "two thousand six", "twenty twenty six". */
export function yearWords(year: number): string {
  const century = Math.floor(year / 100);
  const rest = year % 100;
  if (year < 1000 || year > 2999 || (century % 10 === 0 && rest < 10)) return wholeWords(String(year));
  if (rest === 0) return `${wholeWords(String(century))} hundred`;
  const end = rest < 10 ? `oh ${wholeWords(String(rest))}` : wholeWords(String(rest));
  return `${wholeWords(String(century))} ${end}`;
}

/** "3", "4" → "three quarters"; "1", "10" → "one tenth". */
export function fractionWords(numerator: string, denominator: string): string {
  const one = Number(numerator) === 1;
  const part = DENOMINATORS.get(denominator) ?? ordinalWords(denominator);
  const parts = part === "half" ? "halves" : `${part}s`;
  return `${wholeWords(numerator)} ${one ? part : parts}`;
}

/** "nineties" from "90", "nineteen eighties" from "1980", "two thousands" from "2000". */
export function decadeWords(written: string): string {
  const words = written.length === 4 ? yearWords(Number(written)) : wholeWords(written);
  return words.endsWith("y") ? `${words.slice(0, -1)}ies` : `${words}s`;
}

function wholeWords(digits: string): string {
  if (!/^\d+$/.test(digits)) return digits;
  if (digits.length > LONGEST_QUANTITY || (digits.length > 1 && digits.startsWith("0")))
    return digitWords(digits);
  return toCardinal(digits).replaceAll("-", " ");
}
