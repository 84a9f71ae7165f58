import type { ToolBox, ToolSpec } from "../../../streaming/index.ts";
import type { FunctionTool } from "./session-schema.ts";

/** Tools that the client runs: it is told of each call, and brings what came of it as an item. */
export function clientTools(tools: readonly FunctionTool[]): ToolBox {
  const specs = tools.map(({ name, description, parameters }): ToolSpec => ({
    name,
    description,
    parameters,
  }));
  return {
    list: () => specs,
    call: () => Promise.resolve({ type: "handed-over" }),
  };
}
