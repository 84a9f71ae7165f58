import { Answer, type AnswerModels, type AnswerObserver } from "./answer.ts";
import { changesAnswers } from "./changes-answers.ts";
import type { Clock } from "./clock.ts";
import type { CurrentAnswer } from "./current-answer.ts";
import type { AntiphonError } from "./errors.ts";
import type { FloorLevel } from "./floor.ts";
import { ConversationHistory, UNANSWERED } from "./history.ts";
import type { Look } from "./look.ts";
import { SeatWarming } from "./seat-warming.ts";
import { Seats } from "./seats.ts";
import { NOTHING_SEEN, type Seen } from "./seen.ts";
import type { AnswerOutcome, SessionEvent, SessionInput, SessionOptions } from "./session-events.ts";
import type { WorkKey } from "./turn-state.ts";
import { ToolUse } from "./tool-use.ts";
import type { ToolSurroundings } from "./tools.ts";
import { TurnStopwatch } from "./turn-stopwatch.ts";

export interface AnsweringObserver {
  readonly emit: (event: SessionEvent) => void;
  readonly onError: (turn: number, error: AntiphonError) => void;
  /** An answer is over, after its `answer-end`; `text` was heard of it: its end, too, unless somebody else goes on with it. */
  readonly onOver: (turn: number, text: string, isHeardOut: boolean) => void;
}

export interface AnsweringSettings {
  readonly options: SessionOptions;
  readonly clock: Clock;
  /** What tools can do with the conversation. */
  readonly surroundings: ToolSurroundings;
}

/** The assistant's side of a conversation: at most one answer, the two seats, and what was said before. */
export class Answering {
  readonly stopwatch: TurnStopwatch;
  readonly #models: AnswerModels;
  #options: SessionOptions;
  readonly #clock: Clock;
  readonly #observer: AnsweringObserver;
  readonly #history: ConversationHistory;
  readonly #seats = new Seats(crypto.randomUUID());
  readonly #warming: SeatWarming;
  readonly #toolUse: ToolUse;
  #current: CurrentAnswer | undefined;
  /** A question that nobody has asked to be answered. */
  #unasked: (WorkKey & Pick<CurrentAnswer, "question" | "look">) | undefined;
  /** Said into the answer that is heard. */
  readonly #meanwhile: Look[] = [];
  /** What is in view for the next question. */
  #seen: Seen = NOTHING_SEEN;

