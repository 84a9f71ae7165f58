import type { JsonSchema, ToolSpec } from "../../streaming/index.ts";

/** Tools that are shown to a small model for one question: each costs it time and certainty. */
const OFFERED_AT_MOST = 4;

/** Of a description, in characters. */
const DESCRIPTION_AT_MOST = 200;

const NAME_WEIGHT = 2;

/** Words that say nothing of what is asked about. */
const STOP_WORDS = new Set(
  (
    "a an the this that these those of for from to in on at by with and or is are was were be do does did can could will would " +
    "i you he she it we they me my your what which who how when where why there here not no yes please tell say give get set make " +
    "all any some one use used user want wants need current have has had about its if as so then than like just now into up out " +
    "after before asked assistant"
  ).split(" "),
);

/**
 * The tools that a question may need, likeliest first: those whose name or description shares a word with it that says
 * something. Costs no run of the network, so that plain questions are answered as if there were no tools.
 */
export function toolsFor(question: string, tools: readonly ToolSpec[]): readonly ToolSpec[] {
  const asked = stems(question);
  const scored = tools.map((tool) => ({ tool, score: relevance(asked, tool) }));
  return scored
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, OFFERED_AT_MOST)
    .map(({ tool }) => tool);
}

function relevance(asked: ReadonlySet<string>, { name, description, parameters }: ToolSpec): number {
  const named = stems(name.replace(/([a-z\d])([A-Z])/gu, "$1 $2"));
  const described = stems(`${description} ${choicesIn(parameters).join(" ")}`);
  let score = 0;
  for (const word of asked) score += named.has(word) ? NAME_WEIGHT : described.has(word) ? 1 : 0;
  return score;
}

/** The words of a text, without their endings, that are no stop words. */
function stems(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !STOP_WORDS.has(word) && word.length > 1).map(stem));
}

/** Enough of a stemmer that "timers" asks for a "timer" and "locking" for "lock" (a part of Porter's, 1980). */
function stem(word: string): string {
  const plain = word.length > 4 ? word.replace(/(?:ing|ed|es|s)$/u, "") : word.replace(/s$/u, "");
  return plain.length < 3 ? word : plain.replace(/e$/u, "");
}

/** What may be chosen from for an argument: names of rooms and the like. */
function choicesIn({ properties }: JsonSchema): readonly string[] {
  const schemas = Object.values((properties ?? {}) as Readonly<Record<string, JsonSchema | undefined>>);
  return schemas.flatMap((schema) => (Array.isArray(schema?.["enum"]) ? schema["enum"].map(String) : []));
}

/** What a question is followed by, so that its prompt begins as it would without tools. */
export function toolNotice(tools: readonly ToolSpec[]): string {
  const lines = tools.map(
    ({ name, description, parameters }) =>
      `- ${name}(${argumentsOf(parameters)}): ${description.replace(/\s+/gu, " ").slice(0, DESCRIPTION_AT_MOST)}`,
  );
  return `\n\n[Functions:\n${lines.join("\n")}\n- none(): No function is needed to answer.]`;
}

function argumentsOf({ properties }: JsonSchema): string {
  return Object.entries((properties ?? {}) as Readonly<Record<string, JsonSchema>>)
    .map(([name, schema]) => {
      const choices: unknown = schema["enum"];
      const type = Array.isArray(choices) ? choices.slice(0, 12).map(String).join("|") : schema["type"];
      return typeof type === "string" ? `${name}: ${type}` : name;
    })
    .join(", ");
}
