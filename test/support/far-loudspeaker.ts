import { FRAME_MS } from "../../audio/index.ts";
import type { FakeConversation } from "./fake-conversation.ts";

export interface FarLoudspeakerOptions {
  /** The way of a message, in either direction, and how long sound is collected before it is heard. */
  readonly wayMs: number;
  readonly bufferMs: number;
  /** How long answers are held back, as a page does while somebody is still talking. */
  readonly holdMs: number;
  /** Where in an answer it stands still for a while, as a machine does that has other things to do. */
  readonly stall?: { readonly atMs: number; readonly ms: number } | undefined;
  /** After so much of an answer it says nothing more. */
  readonly reportsUntilMs: number;
}

/** What can be said of an answer in the end. */
export interface Played {
  /** All that was heard of it. */
  playedMs: number;
  /** What the conversation had been told of that when the answer ended. */
  toldMs: number;
}

const REPORT_MS = 100;

/** The loudspeaker of a client somewhere else, which tells what it has played as docs/protocol.md asks for. */
export class FarLoudspeaker {
  readonly #conversation: FakeConversation;
  readonly #options: FarLoudspeakerOptions;
  readonly #answers = new Map<number, Played>();
  readonly #reports: { readonly atMs: number; readonly turn: number; readonly playedMs: number }[] = [];
  #read = 0;
  #turn = 0;
  #queuedMs = 0;
  #startMs = 0;
  #stalledUntilMs = 0;
  #hasStalled = false;
  #isHeld = false;
  #reportedMs = -1;

  constructor(conversation: FakeConversation, options: FarLoudspeakerOptions) {
    this.#conversation = conversation;
    this.#options = options;
  }

  /** What was heard of a turn's answer. */
  of(turn: number): Played | undefined {
    return this.#answers.get(turn);
  }

  /** Time passes, in which the microphone hears this. */
  async hear(samples: Float32Array): Promise<void> {
    for (let start = 0; start < samples.length; start += FRAME_MS * 16) {
      await this.#conversation.hear(samples.subarray(start, start + FRAME_MS * 16));
      this.#tell();
      this.#follow();
      this.#play();
    }
  }

  get #nowMs(): number {
    return this.#conversation.clock.nowMs();
  }

  #tell(): void {
    for (
      let next = this.#reports[0];
      next !== undefined && next.atMs <= this.#nowMs;
      next = this.#reports[0]
    ) {
      this.#reports.shift();
      const { turn, playedMs } = next;
      const answer = this.#answers.get(turn);
      const isOver = this.#conversation.of("answer-end").some((end) => end.turn === turn);
      if (answer !== undefined && !isOver) answer.toldMs = playedMs;
      this.#conversation.session.push({ type: "playback", turn, playedMs });
    }
  }

  /** Takes what has arrived by now. */
  #follow(): void {
    const { timed } = this.#conversation;
    for (const { event, atMs } of timed.slice(this.#read)) {
      if (atMs + this.#options.wayMs > this.#nowMs) return;
      this.#read += 1;
      if (event.type === "answer-start") this.#begin(event.turn);
      if (event.type === "answer-audio") this.#queuedMs += FRAME_MS;
      if (event.type === "floor") this.#isHeld = event.level === "paused";
      if (event.type === "answer-end" && event.outcome !== "completed") this.#queuedMs = 0;
    }
  }

  #begin(turn: number): void {
    this.#turn = turn;
    this.#answers.set(turn, { playedMs: 0, toldMs: 0 });
    this.#queuedMs = 0;
    this.#startMs = this.#nowMs + this.#options.bufferMs + this.#options.holdMs;
    this.#hasStalled = false;
    this.#isHeld = false;
    this.#reportedMs = -1;
  }

  #play(): void {
    const answer = this.#answers.get(this.#turn);
    if (answer === undefined) return;
    const { stall, reportsUntilMs, wayMs } = this.#options;
    if (stall !== undefined && !this.#hasStalled && answer.playedMs >= stall.atMs) {
      this.#hasStalled = true;
      this.#stalledUntilMs = this.#nowMs + stall.ms;
    }
    const isStanding = this.#nowMs < Math.max(this.#startMs, this.#stalledUntilMs);
    if (!isStanding && !this.#isHeld && this.#queuedMs > 0) {
      answer.playedMs += FRAME_MS;
      this.#queuedMs -= FRAME_MS;
    }
    const { playedMs } = answer;
    const isNews = playedMs > this.#reportedMs || isStanding;
    if (this.#nowMs % REPORT_MS !== 0 || playedMs > reportsUntilMs || !isNews) return;
    this.#reportedMs = playedMs;
    this.#reports.push({ atMs: this.#nowMs + wayMs, turn: this.#turn, playedMs });
  }
}
