import { NOTHING_SEEN } from "./seen.ts";
import type { Seen } from "./seen.ts";
import type { SessionEvent } from "./session-events.ts";
import { isTalking } from "./turn-state.ts";
import type { TurnEvent, TurnState } from "./turn-state.ts";
import { Unasked } from "./unasked.ts";
import type { Viewing } from "./viewing.ts";

export interface AskingHost {
  /** Who has the floor. */
  readonly state: () => Pick<TurnState, "user" | "answer" | "taken">;
  /** What time it is for what is typed. */
  readonly nowMs: () => number;
  readonly dispatch: (event: TurnEvent) => void;
  readonly emit: (event: SessionEvent) => void;
  /** Takes a turn of these words, or of none; its answer is to say `announcement`, where there is one. */
  readonly take: (text: string, seen: Seen, announcement?: string) => void;
}

/** Turns that nobody speaks: what is typed, an answer to what stands in the context, and what is to be said unasked. */
export class Asking {
  readonly #viewing: Pick<Viewing, "typed" | "forgetTyped"> | undefined;
  readonly #host: AskingHost;
  readonly #unasked = new Unasked();
  /** An answer that was asked for and has not begun, with what is in view for it once that is known. */
  #wanted: { seen?: Seen } | undefined;

  /** Without a view, nothing is looked at. */
  constructor(viewing: Pick<Viewing, "typed" | "forgetTyped"> | undefined, host: AskingHost) {
    this.#viewing = viewing;
    this.#host = host;
  }

  type(text: string): void {
    this.#hush();
    this.#look(text, (seen) => {
      this.#host.take(text, seen);
    });
  }

  respond(): void {
    this.#hush();
    const wanted: { seen?: Seen } = {};
    this.#wanted = wanted;
    this.#look("", (seen) => {
      wanted.seen = seen;
      this.goOn();
    });
  }

  say(text: string): void {
    this.#unasked.push(text);
    this.goOn();
  }

  /** An answer begins: whatever it is to, it is the one that was asked for. */
  noteAnswer(): void {
    this.#wanted = undefined;
  }

  /** Whoever typed or asked wants silence. */
  forget(): void {
    if (this.#wanted !== undefined) this.#host.emit({ type: "respond-dropped" });
    this.#wanted = undefined;
    this.#viewing?.forgetTyped();
  }

  /** Takes the turn that comes next, where it can be taken now. */
  goOn(): void {
    const state = this.#host.state();
    if (this.#wanted !== undefined) this.#answer(this.#wanted, state);
    else if (state.user.phase === "silent" && state.answer === undefined) {
      const text = this.#unasked.next();
      if (text !== undefined) this.#host.take("", NOTHING_SEEN, text);
    }
  }

  /** Whoever is speaking may be saying what the answer has to know, and may be answered by themselves. */
  #answer({ seen }: { readonly seen?: Seen }, state: ReturnType<AskingHost["state"]>): void {
    if (seen === undefined || (state.taken === "automatic" && isTalking(state))) return;
    this.#wanted = undefined;
    this.#host.take("", seen);
  }

  /** No answer waits for a look to fall silent. */
  #hush(): void {
    if (this.#viewing !== undefined) this.#host.dispatch({ type: "interrupt" });
  }

  #look(text: string, act: (seen: Seen) => void): void {
    if (this.#viewing === undefined) act(NOTHING_SEEN);
    else this.#viewing.typed(text, this.#host.nowMs(), act);
  }
}
