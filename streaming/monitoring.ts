import type { Answer } from "./answer.ts";
import type { Transcript } from "./contracts.ts";
import type { Verdict } from "./floor.ts";
import type { HeardWindow } from "./listening.ts";
import { decide } from "./monitor/index.ts";
import type { Decision } from "./monitor/index.ts";
import { StretchEvidence } from "./stretch-evidence.ts";

/** How certain it must be that a user who talks into silence means somebody else, or nothing. */
const SURE_ENOUGH = 0.8;

/** How certain a decision must be before the user has finished. */
const EARLY_ENOUGH = 0.75;

/** How long what the assistant said last is remembered, to know its echo and the answer to its question. */
const MEMORY_MS = 8000;

/** What the recogniser says at the moment, or at the end. */
export interface Words {
  readonly text: string;
  readonly transcript?: Transcript;
  readonly finishedProbability?: number | undefined;
}

/** Listens to what the user says, also while the assistant speaks, and decides what it is. */
export class Monitor {
  readonly #evidence = new StretchEvidence();
  #last: { readonly text: string; readonly endedMs: number } = { text: "", endedMs: -Infinity };

  hear(window: HeardWindow): void {
    this.#evidence.hear(window, !window.quiet);
  }

  /** A stretch of speech begins. */
  begin(): void {
    this.#evidence.begin();
  }

  /** An answer is over; `text` was heard of it. */
  noteAnswer(text: string, nowMs: number): void {
    this.#last = { text, endedMs: nowMs };
  }

  /**
   * What the stretch is, from its words so far (without a transcript) or all of them. `audible` is the answer that it
   * was said into.
   */
  judge(words: Words, audible: Answer | undefined, nowMs: number): { decision: Decision; verdict: Verdict } {
    const { text, transcript, finishedProbability } = words;
    const isFinal = transcript !== undefined;
    const remembered = nowMs - this.#last.endedMs < MEMORY_MS ? this.#last.text : "";
    const evidence = this.#evidence.gather({
      text,
      transcript,
      isFinal,
      finishedProbability,
      assistantSpeaking: audible !== undefined,
      spokenText: audible?.heardText ?? remembered,
    });
    const decision = decide(evidence);
    const verdict = verdictOf(decision, { isFinal, isOverlap: audible !== undefined });
    if (isFinal && verdict === "yield") this.#evidence.accept();
    return { decision, verdict };
  }
}

/**
 * What follows from a decision. Into an answer only what is meant for the assistant counts; into silence it is better to
 * answer once too often than to leave somebody without an answer.
 */
function verdictOf(
  { kind, probability }: Decision,
  { isFinal, isOverlap }: { readonly isFinal: boolean; readonly isOverlap: boolean },
): Verdict {
  if (!isFinal && probability < EARLY_ENOUGH) return "unclear";
  if (kind === "query" || kind === "stop") return "yield";
  if (kind === "incomplete") return "unclear";
  return isOverlap || probability >= SURE_ENOUGH ? "ignore" : "yield";
}
