import type { MelBins } from "../../audio/index.ts";
import { measureLevel } from "../../audio/index.ts";
import type { Transcript } from "../../streaming/index.ts";
import { openCheckpoint } from "../checkpoint/index.ts";
import { compiledModel, fileFingerprint } from "../onnx/index.ts";
import type { Precision } from "../onnx/layers.ts";
import type { Engine, Job } from "../runtime/engine.ts";
import type { SessionOptions } from "../runtime/session.ts";
import { Aligner } from "./alignment.ts";
import { whisperWeights } from "./checkpoint-weights.ts";
import { decoderGraph } from "./decoder.ts";
import { encoderGraph } from "./encoder.ts";
import { encoderInput } from "./features.ts";
import { decodeGreedily } from "./greedy.ts";
import { isImplausible, tokenLimit } from "./guards.ts";
import { type MannerHead, openMannerHead } from "./manner.ts";
import { type Heard, WhisperNetworks } from "./networks.ts";
import { poolOverTime } from "./pooling.ts";
import { readWhisperTokens, type WhisperTokens } from "./tokens.ts";
import type { WhisperSizes } from "./weights.ts";

/** Speech to text, at most 30 s at 16 kHz per job. */
export type WhisperContract = {
  recognize: {
    readonly request: {
      readonly samples: Float32Array;
      readonly draft?: readonly number[];
      /** Whether to find out when each word was said; loads one more network when it is first asked for. */
      readonly words?: boolean;
    };
    readonly chunk: Transcript;
  };
  /** What the head of manners reads and was trained on: the encoder's features, pooled over time. */
  features: {
    readonly request: { readonly samples: Float32Array };
    readonly chunk: Float32Array;
  };
};

export interface WhisperConfig extends SessionOptions {
  /** CTranslate2's model.bin or a Hugging Face checkpoint (file or folder). */
  readonly weightsPath: string;
  readonly tokenizerPath: string;
  /** Where the suppressed tokens are listed. */
  readonly configPath: string;
  readonly cacheDirectory: string;
}

/** Raise when the graphs or the way they are written change. */
const BUILDER_VERSION = 2;

/** The encoder multiplies hundreds of rows at once, the decoder one at a time. */
const ENCODER_PRECISION: Precision = "int8-columns";
const DECODER_PRECISION: Precision = "int8-blocks";

/** Quieter than any microphone's own noise: nothing to recognise. */
const SILENT_PEAK_DBFS = -66;
const SAMPLE_RATE = 16_000;
/** What one step of the encoder covers: two frames of 10 ms. */
const STEP_SAMPLES = 320;
const SHORTEST_SAMPLES = 0.1 * SAMPLE_RATE;

const NOTHING_HEARD: Transcript = {
  text: "",
  tokens: [],
  noSpeechProbability: 1,
  averageLogProbability: 0,
  rejected: true,
};

/**
 * Opens Whisper on this thread. Builds and caches its two networks on first use. Rejects with `model-missing`,
 * `model-corrupt`, `checkpoint-invalid`, `checkpoint-unsupported` or `graph-invalid`.
 */
export async function openWhisperEngine(config: WhisperConfig): Promise<Engine<WhisperContract>> {
  const { sizes, encoderPath, decoderPath, fingerprint } = await compileNetworks(config);
  const tokens = await readWhisperTokens(config.tokenizerPath, config.configPath, sizes.vocabulary);
  const networks = await WhisperNetworks.open({ encoderPath, decoderPath, sizes }, config);
  const head = openMannerHead(fingerprint);
  let aligner: Promise<Aligner> | undefined;
  const openAligner = (): Promise<Aligner> => (aligner ??= Aligner.open(config, tokens));
  return {
    jobs: {
      recognize: ({ samples, draft = [], words = false }) =>
        recognize({ networks, tokens, head, ...(words && { openAligner }) }, samples, draft),
      features: ({ samples }) => describe(networks, samples),
    },
    close: async () => {
      await networks.close();
      await (await aligner?.catch(() => undefined))?.close();
    },
  };
}

interface Recognition {
  readonly networks: WhisperNetworks;
  readonly tokens: WhisperTokens;
  readonly head: MannerHead | undefined;
  /** Where the times of words are wanted. */
  readonly openAligner?: () => Promise<Aligner>;
}

/** One utterance: the encoder's run, then the decoder's, each a step. */
async function* recognize(
  { networks, tokens, head, openAligner }: Recognition,
  samples: Float32Array,
  draft: readonly number[],
): Job<Transcript> {
  if (samples.length < SHORTEST_SAMPLES || measureLevel(samples).peakDbfs < SILENT_PEAK_DBFS) {
    yield NOTHING_HEARD;
    return;
  }
  const heard = await networks.encode(encoderInput(samples, networks.sizes.melBins as MelBins));
  yield undefined;
  const decoding = networks.openDecoding(heard);
  try {
    const limit = tokenLimit(samples.length / SAMPLE_RATE, tokens.languages.length > 0);
    const hypothesis = yield* decodeGreedily(decoding.run, { tokens, limit, draft });
    const text = tokens.decode(hypothesis.tokens).trim();
    const rejected = isImplausible(text, hypothesis);
    const manner = head?.(poolFeatures(networks, heard, samples));
    if (openAligner !== undefined) yield undefined;
    const steps = Math.ceil(samples.length / STEP_SAMPLES);
    const words = rejected
      ? undefined
      : await (await openAligner?.())?.times(heard, hypothesis.tokens, steps);
    yield {
      ...hypothesis,
      ...(rejected ? { text: "", tokens: [] } : { text }),
      rejected,
      ...(manner !== undefined && { manner }),
      ...(words !== undefined && { words }),
    };
  } finally {
    decoding.close();
  }
}

/** The encoder's run alone. */
async function* describe(networks: WhisperNetworks, samples: Float32Array): Job<Float32Array> {
  const heard = await networks.encode(encoderInput(samples, networks.sizes.melBins as MelBins));
  yield poolFeatures(networks, heard, samples);
}

function poolFeatures({ sizes }: WhisperNetworks, { hidden }: Heard, samples: Float32Array): Float32Array {
  return poolOverTime(hidden, sizes.width, Math.ceil(samples.length / STEP_SAMPLES));
}

async function compileNetworks(
  config: WhisperConfig,
): Promise<{ sizes: WhisperSizes; encoderPath: string; decoderPath: string; fingerprint: string }> {
  const directory = config.cacheDirectory;
  const checkpoint = await openCheckpoint(config.weightsPath);
  try {
    const weights = whisperWeights(checkpoint);
    const fingerprint = await fileFingerprint(checkpoint.path, directory);
    const key = (part: string, precision: Precision): string =>
      `whisper-${part}-${precision}-v${BUILDER_VERSION}-${fingerprint}`;
    const encoderPath = await compiledModel({ directory, key: key("encoder", ENCODER_PRECISION) }, () =>
      encoderGraph(weights, ENCODER_PRECISION),
    );
    const decoderPath = await compiledModel({ directory, key: key("decoder", DECODER_PRECISION) }, () =>
      decoderGraph(weights, DECODER_PRECISION),
    );
    return { sizes: weights.sizes, encoderPath, decoderPath, fingerprint };
  } finally {
    await checkpoint.close();
  }
}
