import { FRAME_MS, samplesToMs } from "../audio/index.ts";
import type { AudioFrame } from "../audio/index.ts";
import { Channel } from "./channel.ts";
import { ClauseSplitter } from "./clauses.ts";
import type { Clause } from "./clauses.ts";
import type { Clock } from "./clock.ts";
import type { ChatMessage, LanguageModel, SpeechSynthesizer } from "./contracts.ts";
import { toAntiphonError } from "./errors.ts";
import type { AntiphonError } from "./errors.ts";
import type { FloorLevel } from "./floor.ts";
import { PacedPlayback } from "./paced-playback.ts";
import { PlaybackLedger } from "./playback-ledger.ts";
import type { SessionOptions } from "./session-events.ts";

/** Said instead of an answer that could not be had, so that the user is not left in silence. */
const APOLOGY = "I'm sorry, I can't answer right now. Please try again.";

/** Clauses and pieces of sound of one answer that may wait; an answer has far fewer. */
const WAITING = 10_000;

/** Times at which things happened, on the clock that was passed in. */
export interface AnswerMilestones {
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
  readonly firstTokenMs?: number;
  readonly firstClauseMs?: number;
  readonly firstAudioMs?: number;
}

export interface AnswerObserver {
  /** Text and sound come only once the gate is open. */
  readonly onText: (text: string) => void;
  readonly onAudio: (frame: AudioFrame) => void;
  /** All of it has been written, long before it has been heard. */
  readonly onWritten: (text: string) => void;
  /** Played to its end; failed where it broke off, or was an apology, or had no sound at all. */
  readonly onEnd: (outcome: "completed" | "failed") => void;
  readonly onError: (error: AntiphonError) => void;
}

export interface AnswerModels {
  readonly languageModel: LanguageModel;
  readonly synthesizer: SpeechSynthesizer;
}

export interface AnswerRequest {
  readonly seat: string;
  readonly messages: readonly ChatMessage[];
}

/**
 * One answer in the making: text is written, cut into clauses and spoken as it comes, but nothing leaves before
 * `openGate`. `stop` ends all of it at once and tells what was heard.
 */
export class Answer {
  readonly #models: AnswerModels;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #observer: AnswerObserver;
  readonly #controller = new AbortController();
  readonly #clauses = new Channel<Clause>({ capacity: WAITING, overflow: "fail" });
  readonly #sound = new Channel<AudioFrame>({ capacity: WAITING, overflow: "fail" });
  readonly #ledger = new PlaybackLedger();
  readonly #playback: PacedPlayback;
  #milestones: AnswerMilestones = {};
  #text = "";
  #announced = 0;
  #synthesizedMs = 0;
  #gateOpen = false;
  #failed = false;

  constructor(
    models: AnswerModels,
    settings: { readonly options: SessionOptions; readonly clock: Clock },
    observer: AnswerObserver,
  ) {
    this.#models = models;
    this.#options = settings.options;
    this.#clock = settings.clock;
    this.#observer = observer;
    this.#playback = new PacedPlayback(settings.clock, settings.options.leadMs);
  }

  get milestones(): AnswerMilestones {
    return this.#milestones;
  }

  /** All that was written so far. */
  get text(): string {
    return this.#text.trim();
  }

  /** What the user has heard so far; a word that ends within the frame that is playing counts. */
  get heardText(): string {
    return this.#ledger.heardText(this.#text, this.#playback.playedMs + FRAME_MS);
  }

  /** Whether the listener's loudspeaker is held. */
  get isHeld(): boolean {
    return this.#playback.isHeld;
  }

  /** Of its sound, what was sent and not heard yet. */
  get unplayedMs(): number {
    return this.#playback.unplayedMs;
  }

  /** Starts writing and speaking. */
  begin(request: AnswerRequest): void {
    void this.#guard(this.#write(request));
    void this.#guard(this.#speak());
  }

