import { type CapturedFrame, FRAME_MS, FRAME_SAMPLES } from "./capture-messages.ts";
import { Recording } from "./recording.ts";
import type { VoiceState } from "./voice-state.ts";

const SILENT_FRAME = new Float32Array(FRAME_SAMPLES);

/** What is made of the microphone's frames: their clock, levels to draw, a recording, and silence where nobody may be heard. */
export class Ear {
  #levels = { user: 0, assistant: 0 };
  #capturedMs = 0;
  /** Since when no frames come that count the time, by `performance.now`. */
  #soundlessSinceMs: number | undefined = performance.now();
  #recording = new Recording();

  /** Loudness of the last frame of both, 0 to 1. */
  get levels(): { readonly user: number; readonly assistant: number } {
    return this.#levels;
  }

  /** The clock that sound and pictures are stamped with, in ms: that of the sound, and any other one before there is sound. */
  get capturedMs(): number {
    const sinceMs = this.#soundlessSinceMs;
    return sinceMs === undefined ? this.#capturedMs : this.#capturedMs + performance.now() - sinceMs;
  }

  get recording(): Recording {
    return this.#recording;
  }

  /** Takes a frame; returns what the server is to hear. */
  take(frame: CapturedFrame, { isMuted, mode, isTalking, isRecording }: VoiceState): Float32Array {
    const isHeard = !isMuted && (mode !== "push-to-talk" || isTalking);
    this.#levels = { user: isHeard ? frame.userLevel : 0, assistant: frame.assistantLevel };
    this.#capturedMs = this.capturedMs + FRAME_MS;
    this.#soundlessSinceMs = undefined;
    if (isRecording)
      this.#recording.add(isHeard ? frame : { ...frame, user: new Float32Array(FRAME_SAMPLES) });
    return isHeard ? frame.user : SILENT_FRAME;
  }

  /** No frames come any more. */
  rest(): void {
    this.#levels = { user: 0, assistant: 0 };
    this.#capturedMs = this.capturedMs;
    this.#soundlessSinceMs = performance.now();
  }

  /** Begins another recording; the clock goes on. */
  recordAnew(): void {
    this.#recording = new Recording();
  }
}
