import type { ToolBox, ToolCall, ToolOutcome, ToolSpec, ToolSurroundings } from "../../streaming/index.ts";

export type FakeTool = Partial<ToolSpec> & {
  readonly run: (
    values: Readonly<Record<string, unknown>>,
    surroundings: ToolSurroundings,
  ) => Promise<string> | string | ToolOutcome;
};

/** Tools by their names, and what was called of them. */
export class FakeTools implements ToolBox {
  readonly called: ToolCall[] = [];
  readonly #tools: Readonly<Record<string, FakeTool>>;

  constructor(tools: Readonly<Record<string, FakeTool>>) {
    this.#tools = tools;
  }

  list(): readonly ToolSpec[] {
    return Object.entries(this.#tools).map(([name, { description, parameters, sideEffect = false }]) => ({
      name,
      description: description ?? `Does ${name}.`,
      parameters: parameters ?? { type: "object", properties: {} },
      sideEffect,
    }));
  }

  async call(call: ToolCall, surroundings: ToolSurroundings): Promise<ToolOutcome> {
    this.called.push(call);
    const values = JSON.parse(call.arguments) as Record<string, unknown>;
    const result = await this.#tools[call.name]?.run(values, surroundings);
    return typeof result === "object" ? result : { type: "result", text: result ?? "" };
  }
}
