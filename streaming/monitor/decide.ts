import { cluesOf } from "./clues.ts";
import type { Clue } from "./clues.ts";
import type { Decision, Evidence, UtteranceKind } from "./types.ts";
import { isRequest } from "./words.ts";

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

/** A query of less than that probability may as well be meant for somebody else. */
const SURE_OF_QUERY = 0.97;

/**
 * Whether the language model's word (`addressed`) is worth waiting for: the words are all there, they would be taken for a
 * query, and neither are they a question or a request nor does anything else settle whom they are meant for. Into silence
 * every answer would have to wait for it: there it is better to answer once too often. What is in view spares nobody its word.
 */
export function leavesOpen(evidence: Evidence): boolean {
  if (!evidence.isFinal || !evidence.assistantSpeaking || isRequest(evidence.text)) return false;
  const { kind, probability } = decide({ ...evidence, inView: undefined });
  return kind === "query" && probability < SURE_OF_QUERY;
}

/** Before any words: how long a sound must have lasted before its likeness to what is played says something. */
const EARLY_ECHO_MS = 160;
const EARLY_ECHO = 0.6;
/** A sound no louder than that above the room is none of a user's. */
const EARLY_LEVEL_DB = 3;
/** Somebody so much quieter than the user is hardly the user who speaks to the assistant; the words must tell. */
const EARLY_BELOW_USER_DB = 9;

/**
 * What can be said before any words are known: that it is noise, or that it is hardly the user.
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
      kind: "side-talk",
      probability: 0.7,
      reason: "it is far quieter than this user: the words must tell",
    };
  }
  return undefined;
}

/** Probability of each kind if the speaker had said all: what that becomes which is still incomplete. */
export function ifWhole(evidence: Evidence): Readonly<Record<UtteranceKind, number>> {
  return probabilities({ ...scoresOf(cluesOf(evidence)), incomplete: -Infinity });
}

function weigh(evidence: Evidence): Decision {
  const clues = cluesOf(evidence);
  const likely = probabilities(scoresOf(clues));
  const probability = Math.max(...Object.values(likely));
  const kind = KINDS.find((candidate) => likely[candidate] === probability) ?? "incomplete";
  return { kind, probability, reason: strongest(clues, kind) };
}

type ByKind = Readonly<Record<UtteranceKind, number>>;

/** Log-odds of each kind. */
function scoresOf(clues: readonly Clue[]): ByKind {
  return byKind((kind) => clues.reduce((sum, { weights }) => sum + (weights[kind] ?? 0), PRIORS[kind]));
}

function probabilities(scores: ByKind): ByKind {
  const highest = Math.max(...Object.values(scores));
  const odds = byKind((kind) => Math.exp(scores[kind] - highest));
  const total = Object.values(odds).reduce((sum, value) => sum + value, 0);
  return byKind((kind) => odds[kind] / total);
}

function byKind(valueOf: (kind: UtteranceKind) => number): ByKind {
  return Object.fromEntries(KINDS.map((kind) => [kind, valueOf(kind)])) as ByKind;
}

/** The reason of the clue that speaks most for a kind. */
function strongest(clues: readonly Clue[], kind: UtteranceKind): string {
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
