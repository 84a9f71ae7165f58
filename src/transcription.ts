import {
  DEFAULT_SEGMENTER_OPTIONS,
  LISTENING_SAMPLE_RATE,
  msToSamples,
  samplesToMs,
  Segmenter,
} from "../audio/index.ts";
import type {
  CallOptions,
  RecognizeRequest,
  SpeechDetector,
  SpeechRecognizer,
  Transcript,
} from "../streaming/index.ts";

/** Samples that a speech detector scores at once. */
const WINDOW = 512;
/** The recognizer hears at most 30 s at once; a little less keeps its margins. */
const LONGEST_PIECE_MS = 28_000;
/** Pauses at which a long recording may be cut. */
const CUT_PAUSE_MS = 500;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** What was understood of a stretch of a recording. */
export interface TranscribedPiece {
  readonly startMs: number;
  readonly endMs: number;
  /** Its words' times count from the start of the piece. */
  readonly transcript: Transcript;
}

export interface TranscriptionOptions extends CallOptions {
  /** @default "final" */
  readonly urgency?: RecognizeRequest["urgency"];
  /** Whether to find out when each word was said. @default false */
  readonly words?: boolean;
}

interface TranscriptionModels {
  readonly detector: SpeechDetector;
  readonly recognizer: SpeechRecognizer;
}

/**
 * The text of a whole recording (mono, 16 kHz). What is too long for the recognizer is cut at pauses, where there are
 * any.
 */
export async function transcribeRecording(
  samples: Float32Array,
  models: TranscriptionModels,
  options: TranscriptionOptions,
): Promise<string> {
  const texts: string[] = [];
  for await (const { transcript } of transcribePieces(samples, models, options)) texts.push(transcript.text);
  return texts.join(" ");
}

/** The same, piece by piece as they are understood; none of them is without words. */
export async function* transcribePieces(
  samples: Float32Array,
  { detector, recognizer }: TranscriptionModels,
  { signal, urgency = "final", words = false }: TranscriptionOptions,
): AsyncGenerator<TranscribedPiece> {
  const longest = msToSamples(LONGEST_PIECE_MS, LISTENING_SAMPLE_RATE);
  const short = samples.length <= longest;
  const pieces = short
    ? [{ start: 0, end: samples.length }]
    : joinSpans(speechSpans(samples, detector, { signal }), longest);
  for await (const { start, end } of pieces) {
    const request = { samples: samples.slice(start, end), urgency, words };
    const transcript = await recognizer.recognize(request, { signal });
    if (transcript.text === "") continue;
    const startMs = samplesToMs(start, LISTENING_SAMPLE_RATE);
    yield { startMs, endMs: samplesToMs(end, LISTENING_SAMPLE_RATE), transcript };
  }
}

async function* speechSpans(
  samples: Float32Array,
  detector: SpeechDetector,
  options: CallOptions,
): AsyncGenerator<Span> {
  const stream = detector.openStream();
  const segmenter = new Segmenter({
    ...DEFAULT_SEGMENTER_OPTIONS,
    hangoverMs: CUT_PAUSE_MS,
    sampleRate: LISTENING_SAMPLE_RATE,
  });
  const ended = (event: ReturnType<Segmenter["finish"]>): Span[] =>
    event?.type === "speech-end" ? [{ start: event.startSample, end: event.endSample }] : [];
  for (let startSample = 0; startSample + WINDOW <= samples.length; startSample += WINDOW) {
    const endSample = startSample + WINDOW;
    const probability = await stream.score(samples.slice(startSample, endSample), options);
    yield* ended(segmenter.push({ probability, startSample, endSample }));
  }
  yield* ended(segmenter.finish());
}

/** Joins neighbours as long as the whole stays within `longest`, and cuts what is longer. */
async function* joinSpans(spans: AsyncIterable<Span>, longest: number): AsyncGenerator<Span> {
  let open: Span | undefined;
  for await (const span of spans) {
    if (open !== undefined && span.end - open.start <= longest) {
      open = { ...open, end: span.end };
      continue;
    }
    if (open !== undefined) yield open;
    let { start } = span;
    for (; span.end - start > longest; start += longest) yield { start, end: start + longest };
    open = { start, end: span.end };
  }
  if (open !== undefined) yield open;
}
