import type { ServerMessage } from "../../src/server/protocol.ts";
import { FRAME_MS } from "./capture-messages.ts";

const PATIENCE_MS = 1800;

/** Which answer a patient client keeps back, and for how long nobody has spoken. Time is that of the microphone's frames. */
export class Patience {
  #quietMs = 0;
  #turn: number | undefined;

  /** The turn whose answer is kept back. */
  get turn(): number | undefined {
    return this.#turn;
  }

  /** Whether nobody has spoken for so long that an answer may be heard. */
  get isOver(): boolean {
    return this.#quietMs >= PATIENCE_MS;
  }

  /** Counts a frame; the server says who speaks, since a fan is louder than some voices. */
  pass(isUserSpeaking: boolean): void {
    this.#quietMs = isUserSpeaking ? 0 : this.#quietMs + FRAME_MS;
  }

  hold(turn: number): void {
    this.#turn = turn;
  }

  release(): void {
    this.#turn = undefined;
  }

  /** Whether what is kept back has become worthless: something else was asked, or it is over. A cough changes nothing. */
  isOvertakenBy(message: ServerMessage): boolean {
    if (this.#turn === undefined) return false;
    if (message.type === "decision")
      return message.turn !== this.#turn && (message.kind === "query" || message.kind === "stop");
    if (message.type === "answer-end") return message.outcome !== "completed";
    return message.type === "answer-start";
  }
}
