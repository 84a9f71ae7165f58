import { AntiphonError } from "../../streaming/index.ts";
import type { GenerateRequest, ToolCall, ToolChoice, ToolSpec } from "../../streaming/index.ts";

/** Calls of one answer; more are not listened to. */
const CALLS_AT_MOST = 16;

/** Of all arguments of an answer together. */
const ARGUMENTS_AT_MOST = 100_000;

/** A request's tools as the chat completions API has them; nothing where there are none. */
export function wireTools({ tools = [], toolChoice = "auto" }: GenerateRequest): object {
  if (tools.length === 0 || toolChoice === "none") return {};
  return { tools: tools.map(wireTool), tool_choice: wireChoice(toolChoice) };
}

function wireTool({ name, description, parameters }: ToolSpec): object {
  return { type: "function", function: { name, description, parameters } };
}

function wireChoice(choice: ToolChoice): unknown {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
}

/** Calls as they stand in an assistant's message. */
export function wireCalls(calls: readonly ToolCall[]): object {
  return {
    tool_calls: calls.map(({ id, name, arguments: json }) => ({
      id,
      type: "function",
      function: { name, arguments: json },
    })),
  };
}

/** Calls that come in pieces: the first piece of each names it, all of them together hold its arguments. */
export class RemoteToolCalls {
  readonly #calls = new Map<number, { id: string; name: string; arguments: string }>();
  #characters = 0;

  /**
   * Takes `delta.tool_calls` of one event, whatever it is. Pieces without an index belong to the call before, unless they have
   * a name of their own: some servers send whole calls and no index. Returns whether anything came.
   * @throws AntiphonError `llm-unavailable` where the calls do not end.
   */
  push(pieces: unknown): boolean {
    if (!Array.isArray(pieces)) return false;
    for (const piece of pieces as readonly unknown[]) this.#take(fieldsOf(piece));
    return pieces.length > 0;
  }

  /** The calls that have a name; arguments that never came are none. */
  end(): readonly ToolCall[] {
    return [...this.#calls.values()]
      .filter(({ name }) => name !== "")
      .map((call, index) => ({
        ...call,
        id: call.id === "" ? String(index) : call.id,
        arguments: call.arguments.trim() === "" ? "{}" : call.arguments,
      }));
  }

  #take(piece: Readonly<Record<string, unknown>>): void {
    const { name, arguments: json } = fieldsOf(piece["function"]);
    const isNamed = typeof name === "string" && name !== "";
    const next = this.#calls.size;
    const index = typeof piece["index"] === "number" ? piece["index"] : isNamed ? next : next - 1;
    const call = this.#calls.get(index) ?? { id: "", name: "", arguments: "" };
    if (!this.#calls.has(index) && next >= CALLS_AT_MOST) return;
    if (typeof piece["id"] === "string" && call.id === "") call.id = piece["id"];
    if (isNamed && call.name === "") call.name = name;
    const text = typeof json === "string" ? json : isObject(json) ? JSON.stringify(json) : "";
    this.#characters += text.length;
    if (this.#characters > ARGUMENTS_AT_MOST)
      throw new AntiphonError("llm-unavailable", "the language model server sent arguments without an end");
    call.arguments += text;
    this.#calls.set(index, call);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? { ...value } : {};
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
