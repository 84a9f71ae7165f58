import { digitWords, fractionWords, numberWords, ordinalWords } from "./numbers.ts";
import { END, NUMBER, rule, table, START, type Rule } from "./rule.ts";

/** Symbol → [one, many]; the symbols as they are written, capitals count. */
const UNITS = table<readonly [string, string]>({
  km: ["kilometer", "kilometers"], m: ["meter", "meters"], cm: ["centimeter", "centimeters"], mm: ["millimeter", "millimeters"],
  nm: ["nanometer", "nanometers"], mi: ["mile", "miles"], ft: ["foot", "feet"], yd: ["yard", "yards"],
  kg: ["kilogram", "kilograms"], g: ["gram", "grams"], mg: ["milligram", "milligrams"], lb: ["pound", "pounds"],
  lbs: ["pound", "pounds"], oz: ["ounce", "ounces"], L: ["liter", "liters"], l: ["liter", "liters"], dl: ["deciliter", "deciliters"],
  ml: ["milliliter", "milliliters"], mL: ["milliliter", "milliliters"], gal: ["gallon", "gallons"], tbsp: ["tablespoon", "tablespoons"],
  tsp: ["teaspoon", "teaspoons"], mph: ["mile per hour", "miles per hour"], kph: ["kilometer per hour", "kilometers per hour"],
  "km/h": ["kilometer per hour", "kilometers per hour"], "m/s": ["meter per second", "meters per second"],
  "°C": ["degree Celsius", "degrees Celsius"], "°F": ["degree Fahrenheit", "degrees Fahrenheit"], "°": ["degree", "degrees"],
  Hz: ["hertz", "hertz"], kHz: ["kilohertz", "kilohertz"], MHz: ["megahertz", "megahertz"], GHz: ["gigahertz", "gigahertz"],
  KB: ["kilobyte", "kilobytes"], kB: ["kilobyte", "kilobytes"], MB: ["megabyte", "megabytes"], GB: ["gigabyte", "gigabytes"],
  TB: ["terabyte", "terabytes"], Mbps: ["megabit per second", "megabits per second"], Gbps: ["gigabit per second", "gigabits per second"],
  W: ["watt", "watts"], kW: ["kilowatt", "kilowatts"], MW: ["megawatt", "megawatts"], kWh: ["kilowatt hour", "kilowatt hours"],
  V: ["volt", "volts"], mAh: ["milliamp hour", "milliamp hours"], J: ["joule", "joules"], kJ: ["kilojoule", "kilojoules"],
  kcal: ["kilocalorie", "kilocalories"], cal: ["calorie", "calories"], dB: ["decibel", "decibels"], ms: ["millisecond", "milliseconds"],
  s: ["second", "seconds"], sec: ["second", "seconds"], min: ["minute", "minutes"], mins: ["minute", "minutes"], h: ["hour", "hours"],
  hr: ["hour", "hours"], hrs: ["hour", "hours"], px: ["pixel", "pixels"], Pa: ["pascal", "pascals"], kPa: ["kilopascal", "kilopascals"],
  psi: ["p.s.i", "p.s.i"], ppm: ["part per million", "parts per million"], "%": ["percent", "percent"], "‰": ["per mille", "per mille"],
  k: ["thousand", "thousand"], x: ["time", "times"], "×": ["time", "times"],
}); // prettier-ignore

/** Sign or code → [one, many, one hundredth, hundredths]. */
const CURRENCIES = table<readonly [string, string, string, string]>({
  $: ["dollar", "dollars", "cent", "cents"], "€": ["euro", "euros", "cent", "cents"], "£": ["pound", "pounds", "penny", "pence"],
  "¥": ["yen", "yen", "sen", "sen"], "₹": ["rupee", "rupees", "paisa", "paise"], "₩": ["won", "won", "jeon", "jeon"],
  "₽": ["ruble", "rubles", "kopeck", "kopecks"], "฿": ["baht", "baht", "satang", "satang"], "¢": ["cent", "cents", "", ""],
  USD: ["dollar", "dollars", "cent", "cents"], EUR: ["euro", "euros", "cent", "cents"], GBP: ["pound", "pounds", "penny", "pence"],
  JPY: ["yen", "yen", "sen", "sen"], CHF: ["franc", "francs", "centime", "centimes"],
}); // prettier-ignore

