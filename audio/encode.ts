import { OggOpusWriter } from "./ogg-opus.ts";
import type { OpusSampleRate } from "./opus.ts";
import { floatsToPcm16 } from "./pcm.ts";
import { streamedWavHeader } from "./wav.ts";

/** What one mono stream can be written as: 16 bits with or without a WAV header, FLAC, MP3, Ogg Opus. */
export const ENCODED_FORMATS = ["wav", "pcm", "flac", "mp3", "opus"] as const;
export type EncodedFormat = (typeof ENCODED_FORMATS)[number];

/** Rates in Hz that all formats have. */
export type EncodedSampleRate = Extract<OpusSampleRate, 8_000 | 16_000 | 24_000 | 48_000>;

/** Writes one mono stream, to be used as it is made. All its bytes together are the file. */
export interface AudioEncoder {
  /** The bytes that these samples complete, owned by the caller; often none. */
  encode(samples: Float32Array): Uint8Array;
  /** The end of the file; the encoder cannot be used afterwards. */
  finish(): Uint8Array;
  /** Gives the encoder's memory back where the stream is given up; harmless after `finish`. */
  close(): void;
}

/** Plenty for one voice. */
const MP3_KBPS = 64;
/** FLAC's default effort. */
const FLAC_LEVEL = 5;

/**
 * Opens an encoder; each is loaded when it is first asked for. One second of sound costs 5 to 15 ms of one core.
 * @throws AudioError `opus-unavailable` for `opus` where the native codec is not installed.
 */
export async function openAudioEncoder(
  format: EncodedFormat,
  sampleRate: EncodedSampleRate,
): Promise<AudioEncoder> {
  switch (format) {
    case "pcm":
      return linear(new Uint8Array(0));
    case "wav":
      return linear(streamedWavHeader(sampleRate));
    case "flac":
      return await openFlac(sampleRate);
    case "mp3":
      return await openMp3(sampleRate);
    case "opus": {
      const writer = await OggOpusWriter.open(sampleRate);
      return {
        encode: (samples) => writer.encode(samples),
        finish: () => writer.finish(),
        close: () => undefined,
      };
    }
  }
}

function linear(header: Uint8Array): AudioEncoder {
  let head = header;
  const behindHead = (body: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(head.length + body.length);
    bytes.set(head);
    bytes.set(body, head.length);
    head = new Uint8Array(0);
    return bytes;
  };
  return {
    encode: (samples) => behindHead(floatsToPcm16(samples)),
    finish: () => behindHead(new Uint8Array(0)),
    close: () => undefined,
  };
}

async function openMp3(sampleRate: EncodedSampleRate): Promise<AudioEncoder> {
  const { createMp3Encoder } = await import("wasm-media-encoders");
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate, channels: 1, bitrate: MP3_KBPS });
  return {
    // What it returns is its own buffer.
    encode: (samples) => encoder.encode([samples]).slice(),
    finish: () => encoder.finalize().slice(),
    close: () => undefined,
  };
}

async function openFlac(sampleRate: EncodedSampleRate): Promise<AudioEncoder> {
  const { default: libflac } = await import("libflacjs");
  // Its WebAssembly does not load on Node 20; this one is the same in asm.js.
  const flac = libflac("release");
  if (!flac.isReady())
    await new Promise((resolve) => {
      flac.on("ready", resolve);
    });
  const encoder = flac.create_libflac_encoder(sampleRate, 1, 16, FLAC_LEVEL, 0, false);
  let written: Uint8Array[] = [];
  const take = (): Uint8Array => {
    const bytes = Buffer.concat(written);
    written = [];
    return bytes;
  };
  flac.init_encoder_stream(encoder, (bytes) => {
    written.push(bytes.slice());
  });
  let open = true;
  const close = (): void => {
    if (open) flac.FLAC__stream_encoder_delete(encoder);
    open = false;
  };
  return {
    encode(samples) {
      const pcm = new Int16Array(floatsToPcm16(samples).buffer);
      flac.FLAC__stream_encoder_process_interleaved(encoder, Int32Array.from(pcm), pcm.length);
      return take();
    },
    finish() {
      flac.FLAC__stream_encoder_finish(encoder);
      close();
      return take();
    },
    close,
  };
}
