import { samplesToMs } from "../audio/index.ts";
import { Channel } from "./channel.ts";
import { type Clause, ClauseSplitter } from "./clauses.ts";
import type { Clock } from "./clock.ts";
import type { CallOptions, SpeechChunk, SpeechSynthesizer } from "./contracts.ts";

/** Clauses of one answer that may wait; an answer has far fewer. */
const WAITING = 10_000;

/** The first sound of a clause takes as long as that many signs more than it has, up to where a voice says it in pieces. */
const START_SIGNS = 20;
const MOST_SIGNS = 160;
/** As the language model is writing meanwhile. */
const SAFETY = 1.5;
/** For the way to the loudspeaker. */
const SPARE_MS = 160;
/**
 * Where pieces of text come further apart, two words, of some 400 ms, are over before there is sound of the next two: those take
 * three pieces, the voice its 100 ms, and the way to the loudspeaker.
 */
const SLOW_MS = 80;
/** With each piece of text, the longest wait for one counts this much less; a stall of the machine is no pace. */
const WAIT_DECAY = 0.8;
const LONGEST_WAIT_MS = 300;

export interface ClauseSpeakerHost {
  readonly synthesizer: SpeechSynthesizer;
  readonly clock: Clock;
  readonly speed: number;
  /** Others are spoken to first. @default false */
  readonly inBackground?: boolean;
  /** Nothing is to be heard; all of it is read. @default false */
  readonly isSilent?: boolean;
  /** Of its sound, how much has been heard; undefined while nothing of it is being played. Without it, nobody is in a hurry. */
  readonly playedMs?: () => number | undefined;
  /** A clause is complete. */
  readonly onClause?: () => void;
}

/** A piece of a clause's sound; the clause's own begins `startMs` into the answer. */
export interface SpokenPiece {
  readonly clause: Clause;
  readonly startMs: number;
  readonly chunk: SpeechChunk;
}

/**
 * Cuts an answer into clauses as it is written and speaks them one after the other. Clauses are as long as there is sound
 * ahead of them: where it is about to end, what is written so far has to do.
 */
export class ClauseSpeaker {
  readonly #host: ClauseSpeakerHost;
  readonly #splitter = new ClauseSplitter();
  readonly #clauses = new Channel<Clause>({ capacity: WAITING, overflow: "fail" });
  /** Clauses whose sound is not all made. */
  #unspoken = 0;
  #soundMs = 0;
  /** How long the first sound of the last clause took, for each of its signs. */
  #msPerSign = 0;
  /** How long the next piece of text may have to be waited for. */
  #waitMs = 0;
  /** When the last one came; undefined before the first one, and where something else kept the language model waiting. */
  #writtenMs: number | undefined;

  constructor(host: ClauseSpeakerHost) {
    this.#host = host;
  }

  /** How long all sound is that was made so far. */
  get soundMs(): number {
    return this.#soundMs;
  }

  /** Takes what was written next. */
  write(text: string): void {
    this.#noteWait();
    for (const clause of this.#splitter.push(text, { isSlow: this.#isSlow })) this.say(clause);
    const hurried = this.#isRunningOut() ? this.#splitter.hurry() : undefined;
    if (hurried !== undefined) this.say(hurried);
  }

  /** What was written so far, and this, is a clause, whatever follows. */
  endClause(text = ""): void {
    const clauses = [...this.#splitter.push(text, { isSlow: this.#isSlow }), ...this.#splitter.flush()];
    for (const clause of clauses) this.say(clause);
    this.#writtenMs = undefined;
  }

  /** Speaks this behind all that was written. */
  say(clause: Clause): void {
    this.#host.onClause?.();
    this.#unspoken += 1;
    this.#writtenMs = undefined;
    this.#clauses.push(clause);
  }

  /** Nothing more will be written. */
  finish(): void {
    this.#clauses.close();
  }

  /** The sound of all of it, in order. Ends behind `finish`; throws `signal.reason` when aborted. */
  async *pieces(options: CallOptions): AsyncGenerator<SpokenPiece, void, void> {
    for await (const clause of this.#clauses.read(options)) {
      if (this.#host.isSilent !== true) yield* this.piecesOf(clause, options);
      this.#unspoken -= 1;
    }
  }

  /** The sound of one more clause, behind all others. */
  async *piecesOf(clause: Clause, options: CallOptions): AsyncGenerator<SpokenPiece, void, void> {
    const { synthesizer, speed, inBackground = false, clock } = this.#host;
    const { text } = clause;
    const startMs = this.#soundMs;
    const begunMs = clock.nowMs();
    for await (const chunk of synthesizer.synthesize({ text, speed, inBackground }, options)) {
      if (this.#soundMs === startMs) this.#msPerSign = (clock.nowMs() - begunMs) / signsOf(text.length);
      this.#soundMs += samplesToMs(chunk.samples.length, chunk.sampleRate);
      yield { clause, startMs, chunk };
    }
  }

  #noteWait(): void {
    const nowMs = this.#host.clock.nowMs();
    if (this.#writtenMs !== undefined) {
      const waitedMs = Math.min(LONGEST_WAIT_MS, nowMs - this.#writtenMs);
      this.#waitMs = Math.max(waitedMs, WAIT_DECAY * this.#waitMs);
    }
    this.#writtenMs = this.#unspoken > 0 ? undefined : nowMs;
  }

  /** Whether somebody listens, and has to wait long for words. */
  get #isSlow(): boolean {
    const isHeard = this.#host.playedMs !== undefined && this.#host.isSilent !== true;
    return isHeard && this.#waitMs > SLOW_MS;
  }

  /** Whether the sound that there is would end before that of what is written could begin, if that waited for more. */
  #isRunningOut(): boolean {
    const playedMs = this.#host.playedMs?.();
    if (playedMs === undefined || this.#unspoken > 0) return false;
    const firstSoundMs = this.#msPerSign * signsOf(this.#splitter.pendingLength);
    return this.#soundMs - playedMs <= SAFETY * firstSoundMs + SPARE_MS + this.#waitMs;
  }
}

function signsOf(length: number): number {
  return Math.min(length, MOST_SIGNS) + START_SIGNS;
}
