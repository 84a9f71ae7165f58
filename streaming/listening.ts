import {
  DEFAULT_SEGMENTER_OPTIONS,
  EchoDetector,
  LISTENING_SAMPLE_RATE,
  measureLevel,
  msToSamples,
  SampleRingBuffer,
  samplesToMs,
  Segmenter,
  SpeechLevel,
} from "../audio/index.ts";
import type { AudioFrame, SegmentEvent } from "../audio/index.ts";
import type { CallOptions, SpeechDetectorStream } from "./contracts.ts";
import type { FloorLevel } from "./floor.ts";
import { segmenterSettings } from "./hearing-manners.ts";
import type { HearingManners } from "./hearing-manners.ts";

/** Samples of one voice-activity window. */
export const WINDOW_SAMPLES = 512;
const WINDOW_MS = samplesToMs(WINDOW_SAMPLES, LISTENING_SAMPLE_RATE);

/** Sound that is kept for recognition: the longest utterance the recogniser takes, and some to spare. */
const MEMORY_SECONDS = 40;

/** From here on a window is the assistant's own voice, out of a loudspeaker, and nobody's who speaks over it. */
const OWN_VOICE = 0.6;

/** How long after what was sent its echo may still be heard: the lead, the way to the loudspeaker, the room. */
const ECHO_SAMPLES = 1.5 * LISTENING_SAMPLE_RATE;

export interface ListeningOptions {
  /** Silence after which work on an answer begins. */
  readonly pauseMs: number;
  /** Silence after which a segment is over in any case; longer than any patience with the speaker. */
  readonly hangoverMs: number;
}

/** What is heard in one window. */
export interface HeardWindow {
  readonly endSample: number;
  readonly durationMs: number;
  /** Of speech; 0 where the sound has faded. */
  readonly probability: number;
  readonly levelDb: number;
  /** 0…1: how far it is the echo of what is played. */
  readonly echo: number;
  /** Whether it is certainly no speech. */
  readonly quiet: boolean;
  readonly segment: SegmentEvent | undefined;
}

/** Turns a stream of sound into scored windows and speech segments, and remembers the sound. */
export class Listening {
  readonly #detector: SpeechDetectorStream;
  readonly #segmenter: Segmenter;
  readonly #echo = new EchoDetector();
  /** Until here there may be an echo of what was played. */
  #echoUntilSample = 0;
  /** What was sent last, long enough to play the lead again. */
  readonly #sent = new SampleRingBuffer(LISTENING_SAMPLE_RATE);
  readonly #level = new SpeechLevel(WINDOW_MS);
  readonly #memory = new SampleRingBuffer(MEMORY_SECONDS * LISTENING_SAMPLE_RATE);
  #scoredSample = 0;
  #settings = segmenterSettings();

  constructor(detector: SpeechDetectorStream, { pauseMs, hangoverMs }: ListeningOptions) {
    this.#detector = detector;
    this.#segmenter = new Segmenter({
      ...DEFAULT_SEGMENTER_OPTIONS,
      sampleRate: LISTENING_SAMPLE_RATE,
      pauseMs,
      hangoverMs,
    });
  }

  /** Position behind the newest sample. */
  get endSample(): number {
    return this.#memory.endSample;
  }

  /** How far has been listened, in milliseconds. */
  get heardMs(): number {
    return sampleMs(this.endSample);
  }

  /** From now on speech is told from silence so. */
  configure(manners?: HearingManners): void {
    this.#settings = segmenterSettings(manners);
    this.#segmenter.adjust(this.#settings);
  }

  /** Hears what comes next, at 16 kHz: every window that it completes, in order. */
  async *push(heard: Float32Array, options: CallOptions): AsyncGenerator<HeardWindow, void, void> {
    this.#memory.append(heard);
    while (this.#memory.endSample - this.#scoredSample >= WINDOW_SAMPLES) {
      const startSample = this.#scoredSample;
      const endSample = startSample + WINDOW_SAMPLES;
      const { samples } = this.#memory.read(startSample, endSample);
      this.#scoredSample = endSample;
      const score = await this.#detector.score(samples, options);
      const hasFaded = this.#level.push(samples, score >= this.#settings.speechThreshold);
      const echo = startSample < this.#echoUntilSample ? this.#echo.heard(samples).echo : 0;
      const probability = hasFaded || echo >= OWN_VOICE ? 0 : score;
      yield {
        endSample,
        durationMs: WINDOW_MS,
        probability,
        levelDb: measureLevel(samples).rmsDbfs,
        echo,
        quiet: probability < this.#settings.silenceThreshold,
        segment: this.#segmenter.push({ probability, startSample, endSample }),
      };
    }
  }

  /** What leaves for the user's loudspeaker next. */
  play(frame: AudioFrame): void {
    const samples = atListeningRate(frame);
    this.#sent.append(samples);
    this.#send(samples);
  }

  /** The loudspeaker is held, or goes on with the last `unplayedMs` of what was sent. */
  followFloor(level: FloorLevel, unplayedMs: number): void {
    if (level === "paused") this.stopPlaying();
    const { endSample } = this.#sent;
    this.#send(
      this.#sent.read(endSample - msToSamples(unplayedMs, LISTENING_SAMPLE_RATE), endSample).samples,
    );
  }

  #send(samples: Float32Array): void {
    this.#echo.played(samples);
    const until = this.#memory.endSample + ECHO_SAMPLES + this.#echo.queuedSamples;
    this.#echoUntilSample = Math.max(this.#echoUntilSample, until);
  }

  /** The loudspeaker is silent from now on, whatever was sent. */
  stopPlaying(): void {
    this.#echo.stopped();
  }

  /** The remembered sound from `startSample` on. */
  since(startSample: number): Float32Array {
    return this.#memory.read(startSample, this.#memory.endSample).samples;
  }

  /** Time has passed unheard: what comes now has no past. */
  startAfresh(): void {
    this.#detector.reset();
    this.#level.reset();
    this.#segmenter.finish();
  }

  /** Somebody decided that the turn is over: speech from now on is a new segment. */
  finishSegment(): void {
    this.#segmenter.finish();
  }
}

/** Position on the sample clock in milliseconds. */
export function sampleMs(sample: number): number {
  return samplesToMs(sample, LISTENING_SAMPLE_RATE);
}

/** By straight lines between samples: enough to compare the power of bands. */
function atListeningRate({ samples, sampleRate }: AudioFrame): Float32Array {
  const step = sampleRate / LISTENING_SAMPLE_RATE;
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, index) => {
    const at = Math.floor(index * step);
    const [before = 0, after = before] = [samples[at], samples[at + 1]];
    return before + (index * step - at) * (after - before);
  });
}
