import { cluesOf } from "./clues.ts";
import type { Decision, Evidence, UtteranceKind } from "./types.ts";

/**
 * Where each kind starts, in log-odds, before any clue: speech with words is a query unless something speaks against it.
 */
const PRIORS: Readonly<Record<UtteranceKind, number>> = {
  query: 2,
  stop: -3,
  backchannel: -1,
  noise: -1,
  "side-talk": -1,
  incomplete: -0.5,
};

const KINDS = Object.keys(PRIORS) as readonly UtteranceKind[];

/**
 * What a stretch of user sound is to the assistant. A naive sum: each clue of `clues.ts` adds its log-odds to the kinds
 * that it speaks for, a softmax makes probabilities of the sums, and the likeliest kind wins. The reason is that of the clue that
 * spoke most for it.
 */
export function decide(evidence: Evidence): Decision {
  return classifyEarly(evidence) ?? weigh(evidence);
}

/** Before any words: how long a sound must have lasted before its likeness to what is played says something. */
const EARLY_ECHO_MS = 160;
const EARLY_ECHO = 0.6;
/** A sound no louder than that above the room is none of a user's. */
const EARLY_LEVEL_DB = 3;
/** Somebody so much quieter than the user is not the user: nothing is done before the words are known. */
const EARLY_BELOW_USER_DB = 12;

/**
 * What can be said before any words are known: that it is noise, or that it is better to wait for the words.
 * Undefined where it may well be the user who begins to speak, or where there are words: then `decide` knows more.
 */
export function classifyEarly(evidence: Evidence): Decision | undefined {
  const { text, isFinal, speechMs, levelDb, levelBelowUserDb = 0, echo } = evidence;
  if (text !== "" || isFinal) return undefined;
  if (speechMs >= EARLY_ECHO_MS && echo >= EARLY_ECHO) {
    return { kind: "noise", probability: echo, reason: "the sound is the assistant's own voice" };
  }
  if (levelDb < EARLY_LEVEL_DB) {
    return { kind: "noise", probability: 0.7, reason: "it is hardly louder than the room" };
  }
  if (levelBelowUserDb >= EARLY_BELOW_USER_DB) {
    return {
      kind: "incomplete",
      probability: 0.7,
      reason: "it is far quieter than this user: the words must tell",
    };
  }
  return undefined;
}

function weigh(evidence: Evidence): Decision {
  const clues = cluesOf(evidence);
  const scores = KINDS.map((kind) =>
    clues.reduce((sum, { weights }) => sum + (weights[kind] ?? 0), PRIORS[kind]),
  );
  const highest = Math.max(...scores);
  const kind = KINDS[scores.indexOf(highest)] ?? "incomplete";
  const total = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
  return { kind, probability: 1 / total, reason: strongest(clues, kind) };
}

/** The reason of the clue that speaks most for a kind. */
function strongest(clues: ReturnType<typeof cluesOf>, kind: UtteranceKind): string {
  let best = 0;
  let reason =
    kind === "query" ? "it is speech, and nothing speaks against its being meant for the assistant" : "";
  for (const { weights, reason: candidate } of clues) {
    if ((weights[kind] ?? 0) <= best) continue;
    best = weights[kind] ?? 0;
    reason = candidate;
  }
  return reason;
}
