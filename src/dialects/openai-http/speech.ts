import { setImmediate } from "node:timers/promises";

import type { FastifyInstance } from "fastify";
import { z } from "zod";

import { ENCODED_FORMATS, openAudioEncoder, Resampler } from "../../../audio/index.ts";
import { AntiphonError, clausesOf, type SpeechSynthesizer } from "../../../streaming/index.ts";
import { cleanTypedText } from "../../typed-text.ts";
import type { DialectHost } from "../dialect.ts";
import { modelsOf, sendEvents, sendPieces, signalOf } from "./exchange.ts";

/** As the API has it; `pcm` says nothing of itself. */
const SAMPLE_RATE = 24_000;
/** Samples that are encoded at once, so that the main thread has time for everybody. */
const PIECE_MS = 100;

/** As the API has it, in UTF-16 units. */
const LONGEST_INPUT = 4096;

const CONTENT_TYPES = {
  mp3: "audio/mpeg",
  opus: "audio/ogg",
  flac: "audio/flac",
  wav: "audio/wav",
  pcm: "audio/pcm",
} as const;

export const speechSchema = z.object({
  model: z.string().max(256).optional().describe("any; there is one voice"),
  input: z.string().min(1).max(LONGEST_INPUT).describe("what to say"),
  voice: z
    .union([z.string().max(256), z.object({ id: z.string().max(256) })])
    .optional()
    .describe("any; there is one voice"),
  response_format: z
    .enum(ENCODED_FORMATS, { error: `must be one of ${ENCODED_FORMATS.join(", ")}` })
    .default("mp3")
    .describe("pcm is 16-bit little-endian at 24 kHz, mono"),
  speed: z.number().min(0.25).max(4).default(1),
  stream_format: z.enum(["audio", "sse"]).default("audio"),
});

/** `POST /audio/speech`: a text as sound, from its first clause on. */
export function addSpeech(scope: FastifyInstance, host: DialectHost): void {
  scope.post("/audio/speech", async (request, reply) => {
    const asked = speechSchema.parse(request.body);
    const { synthesizer } = modelsOf(host);
    const input = cleanTypedText(asked.input, LONGEST_INPUT);
    const bytes = encodedSpeech({ ...asked, input }, synthesizer, signalOf(reply));
    if (asked.stream_format === "sse") return await sendEvents(reply, speechEvents(bytes));
    return await sendPieces(reply, CONTENT_TYPES[asked.response_format], bytes);
  });
}

async function* speechEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<object> {
  for await (const bytes of pieces) {
    const audio = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
    yield { type: "speech.audio.delta", audio };
  }
  // What is counted in tokens elsewhere has none here.
  yield { type: "speech.audio.done", usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } };
}

async function* encodedSpeech(
  { input, speed, response_format: format }: z.infer<typeof speechSchema>,
  synthesizer: SpeechSynthesizer,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const encoder = await openAudioEncoder(format, SAMPLE_RATE);
  const resampler = await Resampler.open(synthesizer.sampleRate, SAMPLE_RATE);
  try {
    let spoken = false;
    for await (const samples of pieces(spokenText(input, speed, synthesizer, signal), synthesizer)) {
      spoken = true;
      yield* some(encoder.encode(resampler.process(samples)));
      await setImmediate();
      signal.throwIfAborted();
    }
    if (!spoken) throw new AntiphonError("text-empty", "nothing in the text can be spoken");
    yield* some(encoder.encode(resampler.flush()));
    yield* some(encoder.finish());
  } finally {
    encoder.close();
    resampler.close();
  }
}

/** A stream must have no empty pieces. */
function* some(bytes: Uint8Array): Generator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** Clause by clause, as the conversation does it. */
async function* spokenText(
  text: string,
  speed: number,
  synthesizer: SpeechSynthesizer,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  for (const clause of clausesOf(text)) {
    const request = { text: clause.text, speed, inBackground: true };
    for await (const { samples } of synthesizer.synthesize(request, { signal })) yield samples;
  }
}

async function* pieces(
  chunks: AsyncIterable<Float32Array>,
  { sampleRate }: SpeechSynthesizer,
): AsyncGenerator<Float32Array> {
  const length = Math.round((PIECE_MS * sampleRate) / 1000);
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += length) yield chunk.subarray(start, start + length);
  }
}