  constructor(
    models: AnswerModels,
    { options, clock, surroundings }: AnsweringSettings,
    observer: AnsweringObserver,
  ) {
    this.#models = models;
    this.#options = options;
    this.#clock = clock;
    this.#observer = observer;
    this.stopwatch = new TurnStopwatch(clock);
    this.#history = new ConversationHistory(options.systemPrompt);
    this.#toolUse = new ToolUse(surroundings, clock, (event) => {
      // An answer that is over has left the call in the history, without its result.
      if (event.type === "tool-result") this.#history.settle(event.callId, event.text);
      observer.emit(event);
    });
    const place = { seats: this.#seats, history: this.#history, maxTokens: options.maxAnswerTokens };
    this.#warming = new SeatWarming(models.languageModel, place);
    this.#warming.warm(this.#history.withQuestion(""));
  }

  /** Other settings, for the answers from now on: one that waits behind its gate is begun anew. */
  configure(settings: Partial<SessionOptions>): void {
    const isOutdated = changesAnswers(this.#options, settings);
    this.#options = { ...this.#options, ...settings };
    if (settings.systemPrompt !== undefined) this.#history.instruct(settings.systemPrompt);
    if (!(isOutdated && this.#beginAnew()) && settings.systemPrompt !== undefined) this.#getReady();
  }

  /** Begins what waits behind its gate anew, as things are now. Returns whether there is something. */
  #beginAnew(): boolean {
    const waiting = this.#unasked ?? this.#gated;
    if (waiting === undefined) return false;
    if (this.#unasked === undefined) this.drop(waiting);
    this.prepare(waiting, waiting.question, waiting.look);
    return true;
  }

  /** What was said into an answer that goes on: it is known of when that one is over. */
  keepWords(words: Look): void {
    void words.find();
    this.#meanwhile.push(words);
  }

  /** Also for an answer that waits behind its gate: that one is begun anew. */
  changeContext({ type, messages }: Extract<SessionInput, { readonly type: `${string}-context` }>): void {
    if (type === "add-context") this.#history.append(messages);
    else this.#history.replace(messages); // behind which comes what is being said, and was said into that
    if (!this.#beginAnew()) this.#getReady();
  }

  /** What stands in the history to be answered. */
  get standing(): string {
    return this.#history.standing;
  }

  /** The answer that is heard at the moment. */
  get audible(): Answer | undefined {
    return this.#current?.timings === undefined ? undefined : this.#current.answer;
  }

  /** The one that waits behind its gate. */
  get #gated(): CurrentAnswer | undefined {
    return this.#current?.timings === undefined ? this.#current : undefined;
  }

  /** What is in view from now on; where nobody is about to be answered, what it costs to know that is spent at once. */
  see(seen: Seen): void {
    this.#seen = seen;
    const { growing } = this.#warming;
    if (growing === "") this.#getReady();
    else this.#warming.warmAnew(this.#historyWith("heard").withQuestion(growing, seen));
  }

  /** Whether words are kept whatever they are: a client that decides itself what is answered wants all that is said to it. */
  keeps(text: string): boolean {
    return text !== "" && this.#options.answers === "when-asked" && this.audible === undefined;
  }

  /** Gets the monitor's seat ready for a question of which nothing is known: it has all the time that an answer sounds. */
  #getReady(): void {
    if (this.#gated !== undefined || this.#current?.written === false) return;
    this.#warming.warm(this.#historyWith("whole").withQuestion("", this.#seen));
  }

  /** Gets the monitor's seat ready for a question that begins so, as far as one can tell. */
  expect(beginning: string): void {
    if (this.#gated !== undefined) return;
    this.#warming.warmGrowing(beginning, this.#historyWith("heard").withQuestion(beginning, this.#seen));
  }

  /** The history as it would be with so much of the current answer, if there is one. */
  #historyWith(part: "heard" | "whole"): ConversationHistory {
    const current = this.#current;
    if (current === undefined) return this.#history;
    return this.#history.supposing(current.question, current.look.seen, current.answer[part]);
  }

  /** The question has come, or takes another course: what was done ahead of it gives way. */
  stopExpecting(): void {
    this.#warming.stop();
  }

  /**
   * Begins an answer to a question on the monitor's seat, behind its gate, as soon as what was in view is seen; an empty one
   * asks for what stands in the context. Where there is a `text`, that is what it says.
   */
  prepare({ turn, revision }: WorkKey, question: string, look: Look, text?: string): void {
    const finding = look.find();
    this.#current?.answer.stop();
    this.#warming.stop();
    this.#unasked = undefined;
    if (question !== "" && this.#options.answers === "when-asked") {
      this.#unasked = { turn, revision, question, look };
      return;
    }
    this.stopwatch.expect(turn);
    const settings = { options: this.#options, clock: this.#clock, toolUse: this.#toolUse };
    const observer = this.#observerOf(turn, () => current);
    const current: CurrentAnswer = {
      turn,
      revision,
      question,
      look,
      answer: new Answer(this.#models, settings, observer),
      begunMs: this.#clock.nowMs(),
      failed: false,
      written: false,
    };
    this.#current = current;
    const agreed = this.#toolUse.agreedBy(question);
    const request = { turn, seat: this.#seats.monitor, agreed, ...(text !== undefined && { text }) };
    finding.then(
      () => {
        if (this.#current !== current) return;
        const messages = this.#history.promptFor(question, look);
        const { context, hasCutAnswer: wholeSentences } = this.#history;
        const conversation = messages === look.instead.prompt ? undefined : context;
        current.answer.begin({ ...request, messages, conversation, wholeSentences });
      },
      () => undefined, // closed meanwhile
    );
  }

  #observerOf(turn: number, current: () => CurrentAnswer): AnswerObserver {
    const { emit, onError } = this.#observer;
    return {
      onText: (text) => {
        emit({ type: "answer-delta", turn, text });
      },
      onAudio: (frame) => {
        // One that was on its way when the answer was stopped is not heard any more.
        if (this.#current === current()) emit({ type: "answer-audio", turn, frame });
      },
      onWords: (words) => {
        emit({ type: "answer-words", turn, words });
      },
      onWritten: () => {
        current().written = true;
        this.#getReady();
      },
      onAudioEnd: () => {
        emit({ type: "audio-end", turn });
      },
      onEnd: (outcome) => {
        if (outcome === "failed" && current().timings === undefined) current().failed = true;
        else this.finish(outcome);
      },
      onError: (error) => {
        onError(turn, error);
      },
    };
  }

  /** What was begun for this key is not wanted any more; an answer that is heard already is none of it. */
  drop({ turn, revision }: WorkKey): void {
    if (this.#unasked?.turn === turn && this.#unasked.revision === revision) this.#unasked = undefined;
    const gated = this.#gated;
    const isTheirs = gated?.turn === turn && gated.revision === revision;
    this.stopwatch.countRevision(isTheirs ? this.#clock.nowMs() - gated.begunMs : undefined);
    if (!isTheirs) return;
    gated.answer.stop();
    this.#current = undefined;
  }

  /** Lets the answer be heard: from now on its seat is the generator's. */
  open(turn: number): void {
    this.stopwatch.noteEndOfTurn();
    this.#toolUse.forgetWaiting();
    if (this.#unasked?.turn === turn) {
      this.#history.add(this.#unasked.question, this.#unasked.look.seen, UNANSWERED);
      this.#unasked = undefined;
      this.#observer.onOver(turn, "", false);
      this.#getReady();
      return;
    }
    const current = this.#current;
    if (current === undefined) return;
    current.timings = this.stopwatch.conclude();
    this.#observer.emit({ type: "answer-start", turn, seat: this.#seats.swap() });
    if (current.failed) this.finish("failed");
    else {
      current.answer.openGate();
      this.#getReady();
    }
  }

  /** Returns how much a loudspeaker that was held until now has left to play, in ms. */
  setFloor(level: FloorLevel): number {
    const { audible } = this;
    const unplayedMs = audible?.isHeld === true ? audible.unplayedMs : 0;
    audible?.setFloor(level);
    return level === "paused" ? 0 : unplayedMs;
  }

  reportPlayback(turn: number, playedMs: number): void {
    if (this.#current?.turn === turn) this.#current.answer.reportPlayback(playedMs);
  }

  /** Ends the current answer, keeps what was heard, and gets the other seat ready for what comes next. */
  finish(outcome: AnswerOutcome): void {
    const current = this.#current;
    if (current?.timings === undefined) return;
    this.#current = undefined;
    const { turn, question, look, answer } = current;
    const text = outcome === "completed" ? answer.text : answer.heardText;
    const heard = outcome === "completed" ? answer.whole : answer.heard;
    answer.stop();
    // Nobody can agree to what they have not heard.
    if (outcome !== "completed") this.#toolUse.forgetWaiting();
    this.#history.add(question, look.seen, heard);
    for (const said of this.#meanwhile.splice(0)) this.#history.add(said.text, said.seen, UNANSWERED);
    const { isAhead, ...timings } = current.timings(answer.milestones);
    const isCutShort = outcome === "completed" && answer.isCutShort;
    const marks = { ...(isCutShort && { isCutShort }), ...(isAhead && { isAhead }) };
    this.#observer.emit({ type: "answer-end", turn, outcome, text, timings, ...marks });
    const isHeardOut = outcome !== "interrupted" && text !== "" && !answer.isHandedOver;
    this.#observer.onOver(turn, text, isHeardOut);
    this.#warming.warm(this.#history.withQuestion("", this.#seen));
  }

  async close(): Promise<void> {
    this.#warming.stop();
    this.#toolUse.close();
    this.#current?.answer.stop();
    const { languageModel } = this.#models;
    // A model that is gone has given its memory back already.
    await Promise.allSettled(this.#seats.all.map((seat) => languageModel.releaseSeat(seat)));
  }
}
