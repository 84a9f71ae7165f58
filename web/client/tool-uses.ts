/** A tool that was called for an answer. */
export interface ToolUse {
  readonly id: string;
  readonly name: string;
  /** Undefined while it is at work. */
  readonly outcome: "done" | "failed" | undefined;
}

/** More than any answer needs; a server must not fill the page with them. */
const MOST_USES = 20;

export function withCall(
  uses: readonly ToolUse[] = [],
  { id, name }: Pick<ToolUse, "id" | "name">,
): readonly ToolUse[] {
  return [...uses, { id, name, outcome: undefined }].slice(-MOST_USES);
}

export function withResult(
  uses: readonly ToolUse[] = [],
  id: string,
  outcome: ToolUse["outcome"],
): readonly ToolUse[] {
  return uses.map((use) => (use.id === id ? { ...use, outcome } : use));
}
