import type { AudioAnnouncement } from "./containers.ts";
import { AudioError } from "./errors.ts";
import { Resampler, SAMPLE_RATES } from "./resample.ts";

/** More channels than a 7.1 recording has are not speech. */
const MOST_CHANNELS = 8;

/** A whole recording, mixed to one channel. */
export interface DecodedAudio {
  readonly samples: Float32Array;
  /** In Hz: what was asked for, or else as recorded (Opus always plays at 48,000). */
  readonly sampleRate: number;
}

/** A stretch of decoded sound. */
export interface DecodedPiece {
  /** In Hz. */
  readonly sampleRate: number;
  /** Samples of each channel, equally many. */
  readonly channelData: readonly Float32Array[];
}

/** What to refuse, and what to keep. */
export interface CollectorOptions {
  readonly maximumDurationMs: number;
  /** In Hz; undefined keeps the recording's own. */
  readonly sampleRate: number | undefined;
}

/**
 * Mixes pieces to one channel, strings them together and refuses what is too much. Where a sample rate is asked for, no
 * more is kept than has that rate, whatever the file's own is: a small file can expand to an hour at 192 kHz.
 */
export class MonoCollector {
  readonly #options: CollectorOptions;
  readonly #pieces: Float32Array[] = [];
  #resampler: Resampler | undefined;
  /** Samples of one channel that came in, at the recording's own rate. */
  #count = 0;
  #sampleRate = 0;
  #keptSamples = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** What is held in memory, in samples. */
  get keptSamples(): number {
    return this.#keptSamples;
  }

  /** @throws AudioError `audio-channels` or `audio-too-long`. */
  checkAnnouncement({ channelCount, durationMs }: AudioAnnouncement): void {
    checkChannels(channelCount);
    this.#checkDuration(durationMs ?? 0);
  }

  /** @throws AudioError `audio-channels`, `audio-rate` or `audio-too-long`. */
  async add({ sampleRate, channelData }: DecodedPiece): Promise<void> {
    const count = channelData[0]?.length ?? 0;
    if (count === 0) return;
    checkChannels(channelData.length);
    this.#checkRate(sampleRate);
    this.#sampleRate = sampleRate;
    this.#count += count;
    this.#checkDuration((1000 * this.#count) / sampleRate);
    const mono = downmix(channelData);
    const { sampleRate: wanted = sampleRate } = this.#options;
    if (wanted !== sampleRate) this.#resampler ??= await Resampler.open(sampleRate, wanted);
    this.#keep(this.#resampler?.process(mono) ?? mono);
  }

  /**
   * The whole; nothing can be added afterwards.
   * @throws AudioError `audio-empty` or `audio-unreadable` where nothing came.
   */
  finish({ durationMs }: AudioAnnouncement): DecodedAudio {
    if (this.#count === 0) {
      if (durationMs === 0) throw new AudioError("audio-empty", "there is no sound in the file");
      throw new AudioError("audio-unreadable", "none of the file's sound can be decoded");
    }
    if (this.#resampler !== undefined) this.#keep(this.#resampler.flush());
    return { samples: this.#whole(), sampleRate: this.#options.sampleRate ?? this.#sampleRate };
  }

  /** Gives the converter's memory back. */
  close(): void {
    this.#resampler?.close();
  }

  #keep(samples: Float32Array): void {
    if (samples.length === 0) return;
    this.#keptSamples += samples.length;
    this.#pieces.push(samples);
  }

  #whole(): Float32Array {
    const samples = new Float32Array(this.#keptSamples);
    let position = samples.length;
    // From the end, each let go of as it is copied: memory need not hold everything twice.
    for (let piece = this.#pieces.pop(); piece !== undefined; piece = this.#pieces.pop()) {
      position -= piece.length;
      samples.set(piece, position);
    }
    return samples;
  }

  #checkRate(sampleRate: number): void {
    if (sampleRate < SAMPLE_RATES.lowest || sampleRate > SAMPLE_RATES.highest) {
      throw new AudioError("audio-rate", `a sample rate of ${sampleRate} Hz is not supported`);
    }
    if (this.#count === 0 || sampleRate === this.#sampleRate) return;
    throw new AudioError(
      "audio-rate",
      `the sample rate changes from ${this.#sampleRate} to ${sampleRate} Hz`,
    );
  }

  #checkDuration(durationMs: number): void {
    const { maximumDurationMs } = this.#options;
    if (durationMs <= maximumDurationMs) return;
    const [is, allowed] = [durationMs, maximumDurationMs].map((ms) => Math.ceil(ms / 1000));
    throw new AudioError(
      "audio-too-long",
      `the recording lasts ${is ?? 0} s or more, allowed are ${allowed ?? 0} s`,
    );
  }
}

function checkChannels(count: number): void {
  if (count <= MOST_CHANNELS) return;
  throw new AudioError(
    "audio-channels",
    `${count} channels are more than the ${MOST_CHANNELS} that can be mixed`,
  );
}

/** The mean of the channels; NaN and infinities, which float formats can hold, become silence. */
export function downmix(channels: readonly Float32Array[]): Float32Array {
  const mono = new Float32Array(channels[0]?.length ?? 0);
  for (const channel of channels) {
    for (let index = 0; index < mono.length; index++) {
      const sample = channel[index] ?? 0;
      if (Number.isFinite(sample)) mono[index] = (mono[index] ?? 0) + sample / channels.length;
    }
  }
  return mono;
}
