import { type AudioFrame, FRAME_MS } from "../audio/index.ts";
import { AnswerText } from "./answer-text.ts";
import { Channel } from "./channel.ts";
import { ClauseSpeaker, type SpokenPiece } from "./clause-speaker.ts";
import type { Clause } from "./clauses.ts";
import type { Clock } from "./clock.ts";
import type { LanguageModel, SpeechSynthesizer } from "./contracts.ts";
import { type AntiphonError, toAntiphonError } from "./errors.ts";
import type { FloorLevel } from "./floor.ts";
import type { HeardAnswer } from "./history.ts";
import { PacedPlayback } from "./paced-playback.ts";
import type { SoundingWord } from "./playback-ledger.ts";
import type { AnswerOutcome, SessionOptions } from "./session-events.ts";
import { FILLER, think } from "./thinking.ts";
import type { AnswerRequest, Thought } from "./thinking.ts";
import type { ToolRound } from "./tool-round.ts";
import type { ToolUse } from "./tool-use.ts";
import type { AnswerMilestones } from "./turn-stopwatch.ts";

/** Pieces of sound of one answer that may wait; an answer has far fewer. */
const WAITING = 10_000;

export interface AnswerObserver {
  /** Text and sound come only once the gate is open. */
  readonly onText: (text: string) => void;
  readonly onAudio: (frame: AudioFrame) => void;
  /** When the next words sound. */
  readonly onWords: (words: readonly SoundingWord[]) => void;
  /** All of it has been written, long before it has been heard. */
  readonly onWritten: () => void;
  /** All of its sound has been given to `onAudio`, a while before it has been heard. */
  readonly onAudioEnd: () => void;
  /**
   * Heard to its end; failed where it broke off, or was an apology, or had no sound at all; interrupted where the listener
   * was so far behind that they cannot be waited for.
   */
  readonly onEnd: (outcome: AnswerOutcome) => void;
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
  readonly #speaker: ClauseSpeaker;
  readonly #sound = new Channel<AudioFrame>({ capacity: WAITING, overflow: "fail" });
  readonly #playback: PacedPlayback;
  #milestones: AnswerMilestones = {};
  readonly #text = new AnswerText();
  #gateOpen = false;
  #passGate: () => void = () => undefined;
  readonly #gate = new Promise<void>((resolve) => {
    this.#passGate = resolve;
  });
  #failed = false;
  #isWritten = false;
  /** Somebody else goes on with it: without a word it is one nevertheless. */
  isHandedOver = false;
  /** Whether it ended because it was as long as it may be. */
  isCutShort = false;

  constructor(models: AnswerModels, settings: AnswerSettings, observer: AnswerObserver) {
    this.#models = models;
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#observer = observer;
    const { clock, options } = settings;
    this.#playback = new PacedPlayback(clock, options);
    this.#speaker = new ClauseSpeaker({
      synthesizer: models.synthesizer,
      clock,
      speed: options.speed,
      isSilent: options.spoken === false,
      playedMs: () => this.#playback.runningMs,
      onClause: () => {
        if (this.#milestones.firstClauseMs === undefined) this.#note({ firstClauseMs: clock.nowMs() });
      },
    });
  }

  get milestones(): AnswerMilestones {
    return this.#milestones;
  }

  /** All that was written so far. */
  get text(): string {
    return this.#text.written;
  }

  /** What the user has heard so far, an apology too. */
  get heardText(): string {
    return this.#text.heard(this.#heardMs);
  }

  /** All of it so far, as it is remembered. */
  get whole(): HeardAnswer {
    return this.#remembered(this.text);
  }

  /**
   * What the user has heard, as it is remembered; what was called for it was called, heard of or not. An apology is nothing to
   * build on: who is told to try again may say just that.
   */
  get heard(): HeardAnswer {
    return this.#remembered(this.#text.heardOfAnswer(this.#heardMs));
  }

  /** How far they have heard: a word that ends within the frame that is playing counts. Undefined where nothing is spoken. */
  get #heardMs(): number | undefined {
    return this.#settings.options.spoken === false ? undefined : this.#playback.playedMs + FRAME_MS;
  }

  #remembered(text: string): HeardAnswer {
    const toolMessages = this.#rounds.flatMap(({ messages }) => messages);
    // A language model that reads its own fillers says them instead of calling.
    const fillerLength = toolMessages.length > 0 && this.text.startsWith(FILLER) ? FILLER.length : 0;
    const isCut = !this.#isWritten || this.isCutShort || text.length < this.text.length;
    return { text: text.slice(fillerLength).trim(), isCut, toolMessages };
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
    this.#playback.setFloor(level);
  }

  reportPlayback(playedMs: number): void {
    this.#playback.report(playedMs);
  }

  /** Ends everything now; nothing is observed afterwards. */
  stop(): void {
    this.#controller.abort(new DOMException("the answer was stopped", "AbortError"));
  }

  async #write(request: AnswerRequest): Promise<void> {
    const { signal } = this.#controller;
    try {
      const tools = { ...this.#settings, ...this.#models, gate: this.#gate };
      for await (const thought of think(request, tools, signal)) this.#take(thought);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#failed = true;
      this.#observer.onError(toAntiphonError(error));
    }
    this.#isWritten = true;
    this.#failed ||= this.text === "" && !this.isHandedOver;
    this.#speaker.endClause();
    if (this.#failed) this.#speaker.say(this.#apologize());
    this.#speaker.finish();
    if (!this.#failed) this.#observer.onWritten();
  }

  #take(thought: Thought): void {
    switch (thought.type) {
      case "text-delta":
        if (this.#milestones.firstTokenMs === undefined) this.#note({ firstTokenMs: this.#clock.nowMs() });
        this.#addText(thought.text);
        this.#speaker.write(thought.text);
        break;
      case "prompt-ready": {
        const { promptTokens, cachedTokens } = thought;
        if (this.#milestones.promptTokens === undefined) this.#note({ promptTokens, cachedTokens });
        break;
      }
      case "breath":
        this.#takeBreath();
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
  #takeBreath(): void {
    this.#addText(" ");
    this.#speaker.endClause(" ");
  }

  #addText(text: string): void {
    this.#text.add(text);
    this.#announceText();
  }

  async #speak(): Promise<void> {
    for await (const piece of this.#speaker.pieces(this.#controller)) this.#takeSound(piece);
    const isMute = this.#settings.options.spoken !== false && this.#speaker.soundMs === 0;
    if (isMute && !this.isHandedOver) await this.#apologizeForSilence();
    this.#sound.close();
  }

  #takeSound({ clause, startMs, chunk }: SpokenPiece): void {
    if (this.#milestones.firstAudioMs === undefined) this.#note({ firstAudioMs: this.#clock.nowMs() });
    if (chunk.words.length > 0) this.#text.time(clause, startMs, chunk.words);
    this.#announceWords();
    this.#sound.push(chunk);
  }

  /** An answer of nothing that can be spoken, as of pictures only, is none to somebody who listens. */
  async #apologizeForSilence(): Promise<void> {
    this.#failed = true;
    if (this.#text.isApology) return;
    const apology = this.#speaker.piecesOf(this.#apologize(), this.#controller);
    for await (const piece of apology) this.#takeSound(piece);
  }

  #apologize(): Clause {
    const clause = this.#text.apologize();
    this.#announceText();
    return clause;
  }

  async #play(): Promise<void> {
    const pieces = this.#sound.read(this.#controller);
    for await (const frame of this.#playback.frames(pieces, this.#controller)) this.#observer.onAudio(frame);
    this.#controller.signal.throwIfAborted();
    this.#observer.onAudioEnd();
    const isHeard = await this.#playback.untilHeard(this.#controller);
    this.#controller.signal.throwIfAborted();
    const outcome = isHeard ? "completed" : "interrupted";
    this.#observer.onEnd(this.#failed ? "failed" : outcome);
  }

  #announceText(): void {
    const text = this.#gateOpen ? this.#text.takeUntold() : "";
    if (text !== "") this.#observer.onText(text);
  }

  #announceWords(): void {
    const words = this.#gateOpen ? this.#text.takeUntoldWords() : [];
    if (words.length > 0) this.#observer.onWords(words);
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
