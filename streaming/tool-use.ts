import { isAgreement } from "./agreement-words.ts";
import type { Clock } from "./clock.ts";
import type { ToolCall } from "./contracts.ts";
import { messageOf } from "./errors.ts";
import type { SessionEvent } from "./session-events.ts";
import { within } from "./time-limit.ts";
import { shortResult, type ToolRound } from "./tool-round.ts";
import type { ToolBox, ToolOutcome, ToolSurroundings } from "./tools.ts";

/** A call that takes longer is given up. */
const TOOL_PATIENCE_MS = 30_000;

/** A yes that comes later, counted from when the question is written, is one to something else. */
const AGREE_WITHIN_MS = 45_000;

const NOT_AGREED = "Not done: the user is asked first.";

export type ToolEvent = Extract<SessionEvent, { readonly type: `tool-${string}` }>;

/** How a round of calls has ended. */
export type RoundEnd =
  /** The language model can go on. */
  | { readonly type: "results" }
  /** The user is to be asked this about these calls; their next words decide. */
  | { readonly type: "question"; readonly text: string; readonly calls: readonly ToolCall[] }
  /** Somebody else has to bring results first. */
  | { readonly type: "handed-over" };

/** Who calls, and whether the user has agreed to it already. */
export interface ToolOrder {
  readonly turn: number;
  readonly tools: ToolBox;
  readonly isAgreed: boolean;
}

/**
 * The tools of a conversation as they are used. Calls outlive the answer that they were made for: what was begun is finished,
 * and its result is kept. What changes the world waits for the user's own yes, which no language model can give.
 */
export class ToolUse {
  readonly #surroundings: ToolSurroundings;
  readonly #clock: Clock;
  readonly #emit: (event: ToolEvent) => void;
  readonly #closing = new AbortController();
  #waiting: readonly ToolCall[] = [];
  #askedMs = 0;

  constructor(surroundings: ToolSurroundings, clock: Clock, emit: (event: ToolEvent) => void) {
    this.#surroundings = surroundings;
    this.#clock = clock;
    this.#emit = emit;
  }

  /** What these words, if the user says them now, set free of what waits for their word. */
  agreedBy(words: string): readonly ToolCall[] {
    return isAgreement(words) && this.#clock.nowMs() - this.#askedMs < AGREE_WITHIN_MS ? this.#waiting : [];
  }

  /** The user is being asked about these: they wait for the next words, for a while. */
  awaitWord(calls: readonly ToolCall[]): void {
    this.#waiting = calls;
    this.#askedMs = this.#clock.nowMs();
  }

  /** Something else is answered or said: nothing waits any more. */
  forgetWaiting(): void {
    this.#waiting = [];
  }

  /** Runs the calls of a round side by side, but for those that need a yes. Settles each; never rejects. */
  async run(round: ToolRound, { turn, tools, isAgreed }: ToolOrder): Promise<RoundEnd> {
    const risky = new Set(
      tools.list().flatMap(({ name, sideEffect }) => (sideEffect === true ? [name] : [])),
    );
    const asks = ({ name, arguments: json }: ToolCall): boolean =>
      !isAgreed && risky.has(name) && argumentsOf(json) !== undefined;
    const asked = round.calls.filter(asks);
    const ended = await Promise.all(
      round.calls.filter((call) => !asks(call)).map((call) => this.#run(round, call, { turn, tools })),
    );
    if (asked.length > 0) {
      for (const { id } of asked) round.settle(id, NOT_AGREED);
      return { type: "question", text: questionAbout(asked), calls: asked };
    }
    return { type: ended.includes("handed-over") ? "handed-over" : "results" };
  }

  close(): void {
    this.#closing.abort(new DOMException("the conversation is closed", "AbortError"));
  }

  async #run(
    round: ToolRound,
    call: ToolCall,
    { turn, tools }: Omit<ToolOrder, "isAgreed">,
  ): Promise<ToolOutcome["type"]> {
    this.#emit({ type: "tool-call", turn, call });
    const { outcome, result } = await this.#outcomeOf(call, tools);
    if (result.type === "handed-over") {
      this.#emit({ type: "tool-handed-over", turn, call });
      return "handed-over";
    }
    const text = shortResult(result.text);
    round.settle(call.id, text);
    this.#emit({ type: "tool-result", turn, callId: call.id, outcome, text });
    return "result";
  }

  async #outcomeOf(
    call: ToolCall,
    tools: ToolBox,
  ): Promise<{ readonly outcome: "done" | "failed"; readonly result: ToolOutcome }> {
    try {
      if (!tools.list().some(({ name }) => name === call.name)) throw new Error("there is no such tool");
      if (argumentsOf(call.arguments) === undefined) throw new Error("the arguments are not a JSON object");
      const result = await within(TOOL_PATIENCE_MS, this.#clock, this.#closing.signal, (signal) =>
        tools.call(call, this.#surroundings, { signal }),
      );
      return { outcome: "done", result };
    } catch (error) {
      const text = `Error: ${messageOf(error)}`;
      return { outcome: "failed", result: { type: "result", text } };
    }
  }
}

/** Undefined where it is not JSON of an object. */
function argumentsOf(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Put by rule: the language model cannot ask for less than it does. */
function questionAbout(calls: readonly ToolCall[]): string {
  const deeds = calls.map(({ name, arguments: json }) =>
    [wordsOf(name), ...Object.entries(argumentsOf(json) ?? {}).map(detailOf)].join(", "),
  );
  return `Shall I do this: ${deeds.join("; ")}?`;
}

function detailOf([name, value]: readonly [string, unknown]): string {
  return `${wordsOf(name)} ${typeof value === "string" ? value : JSON.stringify(value)}`;
}

/** `HassTurnOn` and `lock_door` as they are spoken. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/gu, "$1 $2")
    .replace(/[_.-]+/gu, " ")
    .toLowerCase()
    .trim();
}
