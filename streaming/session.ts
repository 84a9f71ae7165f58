import { Answering } from "./answering.ts";
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
import type { Verdict } from "./floor.ts";
import { IncomingSound } from "./incoming-sound.ts";
import { Listening, sampleMs } from "./listening.ts";
import type { HeardWindow } from "./listening.ts";
import { Monitor } from "./monitoring.ts";
import type { Words } from "./monitoring.ts";
import type { SessionEvent, SessionInput, SessionOptions, VoiceSession } from "./session-events.ts";
import { DEFAULT_TURN_POLICY, INITIAL_TURN_STATE } from "./turn-state.ts";
import type { TurnCommand, TurnEvent, WorkKey } from "./turn-state.ts";
import { isTalking, takeTurn } from "./turn-taking.ts";
import { NOT_UNDERSTOOD, Understanding } from "./understanding.ts";

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

/** Opens a conversation over these models. */
export function openVoiceSession(models: SessionModels, options: SessionOptions, clock: Clock): VoiceSession {
  return new Session(models, options, clock);
}

/** Carries out what the turn-taking reducer decides, and tells it what happened. */
class Session implements VoiceSession {
  readonly #models: SessionModels;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #sound: IncomingSound;
  readonly #events = new Channel<SessionEvent>({ capacity: WAITING_EVENTS, overflow: "fail" });
  readonly #listening: Listening;
  readonly #monitor = new Monitor();
  readonly #answering: Answering;
  #state = INITIAL_TURN_STATE;
  #understanding: Understanding | undefined;
  #segmentStart = 0;

  constructor(models: SessionModels, options: SessionOptions, clock: Clock) {
    this.#models = models;
    this.#clock = clock;
    this.#sound = new IncomingSound(clock);
    this.#listening = new Listening(models.detector.openStream(), {
      pauseMs: SPECULATE_AFTER_MS,
      hangoverMs: DEFAULT_TURN_POLICY.unfinishedMaxMs + 1000,
    });
    this.#answering = new Answering(
      models,
      { options, clock },
      {
        emit: (event) => {
          this.#emit(event);
        },
        onError: (turn, error) => {
          this.#emitError(turn, error);
        },
        onOver: (turn, text) => {
          this.#monitor.noteAnswer(text, sampleMs(this.#listening.endSample));
          this.#dispatch({ type: "answer-end", turn });
        },
      },
    );
    void this.#listen();
    void this.#sound.fillStalls(() => isTalking(this.#state), this.#controller);
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
        this.#answering.reportPlayback(input.turn, input.playedMs);
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
    this.#understanding?.stop();
    this.#sound.close();
    this.#events.close();
    await this.#answering.close();
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

  #hearWindow(window: HeardWindow): void {
    const { endSample, quiet, segment } = window;
    this.#hearOnset(segment);
    this.#monitor.hear(window);
    if (segment?.type === "speech-pause") {
      const agoMs = sampleMs(this.#sound.receivedSamples - segment.endSample);
      this.#answering.stopwatch.start(this.#state.turn, this.#clock.nowMs() - agoMs);
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

  #hearOnset(segment: HeardWindow["segment"]): void {
    if (segment?.type === "speech-onset") {
      this.#monitor.begin();
      this.#dispatch({ type: "speech-onset", atMs: sampleMs(segment.onsetSample) });
    }
    if (segment?.type === "false-onset") {
      this.#dispatch({ type: "false-alarm", atMs: sampleMs(segment.atSample) });
    }
    if (segment?.type === "speech-start") {
      this.#segmentStart = segment.startSample;
      this.#dispatch({ type: "speech-start", atMs: sampleMs(segment.onsetSample) });
    }
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
        this.#answering.stopExpecting();
        void this.#judge(command);
        break;
      case "prepare-answer":
        this.#answering.prepare(command, command.text);
        break;
      case "drop-work":
        this.#answering.drop(command);
        break;
      case "open-gate":
        this.#openGate(command);
        break;
      case "set-floor":
        this.#listening.followFloor(command.level, this.#answering.setFloor(command.level));
        this.#events.push({ ...command, type: "floor" });
        break;
      case "stop-answer":
        this.#answering.finish("interrupted");
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
        this.#hearPartial(turn, text, stableLength);
      },
    });
  }

  /** Gets ready for what is certain, and sees whether an answer must yield to it already. */
  #hearPartial(turn: number, text: string, stableLength: number): void {
    this.#answering.expect(text.slice(0, stableLength));
    if (this.#answering.audible === undefined) return;
    const verdict = this.#decide(turn, { text });
    if (verdict === "stop") return;
    const { revision } = this.#state;
    this.#dispatch({
      type: "speech-judged",
      turn,
      revision,
      verdict,
      atMs: sampleMs(this.#listening.endSample),
    });
  }

  /** Has the monitor judge, and tells the world. */
  #decide(turn: number, words: Words): Verdict | "stop" {
    const nowMs = sampleMs(this.#listening.endSample);
    const { decision, verdict } = this.#monitor.judge(words, this.#answering.audible, nowMs);
    this.#events.push({ type: "decision", turn, atMs: nowMs, ...decision });
    return decision.kind === "stop" && words.transcript !== undefined ? "stop" : verdict;
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
    let transcript = NOT_UNDERSTOOD;
    try {
      transcript = await understanding.recognizeFinal(sound);
    } catch (error) {
      // A newer pause of the same turn takes the place of this one's recognition.
      if (understanding !== this.#understanding || revision !== this.#state.revision) return;
      this.#emitError(turn, error);
    }
    const { user } = this.#state;
    if (turn !== this.#state.turn || revision !== this.#state.revision || user.phase !== "pausing") return;
    this.#answering.stopwatch.noteTranscript();
    const { text } = transcript;
    const verdict = this.#decide(turn, { text, transcript, finishedProbability: user.finishedProbability });
    const key = { turn, revision, atMs: sampleMs(this.#listening.endSample) };
    if (verdict === "stop") this.#dispatch({ type: "stop-said", ...key });
    else this.#dispatch({ type: "transcript-ready", ...key, text, verdict });
  }

  #openGate({ turn, text }: { readonly turn: number; readonly text: string }): void {
    this.#answering.stopwatch.noteEndOfTurn();
    if (this.#understanding !== undefined)
      this.#events.push({ type: "speech-end", turn, atMs: sampleMs(this.#listening.endSample) });
    this.#endUnderstanding();
    this.#events.push({ type: "transcript-end", turn, text });
    this.#answering.open(turn);
  }

  #emit(event: SessionEvent): void {
    if (event.type === "answer-audio") this.#listening.play(event.frame);
    if (event.type === "answer-end" && event.outcome !== "completed") this.#listening.stopPlaying();
    this.#events.push(event);
  }

  #emitError(turn: number | undefined, error: unknown): void {
    const { code, message } = toAntiphonError(error);
    this.#events.push({ type: "error", turn, code, message });
  }
}
