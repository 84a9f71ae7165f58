import type { JsonSchema } from "../../streaming/index.ts";
import type { ForcedWriting, Judgement, Steps } from "./forced-writing.ts";

const STRING_TOKENS = 64;
const NUMBER_TOKENS = 12;
const ITEMS_AT_MOST = 8;
const DEPTH_AT_MOST = 6;

/** What JSON lets follow a value. */
const AFTER_VALUE = /^[\s,}\]]/u;
const NUMBER_BEGINNING = /^-?(?:(?:0|[1-9]\d{0,14})(?:\.\d{0,6})?)?$/u;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u;
const INTEGER_BEGINNING = /^-?(?:0|[1-9]\d{0,14})?$/u;
/** Control marks and backslashes, which need escapes, and halves of characters. */
const UNFIT = /[\p{Cc}\\\u{FFFD}]/u;

/**
 * Writes a value that fits a JSON schema, whatever the model would like, and returns its JSON. Of the schema it heeds `type`,
 * `enum`, `const`, `properties`, `required`, `items`, `minItems`, `maxItems`, `minimum`, `maximum`, `maxLength` and the first of
 * `anyOf` or `oneOf`; what has no type is a string. Properties come in the schema's order.
 */
export async function* writeValue(writing: ForcedWriting, schema: JsonSchema, depth = 0): Steps<string> {
  const choices = choicesOf(schema);
  if (choices !== undefined) return yield* writeChoice(writing, choices);
  const [branch] = listOf(schema["anyOf"] ?? schema["oneOf"]);
  if (branch !== undefined && depth < DEPTH_AT_MOST) return yield* writeValue(writing, branch, depth + 1);
  switch (typeOf(schema)) {
    case "object":
      return yield* writeObject(writing, schema, depth);
    case "array":
      return yield* writeArray(writing, schema, depth);
    case "integer":
    case "number":
      return yield* writeNumber(writing, schema);
    case "boolean":
      return yield* writeChoice(writing, ["true", "false"]);
    case "null":
      return yield* writeChoice(writing, ["null"]);
    default:
      return yield* writeString(writing, schema);
  }
}

async function* writeChoice(writing: ForcedWriting, choices: readonly string[]): Steps<string> {
  // None may begin another one: 1 and 12 need an end.
  const isOpen = choices.some((one) => choices.some((other) => other !== one && other.startsWith(one)));
  const end = isOpen ? "\n" : "";
  const chosen = yield* writing.choose(choices.map((choice) => choice + end));
  return chosen.trimEnd();
}

async function* writeObject(writing: ForcedWriting, schema: JsonSchema, depth: number): Steps<string> {
  const properties = depth < DEPTH_AT_MOST ? Object.entries(recordOf(schema["properties"])) : [];
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"].map(String) : []);
  let json = "{";
  writing.push("{");
  for (let at = 0; at < properties.length;) {
    const needed = properties.findIndex(([name], index) => index >= at && required.has(name));
    const until = needed < 0 ? properties.length : needed + 1;
    const separator = json === "{" ? "" : ", ";
    const keys = properties.slice(at, until).map(([name]) => `${separator}${JSON.stringify(name)}: `);
    const options = needed < 0 ? ["}", ...keys] : [...keys].reverse();
    const chosen = yield* writing.choose(options);
    if (chosen === "}") return `${json}}`;
    at += keys.indexOf(chosen) + 1;
    json += chosen + (yield* writeValue(writing, recordOf(properties[at - 1]?.[1]), depth + 1));
  }
  writing.push("}");
  return `${json}}`;
}

async function* writeArray(writing: ForcedWriting, schema: JsonSchema, depth: number): Steps<string> {
  const fewest = Math.min(ITEMS_AT_MOST, numberOf(schema["minItems"]) ?? 0);
  const most = Math.max(fewest, Math.min(ITEMS_AT_MOST, numberOf(schema["maxItems"]) ?? ITEMS_AT_MOST));
  let count = 0;
  let json = "[";
  writing.push("[");
  while (count < most && depth < DEPTH_AT_MOST) {
    const separator = count === 0 ? " " : ", ";
    const options = count < fewest ? [separator] : ["]", separator];
    const chosen = yield* writing.choose(options);
    if (chosen === "]") return `${json}]`;
    json += chosen + (yield* writeValue(writing, recordOf(schema["items"]), depth + 1));
    count += 1;
  }
  writing.push("]");
  return `${json}]`;
}

async function* writeString(writing: ForcedWriting, schema: JsonSchema): Steps<string> {
  const longest = numberOf(schema["maxLength"]) ?? Infinity;
  writing.push('"');
  const text = yield* writing.free((written, candidate): Judgement => {
    const quote = candidate.indexOf('"');
    const part = quote < 0 ? candidate : candidate.slice(0, quote);
    const fits = !UNFIT.test(part) && (written + part).length <= longest;
    return fits ? { taken: part, ends: quote >= 0 } : { taken: undefined, ends: false };
  }, STRING_TOKENS);
  writing.push('"');
  return JSON.stringify(text);
}

async function* writeNumber(writing: ForcedWriting, schema: JsonSchema): Steps<string> {
  const isInteger = typeOf(schema) === "integer";
  const beginning = isInteger ? INTEGER_BEGINNING : NUMBER_BEGINNING;
  const text = yield* writing.free((written, candidate): Judgement => {
    if (NUMBER.test(written) && AFTER_VALUE.test(candidate)) return { taken: "", ends: true };
    // The space before a first digit is none of the number.
    const part = written === "" ? candidate.trimStart() : candidate;
    return { taken: beginning.test(written + part) ? part : undefined, ends: false };
  }, NUMBER_TOKENS);
  const value = NUMBER.test(text) ? Number(text) : Number(text.replace(/\.$/u, "")) || 0;
  const low = numberOf(schema["minimum"]) ?? -Infinity;
  const high = numberOf(schema["maximum"]) ?? Infinity;
  const bounded = Math.min(
    isInteger ? Math.floor(high) : high,
    Math.max(isInteger ? Math.ceil(low) : low, value),
  );
  return JSON.stringify(bounded);
}

function choicesOf(schema: JsonSchema): readonly string[] | undefined {
  if (schema["const"] !== undefined) return [JSON.stringify(schema["const"])];
  const choices: unknown = schema["enum"];
  if (!Array.isArray(choices) || choices.length === 0) return undefined;
  return [...new Set(choices.map((choice) => JSON.stringify(choice)))];
}

function typeOf(schema: JsonSchema): unknown {
  const type: unknown = schema["type"];
  if (Array.isArray(type)) return type[0];
  return type ?? (schema["properties"] === undefined ? "string" : "object");
}

function listOf(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

function recordOf(value: unknown): Readonly<Record<string, JsonSchema>> {
  return typeof value === "object" && value !== null ? (value as Record<string, JsonSchema>) : {};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