const MAGNITUDES = table<string>({
  k: "thousand",
  m: "million",
  mn: "million",
  b: "billion",
  bn: "billion",
  t: "trillion",
});
const VULGAR = table<string>({
  "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}); // prettier-ignore
const POWERS = table<string>({ "²": "square ", "³": "cubic " });

const alternatives = (names: ReadonlyMap<string, unknown>): string =>
  [...names.keys()]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[$/]/g, "\\$&"))
    .join("|");

const SIGN = "[-−+]?";
const NUM = `(${SIGN}(?:${NUMBER}))`;
const DASH = "[-–—]";
const UNIT = `(${alternatives(UNITS)})`;
const SIGNS = "[$€£¥₹₩₽฿]";
const MAGNITUDE = String.raw`(?:(?<=\d)(bn|mn|[kKmMbBtT])(?!\p{L})|[ \u00A0-]?(thousand|million|billion|trillion)(?!\p{L}))`;

/** "$3.50" → "three dollars and fifty cents", "£1.2m" → "one point two million pounds". */
function moneyWords(sign: string, amount: string, magnitude: string | undefined): string {
  if (/^[-−+]/.test(amount))
    return `${amount.startsWith("+") ? "plus" : "minus"} ${moneyWords(sign, amount.slice(1), magnitude)}`;
  const names = CURRENCIES.get(sign) ?? ["", "", "", ""];
  if (magnitude !== undefined) {
    return `${numberWords(amount)} ${MAGNITUDES.get(magnitude.toLowerCase()) ?? magnitude} ${names[1]}`;
  }
  const [whole = "", hundredths] = amount.split(".");
  if (hundredths?.length !== 2 || names[2] === "")
    return `${numberWords(amount)} ${amount === "1" ? names[0] : names[1]}`;
  const parts = Number(hundredths);
  const small = `${numberWords(String(parts))} ${parts === 1 ? names[2] : names[3]}`;
  const wholeNumber = Number(whole.replaceAll(",", ""));
  if (wholeNumber === 0 && parts > 0) return small;
  const large = `${numberWords(whole === "" ? "0" : whole)} ${wholeNumber === 1 ? names[0] : names[1]}`;
  return parts === 0 ? large : `${large} and ${small}`;
}

function unitWords(amount: string, unit?: string, power = "", per?: string): string {
  if (unit === undefined) return numberWords(amount);
  const names = UNITS.get(unit) ?? [unit, unit];
  const name = /^[-−+]?1$/.test(amount) ? names[0] : names[1];
  const divisor = per === undefined ? "" : ` per ${UNITS.get(per)?.[0] ?? per}`;
  return `${numberWords(amount)} ${POWERS.get(power) ?? ""}${name}${divisor}`;
}

/** Digits in groups, as telephone numbers are read. */
function groupWords(written: string): string {
  const groups = written.match(/\d+/g) ?? [];
  return (written.startsWith("+") ? "plus " : "") + groups.map(digitWords).join(", ");
}

