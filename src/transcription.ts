import { DEFAULT_SEGMENTER_OPTIONS, LISTENING_SAMPLE_RATE, msToSamples, Segmenter } from "../audio/index.ts";
import type { CallOptions, SpeechDetector, SpeechRecognizer } from "../streaming/index.ts";

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

/**
 * The text of a whole recording (mono, 16 kHz). What is too long for the recognizer is cut at pauses, where there are
 * any.
 */
export async function transcribeRecording(
  samples: Float32Array,
  models: { readonly detector: SpeechDetector; readonly recognizer: SpeechRecognizer },
  options: CallOptions,
): Promise<string> {
  const longest = msToSamples(LONGEST_PIECE_MS, LISTENING_SAMPLE_RATE);
  const short = samples.length <= longest;
  const speech = short
    ? [{ start: 0, end: samples.length }]
    : await speechSpans(samples, models.detector, options);
  const texts: string[] = [];
  for (const { start, end } of joinSpans(speech, longest)) {
    const piece = samples.slice(start, end);
    const { text } = await models.recognizer.recognize({ samples: piece, urgency: "final" }, options);
    if (text !== "") texts.push(text);
  }
  return texts.join(" ");
}

async function speechSpans(
  samples: Float32Array,
  detector: SpeechDetector,
  options: CallOptions,
): Promise<Span[]> {
  const stream = detector.openStream();
  const segmenter = new Segmenter({
    ...DEFAULT_SEGMENTER_OPTIONS,
    hangoverMs: CUT_PAUSE_MS,
    sampleRate: LISTENING_SAMPLE_RATE,
  });
  const spans: Span[] = [];
  const take = (event: ReturnType<Segmenter["finish"]>): void => {
    if (event?.type === "speech-end") spans.push({ start: event.startSample, end: event.endSample });
  };
  for (let startSample = 0; startSample + WINDOW <= samples.length; startSample += WINDOW) {
    const endSample = startSample + WINDOW;
    const probability = await stream.score(samples.slice(startSample, endSample), options);
    take(segmenter.push({ probability, startSample, endSample }));
  }
  take(segmenter.finish());
  return spans;
}

/** Joins neighbours as long as the whole stays within `longest`, and cuts what is longer. */
function joinSpans(spans: readonly Span[], longest: number): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last !== undefined && span.end - last.start <= longest)
      joined.splice(-1, 1, { ...last, end: span.end });
    else
      for (let start = span.start; start < span.end; start += longest) {
        joined.push({ start, end: Math.min(span.end, start + longest) });
      }
  }
  return joined;
}
