import type { ServerMessage } from "../../src/server/protocol.ts";

/** What the monitor holds a stretch of sound for. */
export interface DecisionMessage {
  readonly type: "decision";
  readonly turn: number;
  readonly kind: string;
  readonly probability: number;
  readonly reason: string;
  /** In ms of the user's sound. */
  readonly atMs: number;
}

/** How loud an answer may be. */
export interface FloorMessage {
  readonly type: "floor";
  readonly turn: number;
  readonly level: "ducked" | "paused" | "full";
  /** In ms of the user's sound. */
  readonly atMs: number;
}

/** Servers without a monitor send neither decisions nor levels. */
export type DuplexMessage = ServerMessage | DecisionMessage | FloorMessage;

/** A message and when it came, on the clock of the recording. */
export interface LogEvent {
  readonly receivedMs: number;
  readonly message: DuplexMessage;
}

/** Messages of one type, with the time at which they came. */
export type EventOf<Type extends DuplexMessage["type"]> = Extract<DuplexMessage, { readonly type: Type }> & {
  readonly receivedMs: number;
};

/** The messages of one type, in order. */
export function eventsOf<Type extends DuplexMessage["type"]>(
  events: readonly LogEvent[],
  type: Type,
): EventOf<Type>[] {
  return events.flatMap(({ receivedMs, message }) =>
    isOfType(message, type) ? [{ ...message, receivedMs }] : [],
  );
}

function isOfType<Type extends DuplexMessage["type"]>(
  message: DuplexMessage,
  type: Type,
): message is Extract<DuplexMessage, { readonly type: Type }> {
  return message.type === type;
}

/** Everything that a server said, and what follows from it. */
export class DuplexLog {
  readonly events: LogEvent[] = [];
  #begun = 0;
  #answeringTurn = 0;

  /** How many answers have begun. */
  get answersBegun(): number {
    return this.#begun;
  }

  get isAnswering(): boolean {
    return this.#answeringTurn > 0;
  }

  note(receivedMs: number, message: DuplexMessage): void {
    this.events.push({ receivedMs, message });
    if (message.type === "answer-start") {
      this.#begun += 1;
      this.#answeringTurn = message.turn;
    }
    if (message.type === "answer-end" && message.turn === this.#answeringTurn) this.#answeringTurn = 0;
  }
}
