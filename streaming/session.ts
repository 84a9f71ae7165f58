import { Addressee } from "./addressee.ts";
import { Answering } from "./answering.ts";
import { Asking } from "./asking.ts";
import { Attending } from "./attending.ts";
import { Channel } from "./channel.ts";
import type { Clock } from "./clock.ts";
import { toAntiphonError } from "./errors.ts";
import { Ear } from "./ear.ts";
import { type HeardWindow, type Listening, sampleMs } from "./listening.ts";
import { Look } from "./look.ts";
import { finalVerdict, type Judgement, Monitor, type Words } from "./monitoring.ts";
import { turnEventOf } from "./segment-events.ts";
import type { SessionEvent, SessionInput, SessionOptions, VoiceSession } from "./session-events.ts";
import type { SessionModels } from "./session-models.ts";
import { surroundingsOf } from "./tool-surroundings.ts";
import { isCommitted, isTalking, isTimeAwaited } from "./turn-state.ts";
import type { TurnCommand, TurnEvent, TurnState } from "./turn-state.ts";
import { initialTurns, turnEventsOf } from "./turn-settings.ts";
import { takeTurn } from "./turn-taking.ts";
import { keyOf, pauseOf } from "./turn-transition.ts";
import { Viewing } from "./viewing.ts";

/** Events that a slow transport may leave unread; it should have been closed long before. */
const WAITING_EVENTS = 20_000;

/** Opens a conversation over these models. */
export function openVoiceSession(models: SessionModels, options: SessionOptions, clock: Clock): VoiceSession {
  return new Session(models, options, clock);
}

/** Carries out what the turn-taking reducer decides, and tells it what happened. */
class Session implements VoiceSession {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #ear: Ear;
  readonly #events = new Channel<SessionEvent>({ capacity: WAITING_EVENTS, overflow: "fail" });
  readonly #listening: Listening;
  readonly #attending: Attending;
  readonly #monitor: Monitor;
  readonly #answering: Answering;
  readonly #asking: Asking;
  readonly #viewing: Viewing | undefined;
  readonly see?: NonNullable<VoiceSession["see"]>;
  #state: TurnState;
  #segment = { startSample: 0, onsetSample: 0 };
  /** Where a silence that may be broken began, as the client counts: that is known only while it is new. */
  #quietSinceMs = 0;

