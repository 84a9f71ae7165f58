import { FRAME_MS, msToSamples, pcm16ToFloats } from "../../audio/index.ts";
import { Channel } from "../../streaming/index.ts";
import { startSoundProgram } from "./sound-programs.ts";

/** 2 s of frames that may wait; what is older is of no use in a conversation. */
const WAITING_FRAMES = 100;

export interface Microphone {
  /**
   * What it hears, in frames of 20 ms; to be read by one reader. Ends after `close`; throws AntiphonError
   * `sound-unavailable` where the device gives nothing more.
   */
  frames(options: { readonly signal: AbortSignal }): AsyncIterable<Float32Array>;
  close(): void;
}

/**
 * This machine's microphone, at `sampleRate` in Hz.
 * @throws AntiphonError `sound-unavailable`.
 */
export function openMicrophone(sampleRate: number, device?: string): Microphone {
  const { child, ended, stop } = startSoundProgram({ direction: "record", sampleRate, device });
  const channel = new Channel<Float32Array>({ capacity: WAITING_FRAMES, overflow: "drop-oldest" });
  const cutter = new FrameCutter(msToSamples(FRAME_MS, sampleRate));
  child.stdout?.on("data", (bytes: Buffer) => {
    for (const frame of cutter.push(bytes)) channel.push(frame);
  });
  void ended.then((error) => {
    channel.close(error);
  });
  return { frames: (options) => channel.read(options), close: stop };
}

/** Cuts 16-bit PCM into frames of `samples`, wherever the pipe has cut it. */
export class FrameCutter {
  readonly #frameBytes: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(samples: number) {
    this.#frameBytes = samples * 2;
  }

  /** The frames that these bytes complete. */
  push(bytes: Buffer): Float32Array[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const frames: Float32Array[] = [];
    let at = 0;
    for (; at + this.#frameBytes <= all.length; at += this.#frameBytes)
      frames.push(pcm16ToFloats(all.subarray(at, at + this.#frameBytes)));
    this.#rest = all.subarray(at);
    return frames;
  }
}
