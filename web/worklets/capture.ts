import { CAPTURE_RATE, type CapturedFrame, FRAME_MS, FRAME_SAMPLES } from "../client/capture-messages.ts";
import { Framer, levelOf } from "../client/framer.ts";
import { Resampler } from "../client/resampler.ts";

/** One input on its way to frames of 20 ms at 16 kHz. */
class Lane {
  /** Blocks come 375 times a second or so; what is made of them is made 50 times. */
  readonly #blocks = new Framer(Math.round((sampleRate * FRAME_MS) / 1000));
  readonly #resampler = new Resampler(sampleRate, CAPTURE_RATE);
  readonly #frames = new Framer(FRAME_SAMPLES);

  take(channels: Float32Array[] | undefined, length: number): Float32Array<ArrayBuffer>[] {
    return this.#blocks
      .push(channels?.[0] ?? new Float32Array(length))
      .flatMap((samples) => this.#frames.push(this.#resampler.process(samples)));
  }
}

/** Hears the microphone (input 0) and what the loudspeaker plays (input 1) on one clock, 50 times a second. */
class CaptureProcessor extends AudioWorkletProcessor {
  readonly #microphone = new Lane();
  readonly #loudspeaker = new Lane();

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const length = outputs[0]?.[0]?.length ?? 128;
    const users = this.#microphone.take(inputs[0], length);
    const assistants = this.#loudspeaker.take(inputs[1], length);
    for (const [index, user] of users.entries()) {
      const assistant = assistants[index] ?? new Float32Array(FRAME_SAMPLES);
      const frame: CapturedFrame = {
        user,
        assistant,
        userLevel: levelOf(user),
        assistantLevel: levelOf(assistant),
      };
      this.port.postMessage(frame, [user.buffer, assistant.buffer]);
    }
    return true;
  }
}

registerProcessor("antiphon-capture", CaptureProcessor);
