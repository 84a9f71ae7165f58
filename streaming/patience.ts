import type { Pausing, TurnPolicy, TurnState } from "./turn-state.ts";

/** Silence that a pausing user is given before the turn counts as finished. */
export function patience(
  state: Pick<TurnState, "patienceMs">,
  user: Pick<Pausing, "finishedProbability" | "text" | "verdict" | "isCommitted">,
  policy: TurnPolicy,
): number {
  const { finishedProbability = 0, text = "", verdict } = user;
  if (user.isCommitted === true) return 0;
  const seemsFinished = finishedProbability >= policy.finishedProbability;
  if (verdict === "unclear") return seemsFinished ? policy.unfinishedMs : policy.unfinishedMaxMs;
  if (verdict === "await") return policy.unfinishedMaxMs;
  if (seemsFinished) return policy.finishedMs;
  if (text.trimEnd().endsWith("?")) return policy.questionMs;
  return Math.min(policy.unfinishedMaxMs, Math.max(policy.unfinishedMs, state.patienceMs));
}
