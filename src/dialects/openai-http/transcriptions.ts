import { deflateSync } from "node:zlib";

import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

import { LISTENING_SAMPLE_RATE, samplesToMs } from "../../../audio/index.ts";
import type { Recordings } from "../../recordings.ts";
import { type TranscribedPiece, transcribePieces } from "../../transcription.ts";
import type { DialectHost } from "../dialect.ts";
import { ApiError } from "./errors.ts";
import { modelsOf, sendEvents, signalOf } from "./exchange.ts";
import { readForm } from "./multipart.ts";
import { type Cue, cuesOf, srtOf, vttOf, wordsOf } from "./subtitles.ts";

const FORMATS = ["json", "text", "srt", "vtt", "verbose_json"] as const;
const GRANULARITIES = ["word", "segment"] as const;

/** The fields of the form, besides its `file`; what else the API has is ignored. */
export const transcriptionSchema = z.object({
  model: z.string().max(256).optional().describe("any; there is one recognizer"),
  language: z.string().max(32).optional().describe("told back in verbose_json; the recognizer knows its own"),
  response_format: z.enum(FORMATS, { error: `must be one of ${FORMATS.join(", ")}` }).default("json"),
  stream: z
    .enum(["true", "false", "True", "False", "1", "0"])
    .default("false")
    .describe("server-sent events"),
  timestamp_granularities: z
    .preprocess(
      (value) => (typeof value === "string" ? [value] : value),
      z.array(z.enum(GRANULARITIES)).max(2),
    )
    .default(["segment"]),
});
type Asked = z.infer<typeof transcriptionSchema>;

/** `POST /audio/transcriptions`: what is said in a recording. */
export function addTranscriptions(scope: FastifyInstance, host: DialectHost, recordings: Recordings): void {
  scope.post("/audio/transcriptions", async (request, reply) => {
    const { fields, file } = await readForm(request);
    const asked = transcriptionSchema.parse(fields);
    if (file === undefined) throw new ApiError(400, "missing_required_parameter", "file: is missing", "file");
    const models = modelsOf(host);
    const signal = signalOf(reply);
    const samples = await recordings.decode(file, { signal });
    const words = asked.response_format !== "json" && asked.response_format !== "text";
    const pieces = transcribePieces(samples, models, { signal, urgency: "background", words });
    const durationMs = samplesToMs(samples.length, LISTENING_SAMPLE_RATE);
    if (isTrue(asked.stream)) return await sendEvents(reply, transcriptEvents(pieces, durationMs));
    return await sendWhole(reply, asked, await collected(pieces), durationMs);
  });
}

function isTrue(text: string): boolean {
  return text.toLowerCase() === "true" || text === "1";
}

async function collected(pieces: AsyncIterable<TranscribedPiece>): Promise<TranscribedPiece[]> {
  const all: TranscribedPiece[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

function textOf(pieces: readonly TranscribedPiece[]): string {
  return pieces.map(({ transcript }) => transcript.text).join(" ");
}

async function* transcriptEvents(
  pieces: AsyncIterable<TranscribedPiece>,
  durationMs: number,
): AsyncGenerator<object> {
  let text = "";
  for await (const { transcript } of pieces) {
    const delta = text === "" ? transcript.text : ` ${transcript.text}`;
    text += delta;
    yield { type: "transcript.text.delta", delta };
  }
  yield { type: "transcript.text.done", text, usage: usageOf(durationMs) };
}

async function sendWhole(
  reply: FastifyReply,
  asked: Asked,
  pieces: readonly TranscribedPiece[],
  durationMs: number,
): Promise<FastifyReply> {
  const text = textOf(pieces);
  const cues = pieces.flatMap(cuesOf);
  switch (asked.response_format) {
    case "json":
      return await reply.send({ text, usage: usageOf(durationMs) });
    case "text":
      return await reply.type("text/plain; charset=utf-8").send(`${text}\n`);
    case "srt":
      return await reply.type("application/x-subrip; charset=utf-8").send(srtOf(cues));
    case "vtt":
      return await reply.type("text/vtt; charset=utf-8").send(vttOf(cues));
    case "verbose_json":
      return await reply.send(verbose(asked, pieces, cues, durationMs));
  }
}

function verbose(
  { language, timestamp_granularities: wanted }: Asked,
  pieces: readonly TranscribedPiece[],
  cues: readonly Cue[],
  durationMs: number,
): object {
  return {
    task: "transcribe",
    language: language ?? "english",
    duration: seconds(durationMs),
    text: textOf(pieces),
    ...(wanted.includes("word") && { words: pieces.flatMap(wordsOf).map(timedWord) }),
    ...(wanted.includes("segment") && { segments: cues.map(segment) }),
    usage: usageOf(durationMs),
  };
}

function timedWord({ text, startMs, endMs }: ReturnType<typeof wordsOf>[number]): object {
  return { word: text, start: seconds(startMs), end: seconds(endMs) };
}

/** Probabilities are those of the piece that a segment was cut from. */
function segment({ startMs, endMs, text, piece: { transcript } }: Cue, id: number): object {
  return {
    id,
    seek: 0,
    start: seconds(startMs),
    end: seconds(endMs),
    text,
    tokens: text === transcript.text ? transcript.tokens : [],
    temperature: 0,
    avg_logprob: transcript.averageLogProbability,
    compression_ratio: Buffer.byteLength(text) / deflateSync(text).length,
    no_speech_prob: transcript.noSpeechProbability,
  };
}

function usageOf(durationMs: number): object {
  return { type: "duration", seconds: Math.ceil(durationMs / 1000) };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
