import type { ConversationSettings, ServerMessage } from "../../src/server/protocol.ts";
import type { CapturedFrame } from "./capture-messages.ts";
import { Ear } from "./ear.ts";
import { Interruption } from "./interruption.ts";
import { OneSound } from "./one-sound.ts";
import { Patience } from "./patience.ts";
import { PlaybackAccount } from "./playback-account.ts";
import type { PlaybackReport } from "./playback-messages.ts";
import type { Recording } from "./recording.ts";
import { isRefusal, Session, type SessionListener } from "./session.ts";
import { takeMicrophone } from "./take-microphone.ts";
import type { VoiceClientOptions } from "./voice-options.ts";
import { HUNG_UP, type Mode, NOT_STARTED, type VoiceState } from "./voice-state.ts";

/** A voice conversation in a browser. All that a page needs; it only draws. */
export class VoiceClient {
  readonly #session: Session;
  readonly #listeners = new Set<() => void>();
  readonly #sounds: OneSound;
  /** Counts the microphones that were wished for, and who hung up: an earlier wish that is granted later is void. */
  #wish = 0;
  readonly #ear = new Ear();
  #isHeard: boolean | undefined;
  #state = NOT_STARTED;
  readonly #patience = new Patience();
  readonly #interruption = new Interruption((isInterrupted) => {
    this.#update({ isInterrupted });
  });
  /** Sound of this turn and those before is void. */
  #voidTurn = 0;
  readonly #account = new PlaybackAccount(
    (played) => this.#session.send({ type: "playback", ...played }),
    () => this.#session.state.answering,
  );

  constructor(options: VoiceClientOptions) {
    this.#sounds = new OneSound(options.worklets, {
      onFrame: this.#capture,
      onReport: this.#report,
      onMicrophoneLost: () => {
        this.#update({ microphone: undefined, microphoneProblem: "lost" });
      },
      onSuspended: (isSuspended) => {
        this.#update({ isSuspended });
        this.#account.standStill(isSuspended);
        this.#beHeard(!isSuspended);
        if (isSuspended) this.#ear.rest();
      },
    });
    const listener: SessionListener = {
      onChange: () => {
        this.#update({ conversation: this.#session.state, codec: this.#session.codec });
      },
      onMessage: (message) => {
        this.#follow(message);
      },
      onSound: (turn, samples) => {
        if (turn <= this.#voidTurn || this.#sounds.current === undefined) return;
        if (!this.#state.isAudible) this.#update({ isAudible: true });
        this.#sounds.current.play(turn, samples);
      },
      onBreak: () => {
        this.#silence();
        this.#interruption.end();
        // Another conversation may count its turns from 1 again.
        this.#sounds.current?.forget();
        this.#voidTurn = 0;
        this.#account.forget();
      },
    };
    this.#session = new Session(options.origin, listener, options.apiKey);
  }

  /** The same object until something changes. */
  get state(): VoiceState {
    return this.#state;
  }

  /** Loudness of the last 20 ms of both, 0 to 1. */
  get levels(): { readonly user: number; readonly assistant: number } {
    return this.#ear.levels;
  }

  /** The clock of the timeline, in ms. */
  get nowMs(): number {
    return this.#session.nowMs;
  }

  /** The clock that sound and pictures are stamped with, in ms. */
  get captureMs(): number {
    return this.#ear.capturedMs;
  }

  get recording(): Recording {
    return this.#ear.recording;
  }

  /** Calls `listener` after every change; returns what ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks how the server is, for those who are about to start. */
  watch(): void {
    this.#session.watch();
  }

  /** What the assistant is to be like from the next answer on; remembered over restarts of the conversation. */
  configure(settings: ConversationSettings): void {
    this.#session.configure(settings);
  }

  /** Whether the next conversation is opened with a key of the server. */
  get hasKey(): boolean {
    return this.#session.hasKey;
  }

  /** Shows this key of the server, or none, from the next conversation on. */
  useKey(apiKey: string | undefined): void {
    this.#session.useKey(apiKey);
  }

  /**
   * Connects and opens loudspeaker and microphone; to be called in a user's gesture. Without microphone, and even without
   * any sound, one can type. A conversation in writing goes on aloud.
   */
  async start(microphone?: string, loudspeaker?: string): Promise<void> {
    this.#update({ isStarted: true, isWritten: false });
    this.#beHeard(true);
    this.#session.open();
    const { call } = this.#sounds;
    await this.useMicrophone(microphone);
    if (loudspeaker !== undefined && call === this.#sounds.call) await this.useLoudspeaker(loudspeaker);
  }

  /** Connects and opens neither microphone nor loudspeaker: one types and reads, until `start`. */
  startInWriting(): void {
    if (this.#state.isStarted) return;
    this.#update({ isStarted: true, isWritten: true });
    this.#beHeard(false);
    this.#session.open();
  }

  /** Takes another microphone; where the browser refuses, the state says so. */
  async useMicrophone(deviceId: string | undefined): Promise<void> {
    this.#wish += 1;
    const wish = this.#wish;
    const sound = await this.#sounds.open();
    if (wish !== this.#wish) return;
    this.#beHeard(sound !== undefined);
    const changes = await takeMicrophone(sound, deviceId);
    if (wish === this.#wish) this.#update(changes);
  }

  /** Plays on another loudspeaker; where that cannot be, on the one before, and the state says so. */
  async useLoudspeaker(deviceId: string): Promise<void> {
    const { call } = this.#sounds;
    const isRefused = await this.#sounds.current?.useLoudspeaker(deviceId).then(
      () => false,
      () => true,
    );
    if (call === this.#sounds.call) this.#update({ isLoudspeakerRefused: isRefused ?? false });
  }

  /** Lets sound that the browser has suspended go on; to be called in a user's gesture. */
  goOn(): void {
    this.#sounds.current?.goOn();
  }

  /** Hangs up and lets go of the microphone. */
  async stop(): Promise<void> {
    const closing = this.#sounds.close();
    this.#wish += 1;
    this.#session.close();
    this.#ear.rest();
    this.#account.standStill(false);
    this.#update(HUNG_UP);
    await closing;
  }

  /** Begins a new conversation in place of this one. */
  restart(): void {
    this.#ear.recordAnew();
    this.#session.restart();
  }

  /** A typed question; false where nobody gets it. */
  sendText(text: string): boolean {
    const isSent = this.#session.send({ type: "text", text });
    if (isSent) this.#silence();
    return isSent;
  }

  /** Silence at once, here and there. */
  interrupt(): void {
    this.#silence();
    this.#session.send({ type: "interrupt" });
  }

  /** Sends what was in view at this time of the capture clock; false where nobody takes it. */
  sendPicture(payload: Uint8Array, capturedMs: number): boolean {
    return this.#session.sendPicture(payload, Math.round(capturedMs));
  }

  setMuted(isMuted: boolean): void {
    this.#update({ isMuted });
  }

  setMode(mode: Mode): void {
    this.#update({ mode, isTalking: false });
    if (mode !== "patient") this.#release();
  }

  /** Push-to-talk: whether the key is held. */
  setTalking(isTalking: boolean): void {
    if (this.#state.isTalking !== isTalking) this.#update({ isTalking });
  }

  setRecording(isRecording: boolean): void {
    this.#update({ isRecording });
  }

  /** Where nobody hears, answers are read: the server need not pace them, nor cut them to what was heard. */
  #beHeard(spoken: boolean): void {
    if (spoken === this.#isHeard) return;
    this.#isHeard = spoken;
    this.#session.configure({ spoken });
  }

  #follow(message: ServerMessage): void {
    this.#interruption.follow(message);
    if (this.#patience.isOvertakenBy(message)) this.#discard();
    if (message.type === "answer-start") {
      const mayWait = this.#state.mode === "patient" && this.#sounds.current !== undefined;
      if (mayWait && !this.#patience.isOver) this.#hold(message.turn);
      else this.#sounds.current?.setFloor("full");
    }
    if (message.type === "floor" && !this.#state.isHolding) this.#sounds.current?.setFloor(message.level);
    if (isRefusal(message)) void this.stop();
    if (message.type === "audio-end") this.#sounds.current?.finish();
    if (message.type !== "answer-end" || message.outcome === "completed") return;
    this.#voidTurn = Math.max(this.#voidTurn, message.turn);
    if (this.#state.isAudible) this.#silence();
  }

  #hold(turn: number): void {
    this.#patience.hold(turn);
    this.#sounds.current?.setFloor("paused");
    this.#update({ isHolding: true });
  }

  #release(): void {
    if (!this.#state.isHolding) return;
    this.#patience.release();
    this.#sounds.current?.setFloor(this.#session.state.floor);
    this.#update({ isHolding: false });
  }

  /** Nothing more is heard of what is being said. */
  #silence(): void {
    this.#voidTurn = Math.max(this.#voidTurn, this.#session.state.answering ?? 0);
    this.#discard();
  }

  /** What there is of answers is not heard; the sound of the one that has begun may follow. */
  #discard(): void {
    this.#sounds.current?.reset();
    this.#voidTurn = Math.max(this.#voidTurn, this.#patience.turn ?? 0);
    this.#patience.release();
    if (this.#state.isAudible || this.#state.isHolding) this.#update({ isAudible: false, isHolding: false });
  }

  readonly #capture = (frame: CapturedFrame): void => {
    if (this.#sounds.current === undefined) return; // of a call that is over
    const { capturedMs } = this.#ear;
    this.#session.sendSound(this.#ear.take(frame, this.#state), Math.round(capturedMs));
    this.#patience.pass(this.#session.state.isUserSpeaking);
    if (this.#patience.isOver) this.#release();
  };

  readonly #report = ({ turn, playedMs, bufferedMs, underruns }: PlaybackReport): void => {
    const { isAudible, underruns: known } = this.#state;
    const { answering } = this.#session.state;
    if (isAudible && bufferedMs === 0 && answering === undefined) this.#update({ isAudible: false });
    const { droppedFrames } = this.#session;
    if (underruns !== known || droppedFrames !== this.#state.droppedFrames)
      this.#update({ underruns, droppedFrames });
    const held = this.#patience.turn;
    // A server that is told nothing supposes that all is heard in real time.
    if (held !== undefined && held === answering)
      this.#session.send({ type: "playback", turn: held, playedMs: 0 });
    if (turn !== held) this.#account.take({ turn, playedMs });
  };

  #update(changes: Partial<VoiceState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}
