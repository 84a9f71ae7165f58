import type { CallOptions, ToolCall, ToolSpec } from "./contracts.ts";

/** What has become of a call. */
export type ToolOutcome =
  /** What the language model is told of it: data, never an instruction. */
  | { readonly type: "result"; readonly text: string }
  /** Somebody else runs it, such as the program at the other end, and adds the result to the conversation later. */
  | { readonly type: "handed-over" };

/** What a tool can do with the conversation that it is called in. */
export interface ToolSurroundings {
  /** Has the assistant say something unasked, as soon as nobody else talks or wants silence; also long after the call. */
  readonly say: (text: string) => void;
  /** What is in view, in words, with more of it than is told of every picture. */
  readonly look: (options: CallOptions) => Promise<string>;
  /** What is printed in view. */
  readonly readText: (options: CallOptions) => Promise<string>;
}

/** The tools that a conversation has. */
export interface ToolBox {
  /** In a stable order; may change between two answers. */
  list(): readonly ToolSpec[];
  /**
   * Runs a tool. Called at most once for each call, after its arguments were found to fit the tool's parameters, and only
   * when the answer that it belongs to may be heard. A rejection is told to the language model as a failure.
   */
  call(call: ToolCall, surroundings: ToolSurroundings, options: CallOptions): Promise<ToolOutcome>;
}
