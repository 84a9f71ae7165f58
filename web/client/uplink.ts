import { floatsToPcm16 } from "../../audio/index.ts";
import type { AudioFormat } from "../../src/server/protocol.ts";
import { hasSoundCodecs } from "./abilities.ts";
import { CAPTURE_RATE, FRAME_MS } from "./capture-messages.ts";

/** What becomes of the microphone's frames on their way out. */
export interface Uplink {
  readonly format: AudioFormat;
  /** Takes 20 ms of sound that were captured at this time of the capture clock; false where it has too much to do. */
  push(samples: Float32Array, timestampMs: number): boolean;
  close(): void;
}

export type SendPayload = (payload: Uint8Array, timestampMs: number) => void;

/** Plain samples: 32 KB a second, for browsers that cannot do better. */
export function pcmUplink(send: SendPayload): Uplink {
  return {
    format: { format: "pcm16", sampleRate: CAPTURE_RATE },
    push: (samples, timestampMs) => {
      send(floatsToPcm16(samples), timestampMs);
      return true;
    },
    close: () => undefined,
  };
}

/** Clear speech in a tenth of the bytes. One packet is one frame, so that times stay what they are. */
const OPUS: AudioEncoderConfig = {
  codec: "opus",
  sampleRate: CAPTURE_RATE,
  numberOfChannels: 1,
  bitrate: 32_000,
  opus: { frameDuration: FRAME_MS * 1000 },
};

/** A second of sound: an encoder that is so far behind gets no more. */
const MOST_WAITING = 1000 / FRAME_MS;

/** Some browsers say that they take the frames they are asked for, and make others. In microseconds. */
const DURATION_TOLERANCE = 1000;

/** Whether this browser has WebCodecs with an Opus encoder for our frames. */
export async function canEncodeOpus(): Promise<boolean> {
  try {
    return hasSoundCodecs() && (await AudioEncoder.isConfigSupported(OPUS)).supported === true;
  } catch {
    return false;
  }
}

/**
 * Opus by WebCodecs, encoded outside the page's thread.
 * @param onFailure - the encoder is broken, or makes packets of another length than was agreed; nothing comes of it any more.
 */
export function opusUplink(send: SendPayload, onFailure: () => void): Uplink {
  // An encoder counts time by itself and knows no gaps: what was captured when is kept beside it.
  const times: number[] = [];
  const encoder = new AudioEncoder({
    output: (chunk) => {
      const timestampMs = times.shift();
      if (timestampMs === undefined || encoder.state !== "configured") return;
      if (Math.abs((chunk.duration ?? FRAME_MS * 1000) - FRAME_MS * 1000) > DURATION_TOLERANCE) {
        encoder.close();
        onFailure();
        return;
      }
      const payload = new Uint8Array(chunk.byteLength);
      chunk.copyTo(payload);
      send(payload, timestampMs);
    },
    error: onFailure,
  });
  encoder.configure(OPUS);
  return {
    format: { format: "opus", sampleRate: CAPTURE_RATE, frameMs: FRAME_MS },
    push: (samples, timestampMs) => {
      if (encoder.state !== "configured" || encoder.encodeQueueSize >= MOST_WAITING) return false;
      const data = new AudioData({
        format: "f32-planar",
        sampleRate: CAPTURE_RATE,
        numberOfFrames: samples.length,
        numberOfChannels: 1,
        timestamp: timestampMs * 1000,
        data: samples as Float32Array<ArrayBuffer>,
      });
      times.push(timestampMs);
      encoder.encode(data);
      data.close();
      return true;
    },
    close: () => {
      if (encoder.state !== "closed") encoder.close();
    },
  };
}
