import type { FloorLevel } from "../../src/server/protocol.ts";

/** Rate of what the server sends, in Hz: the voice's is 22.05 kHz. */
export const PLAYBACK_RATE = 24_000;

/** To the playback worklet. */
export type PlaybackOrder =
  | { readonly type: "sound"; readonly turn: number; readonly samples: Float32Array<ArrayBuffer> }
  | { readonly type: "finish" }
  | { readonly type: "reset" }
  /** A reset after which turns may begin at 1 again. */
  | { readonly type: "forget" }
  | { readonly type: "floor"; readonly level: FloorLevel };

/** From it, ten times a second. */
export interface PlaybackReport {
  readonly turn: number;
  readonly playedMs: number;
  readonly bufferedMs: number;
  readonly underruns: number;
}
