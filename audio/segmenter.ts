import { msToSamples } from "./frame.ts";

/** When probabilities of speech become speech. All positions are samples on the stream's clock. */
export interface SegmenterOptions {
  /** In Hz. */
  readonly sampleRate: number;
  /** From this probability on a window is speech. */
  readonly speechThreshold: number;
  /** Below this probability a window is silence; between the two it is what came before. */
  readonly silenceThreshold: number;
  /** Shorter speech is taken for a click and forgotten. */
  readonly minimumSpeechMs: number;
  /** Silence after which somebody may ask whether the turn is over. */
  readonly pauseMs: number;
  /** Silence after which the segment ends whatever anybody thinks; not less than `pauseMs`. */
  readonly hangoverMs: number;
  /** How much a segment starts before the first window of speech, so that soft beginnings are not cut. */
  readonly preRollMs: number;
}

/** What may change while somebody speaks. */
export type SegmenterSettings = Pick<SegmenterOptions, "speechThreshold" | "silenceThreshold" | "preRollMs">;

/** Thresholds as Silero's authors propose; times as the conversation needs them. */
export const DEFAULT_SEGMENTER_OPTIONS: Omit<SegmenterOptions, "sampleRate"> = {
  speechThreshold: 0.5,
  silenceThreshold: 0.35,
  minimumSpeechMs: 96,
  pauseMs: 200,
  hangoverMs: 1_500,
  preRollMs: 500,
};

/** One window and its probability of speech. Windows come in order; samples that nobody scored may lie between. */
export interface ScoredWindow {
  readonly probability: number;
  readonly startSample: number;
  readonly endSample: number;
}

/**
 * What happened. `startSample` is where the segment starts, pre-roll included; `atSample` where it was noticed. An onset
 * is followed by a start or was a false one. Every start is followed by exactly one end; between them a pause and a
 * resume take turns.
 */
export type SegmentEvent =
  | { readonly type: "speech-onset"; readonly onsetSample: number; readonly atSample: number }
  | { readonly type: "false-onset"; readonly atSample: number }
  | {
      readonly type: "speech-start";
      readonly startSample: number;
      /** First sample of the first window of speech. */
      readonly onsetSample: number;
      readonly atSample: number;
    }
  | {
      readonly type: "speech-pause";
      readonly startSample: number;
      /** Behind the last sample of speech. */
      readonly endSample: number;
      readonly atSample: number;
    }
  | { readonly type: "speech-resume"; readonly startSample: number; readonly atSample: number }
  | {
      readonly type: "speech-end";
      readonly startSample: number;
      /** Behind the last sample of speech. */
      readonly endSample: number;
      readonly atSample: number;
    };

/** Where the segmenter stands; each state knows only what it needs. */
type State =
  | { readonly phase: "silence" }
  | { readonly phase: "onset"; readonly onsetSample: number }
  | { readonly phase: "speech"; readonly startSample: number }
  | {
      readonly phase: "quiet";
      readonly startSample: number;
      readonly endSample: number;
      readonly paused: boolean;
    };

/** Groups scored windows into segments of speech. Has no clock but the windows' positions, and no model. */
export class Segmenter {
  #options: SegmenterOptions;
  readonly #samples: { readonly minimumSpeech: number; readonly pause: number; readonly hangover: number };
  #state: State = { phase: "silence" };
  /** A segment's pre-roll must not reach into the one before. */
  #previousEnd = 0;
  #position = 0;

  /** @throws RangeError for thresholds or times that contradict each other. */
  constructor(options: SegmenterOptions) {
    this.#options = checked(options);
    this.#samples = {
      minimumSpeech: msToSamples(options.minimumSpeechMs, options.sampleRate),
      pause: msToSamples(options.pauseMs, options.sampleRate),
      hangover: msToSamples(options.hangoverMs, options.sampleRate),
    };
  }

  /**
   * From now on it hears so; where it stands does not change.
   * @throws RangeError for thresholds that contradict each other.
   */
  adjust(settings: SegmenterSettings): void {
    this.#options = checked({ ...this.#options, ...settings });
  }

  /** Hears one window. At most one thing happens in it. */
  push(window: ScoredWindow): SegmentEvent | undefined {
    this.#position = window.endSample;
    const isSpeech = window.probability >= this.#options.speechThreshold;
    const isSilence = !(window.probability >= this.#options.silenceThreshold); // NaN is silence
    const state = this.#state;
    switch (state.phase) {
      case "silence":
        return isSpeech ? this.#hearOnset(window.startSample) : undefined;
      case "onset":
        if (!isSilence) return this.#hearOnset(state.onsetSample);
        this.#state = { phase: "silence" };
        return { type: "false-onset", atSample: window.endSample };
      case "speech":
        if (!isSilence) return undefined;
        return this.#hearSilence({ ...state, phase: "quiet", endSample: window.startSample, paused: false });
      case "quiet":
        if (!isSpeech) return this.#hearSilence(state);
        this.#state = { phase: "speech", startSample: state.startSample };
        if (!state.paused) return undefined;
        return { type: "speech-resume", startSample: state.startSample, atSample: window.endSample };
    }
  }

  /** Ends the segment that is open, if any, because somebody knows that the turn is over or the stream has ended. */
  finish(): SegmentEvent | undefined {
    const state = this.#state;
    this.#state = { phase: "silence" };
    if (state.phase === "silence" || state.phase === "onset") return undefined;
    return this.#end(state.startSample, state.phase === "quiet" ? state.endSample : this.#position);
  }

  #hearOnset(onsetSample: number): SegmentEvent | undefined {
    const isFirst = this.#state.phase === "silence";
    this.#state = { phase: "onset", onsetSample };
    if (this.#position - onsetSample < this.#samples.minimumSpeech) {
      return isFirst ? { type: "speech-onset", onsetSample, atSample: this.#position } : undefined;
    }
    const preRoll = msToSamples(this.#options.preRollMs, this.#options.sampleRate);
    const startSample = Math.min(onsetSample, Math.max(this.#previousEnd, onsetSample - preRoll));
    this.#state = { phase: "speech", startSample };
    return { type: "speech-start", startSample, onsetSample, atSample: this.#position };
  }

  #hearSilence(state: Extract<State, { phase: "quiet" }>): SegmentEvent | undefined {
    const { startSample, endSample } = state;
    const silence = this.#position - endSample;
    if (silence >= this.#samples.hangover) {
      this.#state = { phase: "silence" };
      return this.#end(startSample, endSample);
    }
    const pauses = !state.paused && silence >= this.#samples.pause;
    this.#state = pauses ? { ...state, paused: true } : state;
    return pauses ? { type: "speech-pause", startSample, endSample, atSample: this.#position } : undefined;
  }

  #end(startSample: number, endSample: number): SegmentEvent {
    this.#previousEnd = endSample;
    return { type: "speech-end", startSample, endSample, atSample: this.#position };
  }
}

function checked(options: SegmenterOptions): SegmenterOptions {
  if (options.silenceThreshold > options.speechThreshold || options.pauseMs > options.hangoverMs) {
    throw new RangeError("silenceThreshold must not exceed speechThreshold, nor pauseMs hangoverMs");
  }
  return options;
}
