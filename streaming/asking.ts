import type { ChatMessage } from "./contracts.ts";
import { SILENCE_NOTE } from "./long-silence.ts";
import { Look } from "./look.ts";
import type { SessionEvent } from "./session-events.ts";
import { isIdle, isTalking } from "./turn-state.ts";
import type { TurnEvent, TurnState } from "./turn-state.ts";
import { Unasked } from "./unasked.ts";

export interface AskingHost {
  /** Who has the floor. */
  readonly state: () => Pick<TurnState, "user" | "answer" | "taken">;
  /** What time it is for what is said unasked. */
  readonly nowMs: () => number;
  readonly dispatch: (event: TurnEvent) => void;
  readonly emit: (event: SessionEvent) => void;
  /** A look at what is in view now, for these words. */
  readonly look: (text: string) => Look;
  /** What stands in the context to be answered; empty where it ends with an answer. */
  readonly standing: () => string;
}

/** An answer that was asked for and has not begun. */
interface Wanted {
  readonly look: Look;
  /** It is answered whatever has come to stand there since. */
  readonly isAnew: boolean;
}

/** What answers are to: what is said or typed, what stands in the context; or nothing, where something is said unasked. */
export class Asking {
  readonly #host: AskingHost;
  readonly #unasked = new Unasked();
  /** The words at hand, with what was in view when they were said. */
  #words = new Look("");
  /** The same of what stands in the context and is to be answered. */
  #context = new Look("");
  #wanted: Wanted | undefined;
  /** Pieces of work that are being done: one may lead to another. */
  #working = 0;

  constructor(host: AskingHost) {
    this.#host = host;
  }

  /** Whether something is to be said once time has passed. */
  get awaitsTime(): boolean {
    return isIdle(this.#host.state()) && this.#unasked.isKeptBack;
  }

  type(text: string): void {
    this.#words = this.#host.look(text);
    this.#host.dispatch({ type: "text-typed", text });
  }

  /** Asks for an answer to what stands in the context, or to this prompt. */
  respond(prompt?: readonly ChatMessage[]): void {
    if (prompt === undefined) this.#want(this.#host.look(this.#host.standing()), false);
    else this.#want(new Look("", undefined, { prompt }), true);
  }

  #want(look: Look, isAnew: boolean): void {
    this.#wanted = { look, isAnew };
    if (!look.isOver) this.#host.dispatch({ type: "answer-wanted" }); // no answer waits for a look to fall silent
    look.find().then(
      () => {
        this.goOn();
      },
      () => undefined, // closed meanwhile
    );
    this.goOn();
  }

  say(text: string): void {
    this.#unasked.push(text);
    this.goOn();
  }

  /** What the user has just said. */
  hear(words: Look): void {
    this.#words = words;
  }

  /** What they have just said stands in the context from now on. */
  keep(): Look {
    this.#context = this.#words;
    return this.#words;
  }

  /** What comes next is to nobody's words: silence has lasted too long. */
  breakSilence(): void {
    this.#context = new Look("", undefined, { note: SILENCE_NOTE });
  }

  /** What an answer to this, or to what stands in the context, has to know, and what it is to say where that is known already. */
  orderOf({ turn, text }: { readonly turn: number; readonly text: string }): [Look, string | undefined] {
    return [text === "" ? this.#context : this.#words, this.#unasked.begin(turn)];
  }

  /** An answer begins: whatever it is to, it is the one that was asked for, unless that was to be about something else. */
  noteAnswer(): void {
    if (this.#wanted?.look.instead.prompt !== undefined) this.forget();
    this.#wanted = undefined;
    this.#unasked.endSilence();
  }

  /** An answer is over: what was stopped before a word of it was heard may be said again. */
  noteEnd({ turn, outcome, text }: Extract<SessionEvent, { readonly type: "answer-end" }>): void {
    if (outcome === "interrupted" && text === "") this.#unasked.takeBack(turn);
  }

  /** The user wants silence. */
  keepSilent(): void {
    this.#unasked.keepSilent(this.#host.nowMs());
    this.forget();
  }

  /** Nobody waits for the answer that was asked for any more. */
  forget(): void {
    if (this.#wanted !== undefined) this.#host.emit({ type: "respond-dropped" });
    this.#wanted = undefined;
  }

  /** Does some work; once that, and all that it is part of, is done, takes the turn that comes next. Throws what the work does. */
  goOnAfter(work: () => void): void {
    this.#working += 1;
    try {
      work();
    } finally {
      this.#working -= 1;
    }
    if (this.#working === 0) this.goOn();
  }

  /** Takes the turn that comes next, where it can be taken now. */
  goOn(): void {
    const state = this.#host.state();
    if (this.#wanted !== undefined) this.#answer(this.#wanted, state);
    else if (isIdle(state) && this.#unasked.takeNext(this.#host.nowMs()))
      this.#takeContext(new Look(""), true);
  }

  /** Whoever is speaking may be saying what the answer has to know, and may be answered by themselves. */
  #answer({ look, isAnew }: Wanted, state: ReturnType<AskingHost["state"]>): void {
    if (!look.isOver || (state.taken === "automatic" && isTalking(state))) return;
    this.#wanted = undefined;
    // Who was being listened to may have asked for more than what stood there; once, or it might never be answered.
    if (isAnew || look.text === this.#host.standing()) this.#takeContext(look, false);
    else this.#want(this.#host.look(this.#host.standing()), true);
  }

  #takeContext(look: Look, isUnasked: boolean): void {
    this.#context = look;
    this.#host.dispatch({ type: "text-typed", text: "", isUnasked });
  }
}
