import type { SessionOptions, ToolBox, ToolSpec } from "../../../streaming/index.ts";
import type { SessionConfig } from "./session-config.ts";
import type { FunctionTool } from "./session-schema.ts";

/** Tools that the client runs: it is told of each call, and brings what came of it as an item. */
function clientTools(tools: readonly FunctionTool[]): ToolBox {
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

/** What of a session says which tools there are, and which are to be called. */
export function toolSettings(config: SessionConfig): Pick<SessionOptions, "tools" | "toolChoice"> {
  const { tools, tool_choice: choice } = config;
  return {
    tools: clientTools(tools),
    toolChoice: typeof choice === "string" ? choice : { name: choice.name },
  };
}
