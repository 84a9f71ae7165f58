import type { TurnState } from "./turn-state.ts";

/** How one conversation's client wants turns to be taken. What it does not say is as the policy has it. */
export interface TurnManners {
  /** Silence that ends a turn, in milliseconds, whatever was said. Without it the words say how long that is. */
  readonly silenceMs?: number;
  /** How much longer than usual who pauses is waited for; below 1 it is shorter. @default 1 */
  readonly patience?: number;
  /**
   * What becomes of words that are said, or handed over, into an answer: they end it (the default), or it is heard to its
   * end, and they are answered then, or not before somebody asks for it.
   */
  readonly overlap?: "interrupts" | "answered-after" | "unanswered";
  /**
   * Silence behind an answer, in milliseconds, after which the assistant goes on by itself: once, until somebody has spoken or
   * has asked for an answer. Without it, and where the client ends the turns, it waits for as long as nobody speaks.
   */
  readonly idleMs?: number;
}

/** Whether who speaks may take the floor from the answer that is heard. */
export function mayTakeFloor({ taken, manners }: Pick<TurnState, "taken" | "manners">): boolean {
  return taken === "automatic" && !keepsFloor({ manners });
}

/** Whether answers are heard to their end, whoever speaks into them. */
export function keepsFloor({ manners: { overlap } }: Pick<TurnState, "manners">): boolean {
  return overlap !== undefined && overlap !== "interrupts";
}
