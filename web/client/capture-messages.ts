/** Rate of what is sent to the server, in Hz: what its speech recognition works at. */
export const CAPTURE_RATE = 16_000;
/** 20 ms of it. */
export const FRAME_SAMPLES = 320;
export const FRAME_MS = 20;

/** 20 ms of both sides as they were at the same time. */
export interface CapturedFrame {
  readonly user: Float32Array<ArrayBuffer>;
  readonly assistant: Float32Array<ArrayBuffer>;
  /** Loudness, 0 to 1. */
  readonly userLevel: number;
  readonly assistantLevel: number;
}
