import { setImmediate } from "node:timers/promises";

import {
  downmix,
  LISTENING_SAMPLE_RATE,
  measureLevel,
  pcm16ToFloats,
  Resampler,
  SampleRingBuffer,
} from "../../../audio/index.ts";
import { AntiphonError, type SessionModels, Understanding } from "../../../streaming/index.ts";
import type { SoundFormat } from "./messages.ts";
import type { Outlet } from "./outlet.ts";

/** Longest utterance; what is longer is no command to a home. */
const LONGEST_SECONDS = 600;
/** What is given to recognition at once: partial words are asked for between two of these. */
const STEP_MS = 100;
/** The longest stretch that recognition looks back on, and a step. */
const REMEMBERED_SAMPLES = 29 * LISTENING_SAMPLE_RATE;
/** A long utterance may be cut where it falls this far below its loudest. */
const QUIET_BELOW_DB = 25;

/** What is heard is one turn from its first sample on. */
const WHOLE_SOUND = { startSample: 0, onsetSample: 0 } as const;

/** One utterance: takes its sound as it comes, tells words that will not change, and in the end all of them. */
export class Hearing {
  readonly #format: SoundFormat;
  readonly #resampler: Resampler;
  readonly #outlet: Outlet;
  readonly #understanding: Understanding;
  readonly #memory = new SampleRingBuffer(REMEMBERED_SAMPLES);
  #loudestDbfs = -Infinity;
  #started = false;
  /** Words that were told and cannot be taken back. */
  #told = "";
  #stable = "";

  private constructor(format: SoundFormat, resampler: Resampler, models: SessionModels, outlet: Outlet) {
    this.#format = format;
    this.#resampler = resampler;
    this.#outlet = outlet;
    this.#understanding = new Understanding(models, WHOLE_SOUND, {
      onPartial: (text, stableLength) => (this.#stable = text.slice(0, stableLength)),
    });
  }

  static async open(format: SoundFormat, models: SessionModels, outlet: Outlet): Promise<Hearing> {
    return new Hearing(format, await Resampler.open(format.rate, LISTENING_SAMPLE_RATE), models, outlet);
  }

  /**
   * Hears what comes next.
   * @throws AntiphonError `frame-invalid`, `audio-too-long`.
   */
  async hear(payload: Uint8Array, { rate, channels }: SoundFormat): Promise<void> {
    if (rate !== this.#format.rate || channels !== this.#format.channels)
      throw new AntiphonError("frame-invalid", "the sound's format changed in the middle");
    const mono = toMono(payload, channels);
    const stepSamples = Math.ceil((rate * STEP_MS) / 1000);
    for (let start = 0; start < mono.length; start += stepSamples) {
      // A long piece must not keep others' conversations waiting.
      if (start > 0) await setImmediate();
      this.#take(this.#resampler.process(mono.subarray(start, start + stepSamples)));
    }
    if (this.#memory.endSample > LONGEST_SECONDS * LISTENING_SAMPLE_RATE)
      throw new AntiphonError("audio-too-long", `an utterance of more than ${LONGEST_SECONDS} s`);
    await this.#tell(this.#stable);
  }

  /** All that was said, told as one and in what pieces are left of it. */
  async finish(): Promise<void> {
    const heardNothing = this.#memory.endSample === 0;
    const text = heardNothing ? "" : (await this.#understanding.recognizeFinal(this.#since)).text;
    await this.#tell(text);
    if (!this.#started) await this.#outlet.send("transcript-start", { language: "en" });
    await this.#outlet.send("transcript", { text, language: "en" });
    await this.#outlet.send("transcript-stop");
  }

  close(): void {
    this.#understanding.stop();
    this.#resampler.close();
  }

  #take(samples: Float32Array): void {
    this.#memory.append(samples);
    const { rmsDbfs } = measureLevel(samples);
    this.#loudestDbfs = Math.max(this.#loudestDbfs, rmsDbfs);
    const quiet = rmsDbfs < this.#loudestDbfs - QUIET_BELOW_DB;
    this.#understanding.hear({ endSample: this.#memory.endSample, quiet, isOverAnswer: false }, this.#since);
  }

  /** Tells what goes on where the last piece ended; words that turned out otherwise are right in the transcript only. */
  async #tell(words: string): Promise<void> {
    if (words.length <= this.#told.length || !words.startsWith(this.#told)) return;
    const text = words.slice(this.#told.length);
    this.#told = words;
    if (!this.#started) await this.#outlet.send("transcript-start", { language: "en" });
    this.#started = true;
    await this.#outlet.send("transcript-chunk", { text });
  }

  readonly #since = (startSample: number): Float32Array =>
    this.#memory.read(startSample, this.#memory.endSample).samples;
}

function toMono(payload: Uint8Array, channels: number): Float32Array {
  if (payload.length % (2 * channels) !== 0)
    throw new AntiphonError(
      "frame-invalid",
      `${payload.length} bytes are no 16-bit sound of ${channels} channels`,
    );
  const interleaved = pcm16ToFloats(payload);
  if (channels === 1) return interleaved;
  const length = interleaved.length / channels;
  return downmix(
    Array.from({ length: channels }, (_, channel) =>
      Float32Array.from({ length }, (_value, n) => interleaved[n * channels + channel] ?? 0),
    ),
  );
}
