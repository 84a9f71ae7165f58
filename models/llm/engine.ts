import type {
  GenerateRequest,
  GenerationEvent,
  PrefillRequest,
  ScoreRequest,
} from "../../streaming/index.ts";
import { compiledModel, fileFingerprint } from "../onnx/index.ts";
import type { Engine } from "../runtime/engine.ts";
import type { SessionOptions } from "../runtime/session.ts";
import { ChatPrompt } from "./chat-template.ts";
import { DecoderNetwork } from "./decoder-network.ts";
import { decoderGraph } from "./decoder.ts";
import { FrameTokens } from "./frame-tokens.ts";
import { SeatJobs } from "./seat-jobs.ts";
import type { Precision } from "./stacked-weights.ts";
import { decoderTensors } from "./tensor-names.ts";
import { openTextModel } from "./text-model.ts";
import type { TextModelFiles } from "./text-model.ts";

/** Part of the compiled graph's key: raise it when `decoderGraph` or the weight forms change. */
const BUILDER_VERSION = 2;

export interface LanguageModelConfig extends SessionOptions, TextModelFiles {
  readonly cacheDirectory: string;
  readonly precision: Precision;
  /** Longest prompt plus answer, in tokens. */
  readonly contextTokens: number;
  /** What all seats together may take, but for those that are being used. */
  readonly seatMemoryBytes: number;
}

/** What the language model's engine can be asked. */
export interface LanguageModelContract {
  readonly generate: { readonly request: GenerateRequest; readonly chunk: GenerationEvent };
  readonly prefill: { readonly request: PrefillRequest; readonly chunk: never };
  readonly score: { readonly request: ScoreRequest; readonly chunk: readonly number[] };
  readonly release: { readonly request: { readonly seat: string }; readonly chunk: never };
}

/** Loads the checkpoint (compiling its graph on first use) and answers jobs over named seats. */
export async function openLanguageModelEngine(
  config: LanguageModelConfig,
): Promise<Engine<LanguageModelContract>> {
  const { checkpoint, config: decoderConfig, tokenizer, template, pictureMark } = await openTextModel(config);
  const names = decoderTensors(checkpoint);
  const fingerprint = await fileFingerprint(checkpoint.path, config.cacheDirectory);
  const key = `decoder-${fingerprint}-${config.precision}-v${BUILDER_VERSION}`;
  const graphPath = await compiledModel({ directory: config.cacheDirectory, key }, () =>
    decoderGraph(decoderConfig, checkpoint, {
      precision: config.precision,
      input: "embeddings",
      output: "shortlist",
    }),
  );
  const frames = new FrameTokens(decoderConfig);
  const network = await DecoderNetwork.open(graphPath, decoderConfig, {
    ...config,
    checkpoint,
    embeddingTensor: names.embedding,
    headTensor: names.head,
    frames,
  });
  const prompt = new ChatPrompt(template, tokenizer, {
    tokensOf: (frame) => frames.tokensOf(frame),
    ...(pictureMark !== undefined && { pictureMark }),
  });
  const jobs = new SeatJobs({ ...config, network, tokenizer, prompt });
  return {
    jobs: {
      generate: (request) => jobs.generate(request),
      prefill: (request) => jobs.prefill(request),
      score: (request) => jobs.score(request),
      release: (request) => jobs.release(request),
    },
    close: async () => {
      jobs.close();
      await network.close();
    },
  };
}
