import type { SessionInput } from "./session-events.ts";
import type { TurnEvent } from "./turn-state.ts";

/** What a client has said of its sound, and the place that it is about. */
export type Mark = Extract<TurnEvent, { readonly type: "turn-committed" | "clear" }>;

const EVENTS = { commit: "turn-committed", clear: "clear" } as const satisfies Partial<
  Record<SessionInput["type"], Mark["type"]>
>;

/** What a client says of the sound that it has sent, until as much is listened to. */
export class SoundMarks {
  readonly #marks: Mark[] = [];

  /** `atMs`: where the sound stands that it is about. */
  add(said: keyof typeof EVENTS, atMs: number): void {
    this.#marks.push({ type: EVENTS[said], atMs });
  }

  /** The sound that they are about will not be heard. */
  forget(): void {
    this.#marks.length = 0;
  }

  /** Takes out those for sound before `heardMs`, in order. */
  *due(heardMs: number): Generator<Mark, void, void> {
    for (let [mark] = this.#marks; mark && mark.atMs < heardMs; [mark] = this.#marks) {
      this.#marks.shift();
      yield mark;
    }
  }
}
