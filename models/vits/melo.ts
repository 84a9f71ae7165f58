import { AntiphonError } from "../../streaming/index.ts";
import { floats, integers } from "../runtime/session.ts";
import { splitMark, type PreparedUtterance, type VoiceFront } from "./front.ts";
import type { Lexicon } from "./lexicon.ts";

/** MeloTTS's own defaults. */
const NOISE_SCALE = 0.6;
const DURATION_NOISE_SCALE = 0.8;
/** Id of the blank that stands before, between and after all symbols. */
const BLANK = 0;

const INPUTS = ["x", "x_lengths", "tones", "sid", "noise_scale", "length_scale", "noise_scale_w"];
const SCRIPTS = /[\p{Script=Latin}\p{Script=Han}]/u;

/**
 * MeloTTS (github.com/myshell-ai/MeloTTS) as sherpa-onnx exports it: `x` and `tones` [1, symbols], `x_lengths` [1],
 * `sid` [1], `noise_scale`, `length_scale`, `noise_scale_w` [1]. Its BERT features are zeros inside the graph.
 */
export function meloFront(
  lexicon: Lexicon,
  metadata: ReadonlyMap<string, string>,
  inputNames: readonly string[],
): VoiceFront {
  const sampleRate = Number(metadata.get("sample_rate"));
  if (INPUTS.some((name) => !inputNames.includes(name)) || !(sampleRate > 0)) {
    throw new AntiphonError(
      "checkpoint-unsupported",
      "the voice lacks an input or the sample rate that MeloTTS has",
    );
  }
  const speaker = Number(metadata.get("speaker_id") ?? 0);
  return {
    sampleRate,
    script: SCRIPTS,
    prepare(words, speed) {
      const { symbols, tones, wordSpans } = pronounceAll(words, lexicon);
      const count = symbols.length;
      const feeds = {
        x: integers(symbols, [1, count]),
        x_lengths: integers([count], [1]),
        tones: integers(tones, [1, count]),
        sid: integers([speaker], [1]),
        noise_scale: floats(Float32Array.of(NOISE_SCALE), [1]),
        length_scale: floats(Float32Array.of(1 / speed), [1]),
        noise_scale_w: floats(Float32Array.of(DURATION_NOISE_SCALE), [1]),
      };
      return Promise.resolve({ feeds, wordSpans });
    },
  };
}

interface Sequence {
  readonly symbols: number[];
  readonly tones: number[];
  readonly wordSpans: PreparedUtterance["wordSpans"];
}

function pronounceAll(words: readonly { readonly spoken: string }[], lexicon: Lexicon): Sequence {
  const symbols = [BLANK];
  const tones = [BLANK];
  const append = (sound: {
    readonly symbols: readonly number[];
    readonly tones: readonly number[];
  }): void => {
    for (const [index, symbol] of sound.symbols.entries()) {
      symbols.push(symbol, BLANK);
      tones.push(sound.tones[index] ?? 0, BLANK);
    }
  };
  const wordSpans = words.map(({ spoken }) => {
    const start = symbols.length;
    let end = start;
    for (const token of spoken.split(" ")) {
      const { text, mark } = splitMark(token);
      append(lexicon.pronounce(text.replaceAll(/[.-]/g, "")));
      end = symbols.length;
      if (mark !== "") append(lexicon.mark(mark));
    }
    return end === start ? undefined : ([start, end] as const);
  });
  return { symbols, tones, wordSpans };
}