  /** Lets the answer be heard. */
  openGate(): void {
    if (this.#gateOpen) return;
    this.#gateOpen = true;
    this.#announceText();
    void this.#guard(this.#play());
  }

  /** Holds what is heard where it stands, or lets it go on; how loud it is, is the listener's business. */
  setFloor(level: FloorLevel): void {
    if (level === "paused") this.#playback.hold();
    else this.#playback.goOn();
  }

  reportPlayback(playedMs: number): void {
    this.#playback.report(playedMs);
  }

  /** Ends everything now; nothing is observed afterwards. */
  stop(): void {
    this.#controller.abort(new DOMException("the answer was stopped", "AbortError"));
  }

  async #write({ seat, messages }: AnswerRequest): Promise<void> {
    const splitter = new ClauseSplitter();
    try {
      for await (const text of this.#generate(seat, messages)) {
        if (this.#text === "") this.#note({ firstTokenMs: this.#clock.nowMs() });
        this.#text += text;
        this.#announceText();
        for (const clause of splitter.push(text)) this.#queueClause(clause);
      }
    } catch (error) {
      if (this.#controller.signal.aborted) throw error;
      this.#failed = true;
      this.#observer.onError(toAntiphonError(error));
    }
    if (this.#text.trim() === "") {
      this.#failed = true;
      this.#text = APOLOGY;
      this.#announceText();
      for (const clause of splitter.push(APOLOGY)) this.#queueClause(clause);
    }
    for (const clause of splitter.flush()) this.#queueClause(clause);
    this.#clauses.close();
    if (!this.#failed) this.#observer.onWritten(this.text);
  }

  async *#generate(seat: string, messages: readonly ChatMessage[]): AsyncGenerator<string, void, void> {
    const { sampling, maxAnswerTokens: maxTokens } = this.#options;
    const request = { seat, messages, maxTokens, sampling, stop: [] };
    for await (const event of this.#models.languageModel.generate(request, this.#controller)) {
      if (event.type === "text-delta") yield event.text;
      if (event.type === "prompt-ready") {
        this.#note({ promptTokens: event.promptTokens, cachedTokens: event.cachedTokens });
      }
    }
  }

  async #speak(): Promise<void> {
    for await (const clause of this.#clauses.read(this.#controller)) await this.#speakClause(clause);
    if (this.#synthesizedMs === 0) await this.#apologizeForSilence();
    this.#sound.close();
  }

  async #speakClause(clause: Clause): Promise<void> {
    const startMs = this.#synthesizedMs;
    const request = { text: clause.text, speed: this.#options.speed };
    for await (const chunk of this.#models.synthesizer.synthesize(request, this.#controller)) {
      if (this.#milestones.firstAudioMs === undefined) this.#note({ firstAudioMs: this.#clock.nowMs() });
      if (chunk.words.length > 0) this.#ledger.add(clause, startMs, chunk.words);
      this.#synthesizedMs += samplesToMs(chunk.samples.length, chunk.sampleRate);
      this.#sound.push(chunk);
    }
  }

  /** An answer of nothing that can be spoken, as of pictures only, is none to somebody who listens. */
  async #apologizeForSilence(): Promise<void> {
    this.#failed = true;
    if (this.text === APOLOGY) return;
    this.#text += ` ${APOLOGY}`;
    this.#announceText();
    await this.#speakClause({ text: APOLOGY, start: this.#text.length - APOLOGY.length });
  }

  async #play(): Promise<void> {
    const pieces = this.#sound.read(this.#controller);
    for await (const frame of this.#playback.frames(pieces, this.#controller)) this.#observer.onAudio(frame);
    this.#controller.signal.throwIfAborted();
    this.#observer.onEnd(this.#failed ? "failed" : "completed");
  }

  #queueClause(clause: Clause): void {
    if (this.#milestones.firstClauseMs === undefined) this.#note({ firstClauseMs: this.#clock.nowMs() });
    this.#clauses.push(clause);
  }

  #announceText(): void {
    if (!this.#gateOpen || this.#announced === this.#text.length) return;
    this.#observer.onText(this.#text.slice(this.#announced));
    this.#announced = this.#text.length;
  }

  #note(milestone: AnswerMilestones): void {
    this.#milestones = { ...this.#milestones, ...milestone };
  }

  /** A part that fails ends the whole answer; one that was told to stop ends in silence. */
  async #guard(part: Promise<void>): Promise<void> {
    try {
      await part;
    } catch (error) {
      if (this.#controller.signal.aborted) return;
      this.stop();
      this.#observer.onError(toAntiphonError(error));
      this.#observer.onEnd("failed");
    }
  }
}
