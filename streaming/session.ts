import { Answer } from "./answer.ts";
import { Channel } from "./channel.ts";
import type { Clock } from "./clock.ts";
import type {
  EndOfTurnDetector,
  LanguageModel,
  SpeechDetector,
  SpeechRecognizer,
  SpeechSynthesizer,
} from "./contracts.ts";
import { toAntiphonError } from "./errors.ts";
import { ConversationHistory } from "./history.ts";
import { IncomingSound } from "./incoming-sound.ts";
import { Listening, sampleMs } from "./listening.ts";
import type { HeardWindow } from "./listening.ts";
import { SeatWarming } from "./seat-warming.ts";
import type { SessionEvent, SessionInput, SessionOptions, VoiceSession } from "./session-events.ts";
import { DEFAULT_TURN_POLICY, INITIAL_TURN_STATE, isTalking, takeTurn } from "./turn-taking.ts";
import type { TurnCommand, TurnEvent, WorkKey } from "./turn-taking.ts";
import { TurnStopwatch } from "./turn-stopwatch.ts";
import { Understanding } from "./understanding.ts";

/** The models of a conversation, by what they do. */
export interface SessionModels {
  readonly detector: SpeechDetector;
  readonly endOfTurn: EndOfTurnDetector;
  readonly recognizer: SpeechRecognizer;
  readonly languageModel: LanguageModel;
  readonly synthesizer: SpeechSynthesizer;
}

/** Silence after which work on an answer begins, before the turn is known to be over. */
const SPECULATE_AFTER_MS = 64;

/** Events that a slow transport may leave unread; it should have been closed long before. */
const WAITING_EVENTS = 20_000;

/** An answer, the question it belongs to, and when its turn's milestones were reached. */
interface CurrentAnswer extends WorkKey {
  readonly question: string;
  readonly answer: Answer;
  failed: boolean;
}

/** Opens a conversation over these models. */
export function openVoiceSession(models: SessionModels, options: SessionOptions, clock: Clock): VoiceSession {
  return new Session(models, options, clock);
}

/** Carries out what the turn-taking reducer decides, and tells it what happened. */
class Session implements VoiceSession {
  readonly #models: SessionModels;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #sound: IncomingSound;
  readonly #events = new Channel<SessionEvent>({ capacity: WAITING_EVENTS, overflow: "fail" });
  readonly #listening: Listening;
  readonly #history: ConversationHistory;
  readonly #stopwatch: TurnStopwatch;
  readonly #seat = crypto.randomUUID();
  readonly #warming: SeatWarming;
  #state = INITIAL_TURN_STATE;
  #understanding: Understanding | undefined;
  #segmentStart = 0;
  #current: CurrentAnswer | undefined;

