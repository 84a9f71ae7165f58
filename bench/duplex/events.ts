import type { ServerMessage } from "../../src/server/protocol.ts";

/** A message and when it came, on the clock of the recording. */
export interface LogEvent {
  readonly receivedMs: number;
  readonly message: ServerMessage;
}

/** Messages of one type, with the time at which they came. */
export type EventOf<Type extends ServerMessage["type"]> = Extract<ServerMessage, { readonly type: Type }> & {
  readonly receivedMs: number;
};

/** The messages of one type, in order. */
export function eventsOf<Type extends ServerMessage["type"]>(
  events: readonly LogEvent[],
  type: Type,
): EventOf<Type>[] {
  return events.flatMap(({ receivedMs, message }) =>
    isOfType(message, type) ? [{ ...message, receivedMs }] : [],
  );
}

function isOfType<Type extends ServerMessage["type"]>(
  message: ServerMessage,
  type: Type,
): message is Extract<ServerMessage, { readonly type: Type }> {
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

  note(receivedMs: number, message: ServerMessage): void {
    this.events.push({ receivedMs, message });
    if (message.type === "answer-start") {
      this.#begun += 1;
      this.#answeringTurn = message.turn;
    }
    if (message.type === "answer-end" && message.turn === this.#answeringTurn) this.#answeringTurn = 0;
  }
}
