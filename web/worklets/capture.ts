import { CaptureLane } from "../client/capture-lane.ts";
import { type CapturedFrame, FRAME_SAMPLES } from "../client/capture-messages.ts";
import { levelOf } from "../client/framer.ts";

/** Hears the microphone (input 0) and what the loudspeaker plays (input 1) on one clock, 50 times a second. */
class CaptureProcessor extends AudioWorkletProcessor {
  readonly #microphone = new CaptureLane(sampleRate);
  readonly #loudspeaker = new CaptureLane(sampleRate);

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const silence = new Float32Array(outputs[0]?.[0]?.length ?? 128);
    const users = this.#microphone.take(inputs[0]?.[0] ?? silence);
    const assistants = this.#loudspeaker.take(inputs[1]?.[0] ?? silence);
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
