import { JitterBuffer } from "../client/jitter-buffer.ts";
import { PLAYBACK_RATE, type PlaybackOrder, type PlaybackReport } from "../client/playback-messages.ts";
import { Resampler } from "../client/resampler.ts";

const REPORT_MS = 100;

/** Plays what the server sends, at the rate of the audio device. */
class PlaybackProcessor extends AudioWorkletProcessor {
  readonly #buffer = new JitterBuffer(sampleRate);
  #resampler = new Resampler(PLAYBACK_RATE, sampleRate);
  #turn = 0;
  #untilReport = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlaybackOrder>): void => {
      this.#obey(data);
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]?.[0];
    if (output === undefined) return true;
    this.#buffer.pull(output);
    this.#untilReport -= output.length;
    if (this.#untilReport <= 0) {
      this.#untilReport += (REPORT_MS * sampleRate) / 1000;
      const { turn, playedMs, bufferedMs, underruns } = this.#buffer;
      this.port.postMessage({ turn, playedMs, bufferedMs, underruns } satisfies PlaybackReport);
    }
    return true;
  }

  #obey(order: PlaybackOrder): void {
    switch (order.type) {
      case "sound":
        if (order.turn !== this.#turn) this.#resampler = new Resampler(PLAYBACK_RATE, sampleRate);
        this.#turn = order.turn;
        this.#buffer.push(order.turn, this.#resampler.process(order.samples));
        return;
      case "finish":
        this.#buffer.push(this.#turn, this.#resampler.flush());
        this.#buffer.finish();
        return;
      case "reset":
        this.#buffer.reset();
        // What it still keeps of the old answer is not to be flushed into the next one.
        this.#resampler = new Resampler(PLAYBACK_RATE, sampleRate);
        return;
      case "forget":
        this.#buffer.forget();
        this.#resampler = new Resampler(PLAYBACK_RATE, sampleRate);
        this.#turn = 0;
        return;
      case "floor":
        this.#buffer.setFloor(order.level);
    }
  }
}

registerProcessor("antiphon-playback", PlaybackProcessor);
