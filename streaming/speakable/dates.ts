import { decadeWords, numberWords, ordinalWords, yearWords } from "./numbers.ts";
import { END, rule, START, type Rule } from "./rule.ts";

const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
]; // prettier-ignore
const MONTH = String.raw`(Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)`;
const YEAR_CONTEXT = new Set(
  "in since by of from until till year years circa around before after during early late mid summer winter spring autumn fall ad".split(
    " ",
  ),
);

function monthName(written: string): string {
  return MONTHS.find((month) => month.startsWith(written.slice(0, 3))) ?? written;
}

/** "March fifth, twenty twenty six", or undefined where there is no such day. */
function dateWords(year: string | undefined, month: number, day: string): string | undefined {
  const name = MONTHS[month - 1];
  if (name === undefined || Number(day) < 1 || Number(day) > 31) return undefined;
  const start = `${name} ${ordinalWords(String(Number(day)))}`;
  if (year === undefined) return start;
  return `${start}, ${yearWords(Number(year.length === 2 ? `20${year}` : year))}`;
}

/** Minutes as they follow an hour: "", "oh five", "thirty". */
function minuteWords(minutes: string): string {
  if (minutes === "00") return "";
  return minutes.startsWith("0") ? `oh ${numberWords(minutes.slice(1))}` : numberWords(minutes);
}

function timeWords(hours: string, minutes: string, half: string | undefined): string | undefined {
  if (Number(hours) > 24 || Number(minutes) > 59) return undefined;
  const hour = numberWords(String(Number(hours)));
  const rest = minuteWords(minutes);
  if (half !== undefined)
    return [hour, rest, `${half.toLowerCase()}.m`].filter((word) => word !== "").join(" ");
  if (rest !== "") return `${hour} ${rest}`;
  return Number(hours) >= 1 && Number(hours) <= 12 ? `${hour} o'clock` : `${hour} hundred`;
}

const HALF_DAY = String.raw`[ \u00A0\u202F]?([aApP])\.?[mM](?:\.(?=[,;:!?]|\s+[\p{Ll}\d])|(?!\p{L}))`;
const DAY = String.raw`(\d{1,2})(?:st|nd|rd|th)?`;
const YEAR = String.raw`([12]\d{3})`;

/** Dates, years and times of day. */
export const DATE_RULES: readonly Rule[] = [
  rule(`${START}${YEAR}-(\\d{2})-(\\d{2})(?:T(?=\\d)|${END})`, ([, year, month, day]) =>
    dateWords(year, Number(month), day ?? ""),
  ),
  rule(`${START}(\\d{1,2})[/](\\d{1,2})[/](\\d{4}|\\d{2})${END}`, ([, first, second, year]) =>
    Number(first) <= 12
      ? dateWords(year, Number(first), second ?? "")
      : dateWords(year, Number(second), first ?? ""),
  ),
  rule(`${MONTH} ${DAY}(?:,? ${YEAR})?(?![\\p{L}\\p{N}:%]|[.,-]\\d)`, ([, month, day, year]) =>
    dateWords(year, MONTHS.indexOf(monthName(month ?? "")) + 1, day ?? ""),
  ),
  rule(`${START}${DAY}(?: of)? ${MONTH}(?:,? ${YEAR})?${END}`, ([, day, month, year]) => {
    if (Number(day) < 1 || Number(day) > 31) return undefined;
    const date = `the ${ordinalWords(day ?? "")} of ${monthName(month ?? "")}`;
    return year === undefined ? date : `${date}, ${yearWords(Number(year))}`;
  }),
  rule(`${START}(\\d{1,2}):(\\d{2})(?::\\d{2}(?:\\.\\d+)?)?${HALF_DAY}`, ([, hours, minutes, half]) =>
    timeWords(hours ?? "", minutes ?? "", half),
  ),
  rule(`${START}(\\d{1,2}):(\\d{2})(?![\\d:])${END}`, ([, hours, minutes]) =>
    timeWords(hours ?? "", minutes ?? "", undefined),
  ),
  rule(`${START}(\\d{1,2}):(\\d{2}):(\\d{2})${END}`, ([, hours, minutes, seconds]) => {
    const start = timeWords(hours ?? "", minutes ?? "", undefined);
    return start === undefined ? undefined : `${start} and ${numberWords(String(Number(seconds)))} seconds`;
  }),
  rule(`${START}(\\d{1,2})${HALF_DAY}`, ([, hours, half]) => timeWords(hours ?? "", "00", half)),
  rule(`['’]?((?:[12]\\d)?\\d0)['’]?s(?!\\p{L})`, ([, decade]) => decadeWords(decade ?? "")),
  rule(
    `${START}${YEAR}[-–](\\d{4}|\\d{2})${END}`,
    ([, from, to]) =>
      `${yearWords(Number(from))} to ${to?.length === 4 ? yearWords(Number(to)) : numberWords(String(Number(to)))}`,
  ),
  { pattern: new RegExp(`${START}${YEAR}(?![%°\\p{L}\\p{N}]|[.,/-]\\d)`, "yu"), speak: bareYear },
];

/** Four digits are a year after "in", "since", …, or from 1900 to 2099, unless they count something ("2000 people"). */
function bareYear(match: RegExpExecArray, previous: string): string | undefined {
  const year = Number(match[1]);
  const next = match.input.slice(match.index + 4, match.index + 40);
  if (/^\s+(?:\p{Ll}+s|people|men|women|children|percent)(?!\p{L})/u.test(next)) return undefined;
  const dated = YEAR_CONTEXT.has(previous) || MONTHS.some((month) => month.toLowerCase() === previous);
  return dated || (year >= 1900 && year < 2100) ? yearWords(year) : undefined;
}