/** Money, measures, fractions, ranges, telephone numbers and what other numbers there are. */
export const QUANTITY_RULES: readonly Rule[] = [
  rule(
    `(?:US|A|C)?(${SIGNS})(${NUMBER})${DASH}${SIGNS}?(${NUMBER})${MAGNITUDE}?${END}`,
    ([, sign, from, to, short, long]) =>
      `${numberWords(from ?? "")} to ${moneyWords(sign ?? "", to ?? "", short ?? long)}`,
  ),
  rule(
    `${START}([-−]?)(?:US|A|C)?(${SIGNS}) ?(${NUMBER})${MAGNITUDE}?${END}`,
    ([, minus, sign, amount, short, long]) =>
      (minus === "" ? "" : "minus ") + moneyWords(sign ?? "", amount ?? "", short ?? long),
  ),
  rule(`(USD|EUR|GBP|JPY|CHF) (${NUMBER})${MAGNITUDE}?${END}`, ([, code, amount, short, long]) =>
    moneyWords(code ?? "", amount ?? "", short ?? long),
  ),
  rule(
    `${START}${NUM}${MAGNITUDE}? ?(${SIGNS}|¢|(?:USD|EUR|GBP|JPY|CHF)(?!\\p{L}))(?!\\d)`,
    ([, amount, short, long, code]) => moneyWords(code ?? "", amount ?? "", short ?? long),
  ),
  rule(
    String.raw`(?<![\p{L}\p{N}])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\) ?|\d{2,4}[ .-])\d{3,4}[ .-]\d{3,4}(?![\p{L}\p{N}]|[.,-]\d)`,
    ([whole]) => groupWords(whole),
  ),
  rule(String.raw`(?<![\p{L}\p{N}])\d{3}-\d{4}(?![\p{L}\p{N}]|[.,-]\d)|\+\d{7,15}(?!\d)`, ([whole]) =>
    groupWords(whole),
  ),
  rule(`${START}(\\d{1,3}(?:,\\d{3})*)(?:st|nd|rd|th)(?!\\p{L})`, ([, ordinal]) =>
    ordinalWords((ordinal ?? "").replaceAll(",", "")),
  ),
  rule(`${START}(\\d+ )?(\\d{1,3})[/⁄](\\d{1,3})${END}(?![/⁄])`, ([, whole, numerator, denominator]) =>
    ratioWords(whole, numerator ?? "", denominator ?? ""),
  ),
  rule(`(\\d*)([${[...VULGAR.keys()].join("")}])`, ([, whole = "", vulgar = ""]) => {
    const [numerator, denominator] = (VULGAR.get(vulgar) ?? "1/1").split("/");
    return ratioWords(whole === "" ? undefined : whole, numerator ?? "", denominator ?? "");
  }),
  rule(
    `${START}(${NUMBER})(?: ?${UNIT})? ?([x×]) ?(${NUMBER}) ?${UNIT}?${END}`,
    ([, first = "", firstUnit, mark, second = "", unit]) =>
      mark === "×" && unit === undefined
        ? undefined
        : `${unitWords(first, firstUnit)} by ${unitWords(second, unit)}`,
  ),
  rule(
    `${START}${NUM} ?(?:${DASH}|to) ?(${NUMBER}) ?${UNIT}([²³])?(?:/(${alternatives(UNITS)}))?(?![\\p{L}\\p{N}])`,
    ([, from = "", to = "", unit = "", power, per]) =>
      `${numberWords(from)} to ${unitWords(to, unit, power, per)}`,
  ),
  rule(
    `${START}${NUM}[ \\u00A0\\u202F-]?${UNIT}([²³])?(?:/(${alternatives(UNITS)}|day|week|month|year|person))?(?![\\p{L}\\p{N}'’])`,
    ([, amount = "", unit = "", power, per]) => unitWords(amount, unit, power, per),
  ),
  rule(
    `${START}(${NUMBER})${DASH}(${NUMBER})${END}`,
    ([, from = "", to = ""]) => `${numberWords(from)} to ${numberWords(to)}`,
  ),
  rule(
    `${START}(\\d{1,2}):(\\d{1,2})${END}`,
    ([, from = "", to = ""]) => `${numberWords(from)} to ${numberWords(to)}`,
  ),
  rule(`#(${NUMBER})${END}`, ([, number = ""]) => `number ${numberWords(number)}`),
  rule(`[~≈](${NUMBER})`, ([, number = ""]) => `about ${numberWords(number)}`),
  rule(`${START}\\d+(?:\\.\\d+){2,}`, ([whole]) => whole.split(".").map(numberWords).join(" point ")),
  rule(`${START}${NUM}`, ([, number = ""]) => numberWords(number)),
  rule(`\\d+`, ([whole]) => numberWords(whole)),
];

function ratioWords(whole: string | undefined, numerator: string, denominator: string): string | undefined {
  if (numerator === "24" && denominator === "7") return "twenty four seven";
  const below = Number(numerator);
  const above = Number(denominator);
  const isFraction = below > 0 && below < above && (above <= 20 || above === 100);
  if (!isFraction) {
    const ratio = `${numberWords(numerator)} over ${numberWords(denominator)}`;
    return whole === undefined ? ratio : undefined;
  }
  const fraction = fractionWords(numerator, denominator);
  if (whole === undefined) return fraction;
  const part = below === 1 ? fraction.replace(/^one (half)/, "a $1").replace(/^one (q)/, "a $1") : fraction;
  return `${numberWords(whole.trim())} and ${part}`;
}
