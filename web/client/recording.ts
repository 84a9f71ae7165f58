import { floatsToPcm16, pcm16ToFloats, writeWav } from "../../audio/index.ts";
import { CAPTURE_RATE, type CapturedFrame, FRAME_MS } from "./capture-messages.ts";

/** Ten minutes: 38 MB. */
const MOST_FRAMES = (10 * 60_000) / FRAME_MS;

/** Both sides of a conversation on one clock, the last ten minutes of it. */
export class Recording {
  readonly #frames: { readonly user: Uint8Array; readonly assistant: Uint8Array }[] = [];

  get durationMs(): number {
    return this.#frames.length * FRAME_MS;
  }

  add({ user, assistant }: CapturedFrame): void {
    this.#frames.push({ user: floatsToPcm16(user), assistant: floatsToPcm16(assistant) });
    if (this.#frames.length > MOST_FRAMES) this.#frames.shift();
  }

  /** A stereo WAV at 16 kHz: the user on the left, the assistant on the right. */
  toWav(): Uint8Array {
    const channels = [this.#channel("user"), this.#channel("assistant")];
    return writeWav({ sampleRate: CAPTURE_RATE, channels });
  }

  #channel(side: "user" | "assistant"): Float32Array {
    const pieces = this.#frames.map((frame) => pcm16ToFloats(frame[side]));
    const channel = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      channel.set(piece, at);
      at += piece.length;
    }
    return channel;
  }
}
