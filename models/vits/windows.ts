/** A stretch of latent frames to decode in one run, `to` exclusive. */
export interface FrameWindow {
  readonly from: number;
  readonly to: number;
}

/** 24 frames are 280 ms of sound at Piper's and MeloTTS's 11.6 ms a frame. */
const FIRST_FRAMES = 24;
/** Keeps a run of the decoder well under 150 ms on two cores, so that an interruption is heard in between. */
const MOST_FRAMES = 96;

/**
 * Windows over an utterance: the first one small, because the listener waits for it, then each twice as long. No
 * window is shorter than the first, so that silence at the end of an utterance lies within the last.
 */
export function* frameWindows(frameCount: number): Generator<FrameWindow> {
  let from = 0;
  let length = FIRST_FRAMES;
  while (from < frameCount) {
    const rest = frameCount - from;
    const to = rest - length < FIRST_FRAMES ? frameCount : from + length;
    yield { from, to };
    from = to;
    length = Math.min(2 * length, MOST_FRAMES);
  }
}
