import { isDirect, mayLeadOn, wordsOf } from "./monitor/index.ts";
import type { Pausing, TurnPolicy, TurnState } from "./turn-state.ts";

/** Answers, greetings and the like are no longer than that, and whole. */
const SHORT_WORDS = 3;

type Said = Pick<Pausing, "finishedProbability" | "text" | "verdict" | "isCommitted">;

/** Silence that a pausing user is given before the turn counts as finished. */
export function patience(
  state: Pick<TurnState, "patienceMs" | "manners"> & { readonly answer?: TurnState["answer"] },
  user: Said,
  policy: TurnPolicy,
): number {
  if (user.isCommitted === true) return 0;
  const { silenceMs, patience: scale = 1 } = state.manners;
  const patienceMs = silenceMs ?? scale * asWordsAsk(state, user, policy);
  // Over an answer, a sound without words is the beginning of something at once, or nothing.
  const isSound = state.answer?.gate === "open" && user.text === "";
  return isSound ? Math.min(patienceMs, policy.resumeAfterMs) : patienceMs;
}

function asWordsAsk({ patienceMs }: Pick<TurnState, "patienceMs">, user: Said, policy: TurnPolicy): number {
  const { finishedProbability = 0, text = "", verdict } = user;
  const seemsFinished = finishedProbability >= policy.finishedProbability;
  if (verdict === "unclear") return seemsFinished ? policy.unfinishedMs : policy.unfinishedMaxMs;
  if (verdict === "await") return policy.unfinishedMaxMs;
  const mayEnd = !mayLeadOn(text);
  // Who pauses long within turns is also given more where the model takes a pause for the end.
  if (seemsFinished && mayEnd)
    return Math.max(leastOf(text, policy), Math.min(policy.questionMs, patienceMs / 2));
  if (text.trimEnd().endsWith("?") && mayEnd) return policy.questionMs;
  return Math.min(policy.unfinishedMaxMs, Math.max(policy.unfinishedMs, patienceMs));
}

/** Behind a statement the question that it leads to may come; it is said in one breath with it, or nearly so. */
function leastOf(text: string, { finishedMs, statementMs }: TurnPolicy): number {
  return isDirect(text) || wordsOf(text).length <= SHORT_WORDS ? finishedMs : statementMs;
}
