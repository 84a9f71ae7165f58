import type { ToolCall, ToolSpec } from "../../streaming/index.ts";
import type { Candidates } from "./decoder-network.ts";
import type { ForcedWriting, Steps } from "./forced-writing.ts";
import { writeValue } from "./schema-writing.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** Begins a call in the form of Hermes, which Qwen 2.5 and others were trained on. */
const CALL_START = "<tool_call>";

/** Whether a checkpoint has learnt to call: the mark that begins a call is a token of its own. */
export function knowsCalls(tokenizer: Pick<TextTokenizer, "encode">): boolean {
  return tokenizer.encode(CALL_START).length === 1;
}

/** How models for code begin a call that they were not given the mark for. */
const ALSO_CALL_START = /^\s*(?:\{|```|<)/u;

/** Whether a first token begins a call. */
function beginsCall(token: number, tokenizer: Pick<TextTokenizer, "encode" | "decode">): boolean {
  return token === tokenizer.encode(CALL_START)[0] || ALSO_CALL_START.test(tokenizer.decode([token]));
}

/** The same candidates but for those that begin a call; all of them where there are no others. */
export function wordsOnly(
  { tokens, logits }: Candidates,
  tokenizer: Pick<TextTokenizer, "encode" | "decode">,
): Candidates {
  const kept = tokens.flatMap((token, index) => (beginsCall(token, tokenizer) ? [] : [index]));
  if (kept.length === 0) return { tokens, logits };
  return {
    tokens: kept.map((index) => tokens[index] ?? 0),
    logits: Float32Array.from(kept, (index) => logits[index] ?? 0),
  };
}

/** A function that is none: chosen where none fits. */
const NO_TOOL = "none";

/**
 * Writes a call of one of `tools`: the name is chosen among theirs, the arguments are written by the schema, so that every
 * call is one that can be run. Undefined where the model may decline and chooses no tool.
 */
export async function* writeCall(
  writing: ForcedWriting,
  tools: readonly ToolSpec[],
  mayDecline = false,
): Steps<ToolCall | undefined> {
  const tail = '", "arguments": ';
  writing.push(`${CALL_START}\n{"name": "`);
  const names = [...(mayDecline ? [NO_TOOL] : []), ...tools.map(({ name }) => name)];
  const chosen = yield* writing.choose(names.map((name) => name + tail));
  const tool = tools.find(({ name }) => name + tail === chosen);
  if (tool === undefined) return undefined;
  const json = yield* writeValue(writing, { type: "object", ...tool.parameters });
  return { id: "0", name: tool.name, arguments: json };
}
