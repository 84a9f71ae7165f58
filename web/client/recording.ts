import { floatsToPcm16, wavHeader } from "../../audio/index.ts";
import { CAPTURE_RATE, type CapturedFrame, FRAME_MS, FRAME_SAMPLES } from "./capture-messages.ts";

const CHANNELS = 2;
const FRAME_BYTES = FRAME_SAMPLES * CHANNELS * 2;
/** A second: what is handed to the browser at once, and what goes at once where it gets too long. */
const PIECE_FRAMES = 1000 / FRAME_MS;
/** Ten minutes: 38 MB. */
const MOST_PIECES = 10 * 60;

/**
 * Both sides of a conversation on one clock, the last ten minutes of it. Each second is handed to the browser when it is
 * full, which keeps it outside the page's memory; to save is to name the seconds, and copies none.
 */
export class Recording {
  readonly #pieces: Blob[] = [];
  #piece = new Uint8Array(PIECE_FRAMES * FRAME_BYTES);
  #pieceFrames = 0;

  get durationMs(): number {
    return (this.#pieces.length * PIECE_FRAMES + this.#pieceFrames) * FRAME_MS;
  }

  /** Takes 20 ms of both. */
  add({ user, assistant }: CapturedFrame): void {
    const interleaved = new Float32Array(FRAME_SAMPLES * CHANNELS);
    for (let at = 0; at < FRAME_SAMPLES; at++) {
      interleaved[at * CHANNELS] = user[at] ?? 0;
      interleaved[at * CHANNELS + 1] = assistant[at] ?? 0;
    }
    this.#piece.set(floatsToPcm16(interleaved), this.#pieceFrames * FRAME_BYTES);
    this.#pieceFrames += 1;
    if (this.#pieceFrames < PIECE_FRAMES) return;
    this.#pieces.push(new Blob([this.#piece]));
    if (this.#pieces.length > MOST_PIECES) this.#pieces.shift();
    this.#pieceFrames = 0;
  }

  /** A stereo WAV at 16 kHz: the user on the left, the assistant on the right. */
  toWav(): Blob {
    const rest = this.#piece.slice(0, this.#pieceFrames * FRAME_BYTES);
    const dataBytes = this.#pieces.length * PIECE_FRAMES * FRAME_BYTES + rest.length;
    const header = wavHeader(CAPTURE_RATE, CHANNELS, dataBytes) as Uint8Array<ArrayBuffer>;
    return new Blob([header, ...this.#pieces, rest], { type: "audio/wav" });
  }
}