  constructor(models: SessionModels, options: SessionOptions, clock: Clock) {
    this.#clock = clock;
    this.#state = initialTurns(options);
    this.#ear = new Ear(models.detector, clock, {
      isExpecting: () => isTimeAwaited(this.#state) || this.#asking.awaitsTime,
      onWindow: this.#hearWindow,
      onError: this.#emitError.bind(this, undefined),
    });
    this.#listening = this.#ear.listening;
    this.#listening.configure(options.hearing);
    this.#attending = new Attending(models, this.#listening, {
      onPartial: this.#hearPartial,
      onScored: (key, probability) => {
        this.#dispatch({ type: "turn-scored", ...key, probability });
      },
      onError: this.#emitError,
    });
    this.#monitor = new Monitor(new Addressee(models.languageModel, clock), options);
    this.#viewing =
      models.sight &&
      new Viewing(models.sight, clock, {
        isSpeaking: () => isTalking(this.#state),
        onSeen: (seen) => {
          this.#answering.see(seen);
        },
        onView: this.#emit,
        onError: this.#emitError.bind(this, undefined),
      });
    this.#answering = new Answering(
      models,
      { options, clock, surroundings: surroundingsOf(this, this.#viewing, () => this.#ear.nowMs) },
      {
        emit: this.#emit,
        onError: this.#emitError,
        onOver: (turn, text, isHeardOut) => {
          const { heardMs } = this.#listening;
          this.#monitor.noteAnswer(text, heardMs);
          this.#dispatch({ type: "answer-end", turn, ...(isHeardOut && { heardOutMs: heardMs }) });
        },
      },
    );
    this.#asking = new Asking({
      state: () => this.#state,
      nowMs: () => this.#ear.nowMs,
      dispatch: this.#dispatch.bind(this),
      emit: this.#emit,
      look: (text) => this.#viewing?.typed(text, this.#ear.nowMs, this.#controller) ?? new Look(text),
      standing: () => this.#answering.standing,
    });
    if (this.#viewing !== undefined)
      this.see = ({ ageMs, ...rest }) => this.#viewing?.push(rest, this.#ear.nowMs - ageMs);
  }

  push(input: SessionInput): void {
    switch (input.type) {
      case "audio":
        this.#ear.push(input.samples);
        break;
      case "text":
        this.#asking.type(input.text);
        break;
      case "respond":
        this.#asking.respond(input.prompt);
        break;
      case "playback":
        this.#answering.reportPlayback(input.turn, input.playedMs);
        break;
      case "reconnected":
        this.#ear.startAfresh();
        this.#viewing?.forget();
        break;
      case "commit":
      case "clear":
        this.#ear.mark(input.type);
        break;
      case "configure":
        this.#answering.configure(input.settings);
        this.#monitor.configure(input.settings);
        if (input.settings.hearing !== undefined) this.#listening.configure(input.settings.hearing);
        break;
      case "add-context":
      case "replace-context":
        this.#answering.changeContext(input);
        break;
      case "say":
        this.#asking.say(input.text);
        break;
      case "disconnected":
        this.#asking.forget();
        break;
      case "interrupt":
        break;
    }
    for (const event of turnEventsOf(input, this.#listening.heardMs)) this.#dispatch(event);
  }

  events(options: { readonly signal: AbortSignal }): AsyncIterable<SessionEvent> {
    return this.#events.read(options);
  }

  async close(): Promise<void> {
    this.#controller.abort(new DOMException("the conversation is closed", "AbortError"));
    this.#attending.stop();
    this.#viewing?.close();
    this.#ear.close();
    this.#events.close();
    await Promise.all([this.#answering.close(), this.#monitor.close()]);
  }

  readonly #hearWindow = (window: HeardWindow): void => {
    const { endSample, segment } = window;
    if (segment?.type === "speech-onset")
      this.#monitor.begin(sampleMs(endSample), this.#viewing?.known(this.#ear.timeOf(sampleMs(endSample))));
    if (segment?.type === "speech-start") this.#segment = segment;
    this.#monitor.hear(window);
    if (segment?.type === "speech-pause") {
      const agoMs = this.#ear.receivedMs - sampleMs(segment.endSample);
      this.#answering.stopwatch.start(this.#state.turn, this.#clock.nowMs() - agoMs);
    }
    const event = turnEventOf(segment);
    if (event !== undefined) this.#dispatch(event);
    if (this.#state.user.phase === "speaking")
      this.#attending.hear(window, this.#answering.audible !== undefined);
    this.#dispatch({ type: "time-passed", nowMs: sampleMs(endSample) });
    for (const mark of this.#ear.marksBefore(sampleMs(endSample))) {
      if (mark.type !== "clear") this.#answering.stopwatch.start(this.#state.turn, this.#clock.nowMs());
      this.#dispatch(mark);
    }
  };

  #dispatch(event: TurnEvent): void {
    const { owedTurn, quietSinceMs } = this.#state;
    const { state, commands } = takeTurn(this.#state, event);
    this.#state = state;
    this.#ear.hold(isCommitted(state)); // words that are handed over do not grow any more
    if (state.owedTurn !== owedTurn)
      this.#events.push({ type: "debt", isOwed: state.owedTurn !== undefined });
    if (state.quietSinceMs !== undefined && state.quietSinceMs !== quietSinceMs)
      this.#quietSinceMs = this.#ear.sentMs(state.quietSinceMs);
    this.#asking.goOnAfter(() => {
      for (const command of commands) this.#carryOut(command);
    });
  }

  #carryOut(command: TurnCommand): void {
    switch (command.type) {
      case "announce-speech":
        this.#attending.begin(command.turn, this.#segment);
        this.#events.push({ type: "speech-start", turn: command.turn, atMs: this.#ear.sentMs(command.atMs) });
        break;
      case "judge-turn":
        this.#answering.stopExpecting();
        this.#judge(command).catch(() => undefined); // closed meanwhile
        break;
      case "prepare-answer":
        this.#answering.prepare(command, command.text, ...this.#asking.orderOf(command));
        break;
      case "drop-work":
        this.#answering.drop(command);
        break;
      case "open-gate":
        this.#endSpeech(command);
        this.#listening.stopPlaying(); // nothing of an answer before is to sound any more
        this.#answering.open(command.turn);
        break;
      case "keep-words":
        this.#endSpeech(command);
        this.#answering.keepWords(this.#asking.keep());
        break;
      case "set-floor":
        this.#listening.followFloor(command.level, this.#answering.setFloor(command.level));
        this.#events.push({ ...command, type: "floor", atMs: this.#ear.sentMs(command.atMs) });
        break;
      case "keep-silent":
        this.#asking.keepSilent();
        break;
      case "stop-answer":
        this.#monitor.noteStopped(this.#answering.audible);
        this.#answering.finish("interrupted");
        break;
      case "tell-silence": {
        this.#asking.breakSilence();
        const places = { sinceMs: this.#quietSinceMs, atMs: this.#ear.sentMs(command.atMs) };
        this.#events.push({ ...command, ...places, type: "silence-end" });
        break;
      }
      case "drop-turn":
        this.#attending.end();
        this.#events.push({ type: "turn-dropped", turn: command.turn });
        break;
    }
  }

  /** Gets ready for all but the last word, which is often half a one, and sees whether an answer must yield to it already. */
  readonly #hearPartial = (turn: number, text: string, stableLength: number, manner?: Words["manner"]) => {
    if (this.#state.turn !== turn || !isTalking(this.#state)) return;
    this.#events.push({ type: "transcript-delta", turn, text, stableLength });
    this.#answering.expect(text.slice(0, Math.max(stableLength, text.lastIndexOf(" "))));
    if (this.#answering.audible === undefined) return;
    const { verdict } = this.#decide(turn, { text, manner });
    this.#dispatch({ type: "speech-judged", ...keyOf(this.#state), verdict, atMs: this.#listening.heardMs });
  };

  /** Has the monitor judge, and tells the world. */
  #decide(turn: number, words: Words): Judgement {
    const nowMs = this.#listening.heardMs;
    const judgement = this.#monitor.judge(words, this.#answering.audible, nowMs);
    this.#events.push({ type: "decision", turn, atMs: this.#ear.sentMs(nowMs), ...judgement.decision });
    return judgement;
  }

  async #judge(command: Extract<TurnCommand, { readonly type: "judge-turn" }>): Promise<void> {
    const { turn, revision, atMs } = command;
    const look = this.#viewing?.look(this.#ear.timeOf(atMs), this.#controller);
    const isWanted = (): boolean => revision === this.#state.revision;
    const transcript = await this.#attending.conclude({ turn, revision }, isWanted);
    if (transcript === undefined) return;
    const words = { text: transcript.text, transcript };
    const { audible } = this.#answering;
    const { heardMs } = this.#listening;
    const addressed = await this.#monitor.addressed(words, audible, heardMs, this.#controller);
    const paused = pauseOf(this.#state, command);
    if (paused === undefined || this.#controller.signal.aborted) return;
    this.#answering.stopwatch.noteTranscript();
    const { finishedProbability } = paused;
    const judgement = this.#decide(turn, { ...words, finishedProbability, addressed });
    const verdict = finalVerdict(judgement, this.#answering.keeps(words.text));
    this.#asking.hear(look?.(words.text) ?? new Look(words.text));
    const key = { turn, revision, atMs: this.#listening.heardMs };
    this.#dispatch({ type: "transcript-ready", ...key, text: words.text, verdict });
  }

  #endSpeech({ turn, text }: { readonly turn: number; readonly text: string }): void {
    if (this.#attending.follows(turn))
      this.#events.push({ type: "speech-end", turn, atMs: this.#ear.sentMs(this.#listening.heardMs) });
    this.#attending.end(turn);
    if (text !== "") this.#events.push({ type: "transcript-end", turn, text });
  }

  readonly #emit = (event: SessionEvent): void => {
    if (event.type === "answer-start") this.#asking.noteAnswer();
    if (event.type === "answer-end") this.#asking.noteEnd(event);
    if (event.type === "answer-audio") this.#listening.play(event.frame);
    if (event.type === "answer-end" && event.outcome !== "completed") this.#listening.stopPlaying();
    this.#events.push(event);
  };

  readonly #emitError = (turn: number | undefined, error: unknown): void => {
    const { code, message } = toAntiphonError(error);
    this.#events.push({ type: "error", turn, code, message });
  };
}
