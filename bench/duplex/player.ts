import { FRAME_MS, msToSamples } from "../../audio/index.ts";
import { TALK_SAMPLE_RATE } from "../../src/client/spoken-conversation.ts";
import { systemClock } from "../../src/clock.ts";
import type { AntiphonError } from "../../streaming/index.ts";
import { DuplexLog, type LogEvent } from "./events.ts";
import { decibels, mixInto } from "./filters.ts";
import type { Line } from "./line.ts";
import { type Callee, openLine } from "./lines.ts";
import type { Studio } from "./studio.ts";
import type { Echo, Segment, Step, Trial } from "./trial.ts";

const FRAME_SAMPLES = msToSamples(FRAME_MS, TALK_SAMPLE_RATE);

/** Everything about a trial that was played, on the clock of both channels. */
export interface Recording {
  readonly trial: Trial;
  readonly segments: readonly Segment[];
  readonly events: readonly LogEvent[];
  /** What the microphone heard and what the loudspeaker played, at {@link TALK_SAMPLE_RATE}, equally long. */
  readonly user: Float32Array;
  readonly assistant: Float32Array;
  /** How late the worst frame left. */
  readonly worstSlipMs: number;
  /** Why the script was not played to its end. */
  readonly problem: string | undefined;
}

/** Plays a trial's script in real time to a server and records both sides. */
export async function playTrial(
  trial: Trial,
  studio: Studio,
  callee: Callee,
  signal: AbortSignal,
): Promise<Recording> {
  const log = new DuplexLog();
  let closed: AntiphonError | undefined;
  const client = await openLine(callee, {
    url: callee.url,
    sampleRate: TALK_SAMPLE_RATE,
    clock: systemClock,
    signal,
    onMessage: (message) => {
      log.note(client.nowMs(), message);
    },
    onClose: (error) => {
      closed = error;
    },
  });
  const microphone = new Microphone(client, studio.room, trial.echo, signal);
  try {
    const actor = new Actor(client, microphone, log, studio);
    let problem: string | undefined;
    for (const step of trial.steps) {
      problem ??= await actor.perform(step);
      if (problem !== undefined) break;
    }
    problem ??= closed?.message;
    const user = microphone.recording();
    const assistant = client.playout.render(user.length);
    const { segments } = actor;
    const { worstSlipMs } = microphone;
    return { trial, segments, events: log.events, user, assistant, worstSlipMs, problem };
  } finally {
    await client.close();
  }
}

/** Does what a script says. */
class Actor {
  readonly segments: Segment[] = [];
  readonly #client: Line;
  readonly #microphone: Microphone;
  readonly #log: DuplexLog;
  readonly #studio: Studio;
  /** Answers that had begun before the last thing was said. */
  #answersBefore = 0;

  constructor(client: Line, microphone: Microphone, log: DuplexLog, studio: Studio) {
    this.#client = client;
    this.#microphone = microphone;
    this.#log = log;
    this.#studio = studio;
  }

  /** Returns why the rest of the script makes no sense, if so. */
  async perform(step: Step): Promise<string | undefined> {
    switch (step.do) {
      case "say":
        await this.#say(step);
        return undefined;
      case "listen":
        await this.#microphone.listen(step.durationMs);
        return undefined;
      case "await-answer": {
        const isHeard = (): boolean => this.#log.answersBegun > this.#answersBefore && this.#isSounding();
        const heard = await this.#await(isHeard, step.patienceMs);
        return heard || !step.essential ? undefined : "no answer to talk over";
      }
      case "await-end":
        await this.#await(() => !this.#log.isAnswering && !this.#isSounding(), step.patienceMs);
        return undefined;
    }
  }

  async #say({ kind, source }: Extract<Step, { readonly do: "say" }>): Promise<void> {
    const { samples, audible, text } = this.#studio.sound(source);
    const startMs = this.#microphone.positionMs;
    this.#answersBefore = this.#log.answersBegun;
    this.segments.push({ kind, text, onMs: startMs + audible.startMs, offMs: startMs + audible.endMs });
    await this.#microphone.say(samples);
  }

  async #await(condition: () => boolean, patienceMs: number): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += FRAME_MS) {
      if (condition()) return true;
      await this.#microphone.listen(FRAME_MS);
    }
    return condition();
  }

  #isSounding(): boolean {
    return this.#client.playout.endMs > this.#client.nowMs();
  }
}

/** Sends a frame every 20 ms, whatever happens: the room, the user, what comes back from the loudspeaker. */
class Microphone {
  worstSlipMs = 0;
  readonly #client: Line;
  readonly #echo: Echo | undefined;
  readonly #signal: AbortSignal;
  readonly #room: Float32Array;
  readonly #frames: Float32Array[] = [];

  constructor(client: Line, room: Float32Array, echo: Echo | undefined, signal: AbortSignal) {
    this.#client = client;
    this.#room = room;
    this.#echo = echo;
    this.#signal = signal;
  }

  get positionMs(): number {
    return this.#frames.length * FRAME_MS;
  }

  async say(samples: Float32Array): Promise<void> {
    for (let start = 0; start < samples.length; start += FRAME_SAMPLES) {
      await this.#send(samples.subarray(start, start + FRAME_SAMPLES));
    }
  }

  async listen(durationMs: number): Promise<void> {
    for (let ms = 0; ms < durationMs; ms += FRAME_MS) await this.#send(new Float32Array(0));
  }

  recording(): Float32Array {
    const recording = new Float32Array(this.#frames.length * FRAME_SAMPLES);
    for (const [index, frame] of this.#frames.entries()) recording.set(frame, index * FRAME_SAMPLES);
    return recording;
  }

  /** A microphone has a frame when the frame is over, not when it begins. */
  async #send(user: Float32Array): Promise<void> {
    const start = (this.#frames.length * FRAME_SAMPLES) % this.#room.length;
    const frame = this.#room.slice(start, start + FRAME_SAMPLES);
    mixInto(frame, user, 0);
    const dueMs = this.positionMs + FRAME_MS;
    const waitMs = dueMs - this.#client.nowMs();
    if (waitMs > 0) await systemClock.sleep(waitMs, { signal: this.#signal });
    this.#signal.throwIfAborted();
    this.worstSlipMs = Math.max(this.worstSlipMs, this.#client.nowMs() - dueMs);
    if (this.#echo !== undefined) mixInto(frame, this.#echoed(this.#echo), 0);
    this.#frames.push(frame);
    this.#client.sendAudio(frame);
  }

  /** What was played a moment ago and comes back now. */
  #echoed({ delayMs, gainDb }: Echo): Float32Array {
    const end = msToSamples(this.positionMs + FRAME_MS - delayMs, TALK_SAMPLE_RATE);
    if (end <= 0) return new Float32Array(0);
    const played = this.#client.playout.render(end).subarray(Math.max(0, end - FRAME_SAMPLES));
    return played.map((sample) => sample * decibels(gainDb));
  }
}