  constructor(models: SessionModels, options: SessionOptions, clock: Clock) {
    this.#models = models;
    this.#options = options;
    this.#clock = clock;
    this.#sound = new IncomingSound(clock);
    this.#stopwatch = new TurnStopwatch(clock);
    this.#history = new ConversationHistory(options.systemPrompt);
    this.#listening = new Listening(models.detector.openStream(), {
      pauseMs: SPECULATE_AFTER_MS,
      hangoverMs: DEFAULT_TURN_POLICY.unfinishedMaxMs + 1000,
    });
    this.#warming = new SeatWarming(models.languageModel, this.#seat, options.maxAnswerTokens);
    void this.#listen();
    void this.#sound.fillStalls(() => isTalking(this.#state), this.#controller);
    this.#warming.warm(this.#history.withQuestion(""));
  }

  push(input: SessionInput): void {
    switch (input.type) {
      case "audio":
        this.#sound.push(input.samples);
        break;
      case "text":
        this.#dispatch({ type: "text-typed", text: input.text });
        break;
      case "playback":
        if (this.#current?.turn === input.turn) this.#current.answer.reportPlayback(input.playedMs);
        break;
      case "reconnected":
        // What was still being listened to is no part of what they say now.
        this.#sound.forget();
        this.#listening.startAfresh();
        this.#dispatch(input);
        break;
      case "interrupt":
      case "disconnected":
        this.#dispatch(input);
        break;
    }
  }

  events(options: { readonly signal: AbortSignal }): AsyncIterable<SessionEvent> {
    return this.#events.read(options);
  }

  async close(): Promise<void> {
    this.#controller.abort(new DOMException("the conversation is closed", "AbortError"));
    this.#warming.stop();
    this.#understanding?.stop();
    this.#current?.answer.stop();
    this.#sound.close();
    this.#events.close();
    // A model that is gone has given its memory back already.
    await this.#models.languageModel.releaseSeat(this.#seat).catch(() => undefined);
  }

  async #listen(): Promise<void> {
    try {
      for await (const samples of this.#sound.frames(this.#controller)) await this.#hear(samples);
    } catch (error) {
      if (!this.#controller.signal.aborted) this.#emitError(undefined, error);
    }
  }

  /** A detector that fails loses what was being said in these samples; the conversation goes on. */
  async #hear(samples: Float32Array): Promise<void> {
    try {
      for await (const window of this.#listening.push(samples, this.#controller)) this.#hearWindow(window);
    } catch (error) {
      this.#controller.signal.throwIfAborted();
      this.#emitError(undefined, error);
    }
  }

  #hearWindow({ endSample, quiet, segment }: HeardWindow): void {
    if (segment?.type === "speech-start") {
      this.#segmentStart = segment.startSample;
      this.#dispatch({ type: "speech-start", atMs: sampleMs(segment.onsetSample) });
    }
    if (segment?.type === "speech-pause") {
      const agoMs = sampleMs(this.#sound.receivedSamples - segment.endSample);
      this.#stopwatch.start(this.#state.turn, this.#clock.nowMs() - agoMs);
      this.#dispatch({ type: "speech-pause", atMs: sampleMs(segment.endSample) });
    }
    if (segment?.type === "speech-resume") {
      this.#dispatch({ type: "speech-resume", atMs: sampleMs(segment.atSample) });
    }
    if (this.#state.user.phase === "speaking") {
      this.#understanding?.hear(endSample, quiet, (start) => this.#listening.since(start));
    }
    this.#dispatch({ type: "time-passed", nowMs: sampleMs(endSample) });
  }

  #dispatch(event: TurnEvent): void {
    const { state, commands } = takeTurn(this.#state, event);
    this.#state = state;
    for (const command of commands) this.#carryOut(command);
  }

  #carryOut(command: TurnCommand): void {
    switch (command.type) {
      case "announce-speech":
        this.#beginUnderstanding(command.turn);
        this.#events.push({ type: "speech-start", turn: command.turn, atMs: command.atMs });
        break;
      case "judge-turn":
        this.#warming.stop();
        void this.#judge(command);
        break;
      case "prepare-answer":
        this.#prepare(command, command.text);
        break;
      case "drop-work":
        this.#stopwatch.countRevision();
        this.#current?.answer.stop();
        this.#current = undefined;
        break;
      case "open-gate":
        this.#openGate(command);
        break;
      case "stop-answer":
        this.#finishAnswer("interrupted");
        break;
      case "drop-turn":
        this.#endUnderstanding();
        this.#events.push({ type: "turn-dropped", turn: command.turn });
        break;
    }
  }

  #beginUnderstanding(turn: number): void {
    this.#understanding?.stop();
    this.#understanding = new Understanding(this.#models, this.#segmentStart, {
      onPartial: (text, stableLength) => {
        if (this.#state.turn !== turn || !isTalking(this.#state)) return;
        this.#events.push({ type: "transcript-delta", turn, text, stableLength });
        const certain = text.slice(0, stableLength);
        if (this.#current === undefined)
          this.#warming.warmGrowing(certain, this.#history.withQuestion(certain));
      },
    });
  }

  #endUnderstanding(): void {
    this.#understanding?.stop();
    this.#understanding = undefined;
    this.#listening.finishSegment();
  }

  async #judge({ turn, revision }: WorkKey): Promise<void> {
    const understanding = this.#understanding;
    if (understanding === undefined) return;
    const sound = (start: number): Float32Array => this.#listening.since(start);
    understanding.scoreEnd(sound).then(
      (probability) => {
        this.#dispatch({ type: "turn-scored", turn, revision, probability });
      },
      () => undefined, // without a score the silence alone decides
    );
    let text = "";
    try {
      text = await understanding.recognizeFinal(sound);
    } catch (error) {
      if (understanding !== this.#understanding) return;
      this.#emitError(turn, error);
    }
    if (revision === this.#state.revision) this.#stopwatch.noteTranscript();
    this.#dispatch({ type: "transcript-ready", turn, revision, text });
  }

  #prepare(key: WorkKey, question: string): void {
    this.#current?.answer.stop();
    this.#warming.stop();
    const { turn, revision } = key;
    this.#stopwatch.expect(turn);
    const settings = { options: this.#options, clock: this.#clock };
    const answer = new Answer(this.#models, settings, {
      onText: (text) => {
        this.#events.push({ type: "answer-delta", turn, text });
      },
      onAudio: (frame) => {
        this.#events.push({ type: "answer-audio", turn, frame });
      },
      onEnd: (outcome) => {
        if (outcome === "failed" && this.#state.answer?.gate !== "open") current.failed = true;
        else this.#finishAnswer(outcome);
      },
      onError: (error) => {
        this.#emitError(turn, error);
      },
    });
    const current: CurrentAnswer = { turn, revision, question, answer, failed: false };
    this.#current = current;
    answer.begin({ seat: this.#seat, messages: this.#history.withQuestion(question) });
  }

  #openGate({ turn, text }: { readonly turn: number; readonly text: string }): void {
    this.#stopwatch.noteEndOfTurn();
    if (this.#understanding !== undefined)
      this.#events.push({ type: "speech-end", turn, atMs: sampleMs(this.#listening.endSample) });
    this.#endUnderstanding();
    this.#events.push({ type: "transcript-end", turn, text });
    this.#events.push({ type: "answer-start", turn });
    if (this.#current?.failed === true) this.#finishAnswer("failed");
    else this.#current?.answer.openGate();
  }

  /** Ends the current answer, keeps what was heard, and gets the seat ready for what comes next. */
  #finishAnswer(outcome: "completed" | "interrupted" | "failed"): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    const { turn, question, answer } = current;
    const text = outcome === "completed" ? answer.text : answer.heardText;
    answer.stop();
    // Neither an apology nor what it was for is something to build on.
    if (outcome !== "failed") this.#history.add(question, text);
    const timings = this.#stopwatch.timings(answer.milestones);
    this.#events.push({ type: "answer-end", turn, outcome, text, timings });
    this.#dispatch({ type: "answer-end", turn });
    this.#warming.warm(this.#history.withQuestion(""));
  }

  #emitError(turn: number | undefined, error: unknown): void {
    const { code, message } = toAntiphonError(error);
    this.#events.push({ type: "error", turn, code, message });
  }
}
