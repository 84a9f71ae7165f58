import type { CallOptions, ToolSpec, ToolSurroundings } from "../../streaming/index.ts";

/** A tool that runs here, or is reached from here. */
export interface Tool {
  readonly spec: ToolSpec;
  /** Takes arguments that fit the tool's schema; a rejection's message is told to the language model. */
  run(
    values: Readonly<Record<string, unknown>>,
    surroundings: ToolSurroundings,
    options: CallOptions,
  ): Promise<string>;
}

/** Some tools, under the name that is put before theirs where two have the same one. */
export interface ToolSource {
  readonly name: string;
  /** May change. */
  tools(): readonly Tool[];
}
