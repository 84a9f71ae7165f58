import { AudioError } from "./errors.ts";
import { floatsToPcm16, pcm16ToFloats } from "./pcm.ts";

/** Sample rates in Hz that Opus encodes and decodes. */
export type OpusSampleRate = 8_000 | 12_000 | 16_000 | 24_000 | 48_000;

/** Packet lengths in milliseconds that we send. */
export type OpusFrameMs = 20 | 60;

/** Longer packets are refused: an Ethernet frame, and more than speech ever needs. */
const LARGEST_PACKET_BYTES = 1_500;

/** Encodes one mono stream to Opus, a packet at a time. */
export interface OpusPacketEncoder {
  /** Samples in one packet. */
  readonly frameSamples: number;
  /**
   * One packet from exactly `frameSamples` samples.
   * @throws RangeError for another number of samples, a fault of the caller.
   */
  encode(samples: Float32Array): Uint8Array;
}

/** Decodes one mono stream of Opus packets of any length up to 120 ms (RFC 6716). */
export interface OpusPacketDecoder {
  /**
   * The sound of one packet, owned by the caller.
   * @throws AudioError `opus-invalid` for garbage; the stream can go on with the next packet or with `conceal`.
   */
  decode(packet: Uint8Array): Float32Array;
  /**
   * Sound in place of one packet that is lost or invalid, as long as the one before: libopus lets what it last heard
   * fade out. Empty before the first packet.
   */
  conceal(): Float32Array;
}

/** @throws AudioError `opus-unavailable` where the native codec is not installed. */
export async function openOpusEncoder(
  sampleRate: OpusSampleRate,
  frameMs: OpusFrameMs,
): Promise<OpusPacketEncoder> {
  const codec = await openCodec(sampleRate);
  const frameSamples = (sampleRate * frameMs) / 1000;
  return {
    frameSamples,
    encode(samples) {
      // The addon ends the whole process where libopus refuses a length, so it must never get one.
      if (samples.length !== frameSamples) {
        throw new RangeError(`a packet takes ${frameSamples} samples, not ${samples.length}`);
      }
      return new Uint8Array(codec.encode(Buffer.from(floatsToPcm16(samples).buffer)));
    },
  };
}

/** @throws AudioError `opus-unavailable` where the native codec is not installed. */
export async function openOpusDecoder(sampleRate: OpusSampleRate): Promise<OpusPacketDecoder> {
  const codec = await openCodec(sampleRate);
  let lossPacket: Uint8Array | undefined;
  let packetSamples = 0;
  return {
    decode(packet) {
      if (packet.length === 0 || packet.length > LARGEST_PACKET_BYTES) {
        throw new AudioError("opus-invalid", `an Opus packet cannot have ${packet.length} bytes here`);
      }
      const samples = decodePacket(codec, packet);
      lossPacket = Uint8Array.of((packet[0] ?? 0) & ONE_FRAME_MASK);
      packetSamples = samples.length;
      return samples;
    },
    conceal() {
      const concealed = new Float32Array(packetSamples);
      for (let position = 0; lossPacket !== undefined && position < packetSamples;) {
        const frame = decodePacket(codec, lossPacket);
        concealed.set(frame.subarray(0, packetSamples - position), position);
        position += frame.length;
      }
      return concealed;
    },
  };
}

/**
 * A packet's first byte without its frame count: alone it is a packet of one empty frame, for which libopus fills in
 * (RFC 6716, sections 3.1 and 4.4). The addon has no other way to say that a packet was lost.
 */
const ONE_FRAME_MASK = 0b1111_1100;

interface NativeCodec {
  encode(pcm: Buffer): Buffer;
  decode(packet: Buffer): Buffer;
}

async function openCodec(sampleRate: OpusSampleRate): Promise<NativeCodec> {
  try {
    const { default: addon } = await import("@discordjs/opus");
    return new addon.OpusEncoder(sampleRate, 1);
  } catch (cause) {
    throw new AudioError(
      "opus-unavailable",
      "the Opus codec (@discordjs/opus) is not installed or cannot be loaded",
      {
        cause,
      },
    );
  }
}

function decodePacket(codec: NativeCodec, packet: Uint8Array): Float32Array {
  try {
    return pcm16ToFloats(codec.decode(Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength)));
  } catch (cause) {
    throw new AudioError("opus-invalid", `not a valid Opus packet of ${packet.length} bytes`, { cause });
  }
}
