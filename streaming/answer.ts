import { FRAME_MS, samplesToMs } from "../audio/index.ts";
import type { AudioFrame } from "../audio/index.ts";
import { Channel } from "./channel.ts";
import { ClauseSplitter } from "./clauses.ts";
import type { Clause } from "./clauses.ts";
import type { Clock } from "./clock.ts";
import type { LanguageModel, SpeechSynthesizer } from "./contracts.ts";
import { toAntiphonError } from "./errors.ts";
import type { AntiphonError } from "./errors.ts";
import type { FloorLevel } from "./floor.ts";
import type { HeardAnswer } from "./history.ts";
import { PacedPlayback } from "./paced-playback.ts";
import { PlaybackLedger } from "./playback-ledger.ts";
import type { SoundingWord } from "./playback-ledger.ts";
import type { SessionOptions } from "./session-events.ts";
import { FILLER, think } from "./thinking.ts";
import type { AnswerRequest, Thought } from "./thinking.ts";
import type { ToolRound } from "./tool-round.ts";
import type { ToolUse } from "./tool-use.ts";

/** Said instead of an answer that could not be had, or of its rest, so that the user is not left in silence. */
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
  /** When the next words sound. */
  readonly onWords: (words: readonly SoundingWord[]) => void;
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

export interface AnswerSettings {
  readonly options: SessionOptions;
  readonly clock: Clock;
  readonly toolUse: ToolUse;
}

/**
 * One answer in the making: text is written, cut into clauses and spoken as it comes, but nothing leaves before
 * `openGate`. `stop` ends all of it at once and tells what was heard.
 */
export class Answer {
  readonly #models: AnswerModels;
  readonly #settings: AnswerSettings;
  readonly #clock: Clock;
  readonly #observer: AnswerObserver;
  readonly #controller = new AbortController();
  readonly #rounds: ToolRound[] = [];
  readonly #clauses = new Channel<Clause>({ capacity: WAITING, overflow: "fail" });
  readonly #sound = new Channel<AudioFrame>({ capacity: WAITING, overflow: "fail" });
  readonly #ledger = new PlaybackLedger();
  readonly #playback: PacedPlayback;
  #milestones: AnswerMilestones = {};
  #text = "";
  #announced = 0;
  #announcedWords = 0;
  #synthesizedMs = 0;
  #gateOpen = false;
  #passGate: () => void = () => undefined;
  readonly #gate = new Promise<void>((resolve) => {
    this.#passGate = resolve;
  });
  #failed = false;
  /** Somebody else goes on with it: without a word it is one nevertheless. */
  isHandedOver = false;
  /** Whether it ended because it was as long as it may be. */
  isCutShort = false;

  constructor(models: AnswerModels, settings: AnswerSettings, observer: AnswerObserver) {
    this.#models = models;
    this.#settings = settings;
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
    if (this.#settings.options.spoken === false) return this.text;
    return this.#ledger.heardText(this.#text, this.#playback.playedMs + FRAME_MS);
  }

  /** All of it so far, as it is remembered. */
  get whole(): HeardAnswer {
    return this.#remembered(this.text);
  }

  /** What the user has heard, as it is remembered; what was called for it was called, heard of or not. */
  get heard(): HeardAnswer {
    return this.#remembered(this.heardText);
  }

  #remembered(text: string): HeardAnswer {
    const toolMessages = this.#rounds.flatMap(({ messages }) => messages);
    // A language model that reads its own fillers says them instead of calling.
    const fillerLength = toolMessages.length > 0 && this.#text.startsWith(FILLER) ? FILLER.length : 0;
    return { text: text.slice(fillerLength).trim(), toolMessages };
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
    this.#passGate();
    this.#announceText();
    this.#announceWords();
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

  async #write(request: AnswerRequest): Promise<void> {
    const splitter = new ClauseSplitter();
    const { signal } = this.#controller;
    try {
      const tools = { ...this.#settings, ...this.#models, gate: this.#gate };
      for await (const thought of think(request, tools, signal)) this.#take(thought, splitter);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#failed = true;
      this.#observer.onError(toAntiphonError(error));
    }
    this.#failed ||= this.text === "" && !this.isHandedOver;
    if (this.#failed) {
      if (this.text !== "") this.#takeBreath(splitter);
      this.#addText(APOLOGY, splitter);
    }
    for (const clause of splitter.flush()) this.#queueClause(clause);
    this.#clauses.close();
    if (!this.#failed) this.#observer.onWritten(this.text);
  }

  #take(thought: Thought, splitter: ClauseSplitter): void {
    switch (thought.type) {
      case "text-delta":
        if (this.#text === "") this.#note({ firstTokenMs: this.#clock.nowMs() });
        this.#addText(thought.text, splitter);
        break;
      case "prompt-ready": {
        const { promptTokens, cachedTokens } = thought;
        if (this.#milestones.promptTokens === undefined) this.#note({ promptTokens, cachedTokens });
        break;
      }
      case "breath":
        this.#takeBreath(splitter);
        break;
      case "round":
        this.#rounds.push(thought.round);
        break;
      case "handed-over":
        this.isHandedOver = true;
        break;
      case "cut-short":
        this.isCutShort = true;
        break;
    }
  }

  /** What was said so far is a clause, whatever follows. */
  #takeBreath(splitter: ClauseSplitter): void {
    this.#addText(" ", splitter);
    for (const clause of splitter.flush()) this.#queueClause(clause);
  }

  #addText(text: string, splitter: ClauseSplitter): void {
    this.#text += text;
    this.#announceText();
    for (const clause of splitter.push(text)) this.#queueClause(clause);
  }

  async #speak(): Promise<void> {
    const isSilent = this.#settings.options.spoken === false;
    for await (const clause of this.#clauses.read(this.#controller))
      if (!isSilent) await this.#speakClause(clause);
    if (!isSilent && this.#synthesizedMs === 0 && !this.isHandedOver) await this.#apologizeForSilence();
    this.#sound.close();
  }

  async #speakClause(clause: Clause): Promise<void> {
    const startMs = this.#synthesizedMs;
    const request = { text: clause.text, speed: this.#settings.options.speed };
    for await (const chunk of this.#models.synthesizer.synthesize(request, this.#controller)) {
      if (this.#milestones.firstAudioMs === undefined) this.#note({ firstAudioMs: this.#clock.nowMs() });
      if (chunk.words.length > 0) this.#ledger.add(clause, startMs, chunk.words);
      this.#announceWords();
      this.#synthesizedMs += samplesToMs(chunk.samples.length, chunk.sampleRate);
      this.#sound.push(chunk);
    }
  }

  /** An answer of nothing that can be spoken, as of pictures only, is none to somebody who listens. */
  async #apologizeForSilence(): Promise<void> {
    this.#failed = true;
    if (this.text.endsWith(APOLOGY)) return;
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

  #announceWords(): void {
    const words = this.#ledger.words.slice(this.#announcedWords);
    if (!this.#gateOpen || words.length === 0) return;
    this.#observer.onWords(words);
    this.#announcedWords += words.length;
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
