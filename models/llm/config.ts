import { AntiphonError } from "../../streaming/index.ts";

/** Rotary position embedding (RoFormer, arXiv 2104.09864) with the frequency changes that long-context models use. */
export interface RopeConfig {
  readonly theta: number;
  /** Divisors of each pair's frequency, as GGUF files of Llama 3 carry them ready-made; [headDim / 2]. */
  readonly factors?: readonly number[];
  readonly scaling?:
    | { readonly type: "linear"; readonly factor: number }
    | {
        /** Llama 3.1's: long wavelengths are stretched, short ones kept, those between blended. */
        readonly type: "llama3";
        readonly factor: number;
        readonly lowFrequencyFactor: number;
        readonly highFrequencyFactor: number;
        readonly originalContextLength: number;
      };
}

/** Everything that shapes a decoder of the Llama family (Llama/SmolLM2, Qwen2.5, Qwen3). */
export interface DecoderConfig {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly vocabularySize: number;
  readonly normEpsilon: number;
  readonly rope: RopeConfig;
  readonly contextLength: number;
  /** Whether the query, key and value projections have biases (Qwen2.5). */
  readonly attentionBias: boolean;
  /** Whether queries and keys are normalised per head before the rotation (Qwen3). */
  readonly queryKeyNorm: boolean;
}

/** Reads a Hugging Face `config.json`; throws `checkpoint-unsupported` for other families. */
export function decoderConfigFromJson(json: Readonly<Record<string, unknown>>): DecoderConfig {
  const family = String(json["model_type"]);
  if (!["llama", "qwen2", "qwen3"].includes(family)) {
    throw new AntiphonError("checkpoint-unsupported", `language models of type ${family} are not supported`);
  }
  const number = (key: string, fallback?: number): number => requireNumber(json[key] ?? fallback, key);
  const heads = number("num_attention_heads");
  const hiddenSize = number("hidden_size");
  return {
    layers: number("num_hidden_layers"),
    hiddenSize,
    intermediateSize: number("intermediate_size"),
    heads,
    keyValueHeads: number("num_key_value_heads", heads),
    headDim: number("head_dim", hiddenSize / heads),
    vocabularySize: number("vocab_size"),
    normEpsilon: number("rms_norm_eps"),
    rope: ropeFromJson(json),
    contextLength: number("max_position_embeddings"),
    attentionBias: family === "qwen2",
    queryKeyNorm: family === "qwen3",
  };
}

/** Reads GGUF metadata (`llama.*`, `qwen2.*`, `qwen3.*`); throws `checkpoint-unsupported` for other architectures. */
export function decoderConfigFromGguf(
  metadata: ReadonlyMap<string, unknown>,
  vocabularySize: number,
): DecoderConfig {
  const architecture = String(metadata.get("general.architecture"));
  if (!["llama", "qwen2", "qwen3"].includes(architecture)) {
    throw new AntiphonError("checkpoint-unsupported", `GGUF architecture ${architecture} is not supported`);
  }
  const number = (key: string, fallback?: number): number =>
    requireNumber(metadata.get(`${architecture}.${key}`) ?? fallback, `${architecture}.${key}`);
  const heads = number("attention.head_count");
  const hiddenSize = number("embedding_length");
  const scaling = metadata.get(`${architecture}.rope.scaling.type`);
  if (scaling !== undefined && scaling !== "none" && scaling !== "linear") {
    throw new AntiphonError(
      "checkpoint-unsupported",
      `rope scaling ${JSON.stringify(scaling)} is not supported`,
    );
  }
  const headDim = number("attention.key_length", hiddenSize / heads);
  if (number("rope.dimension_count", headDim) !== headDim) {
    throw new AntiphonError(
      "checkpoint-unsupported",
      "rotary positions over a part of each head are not supported",
    );
  }
  return {
    layers: number("block_count"),
    hiddenSize,
    intermediateSize: number("feed_forward_length"),
    heads,
    keyValueHeads: number("attention.head_count_kv", heads),
    headDim,
    vocabularySize,
    normEpsilon: number("attention.layer_norm_rms_epsilon"),
    rope: {
      theta: number("rope.freq_base", 10_000),
      ...(scaling === "linear" && { scaling: { type: "linear", factor: number("rope.scaling.factor") } }),
    },
    contextLength: number("context_length"),
    attentionBias: architecture === "qwen2",
    queryKeyNorm: architecture === "qwen3",
  };
}

function ropeFromJson(json: Readonly<Record<string, unknown>>): RopeConfig {
  // transformers 5 moved both into `rope_parameters`; older files have them side by side.
  const parameters = record(json["rope_parameters"]) ?? record(json["rope_scaling"]) ?? {};
  const theta = requireNumber(json["rope_theta"] ?? parameters["rope_theta"] ?? 10_000, "rope_theta");
  const type = parameters["rope_type"] ?? parameters["type"] ?? "default";
  if (type === "default") return { theta };
  const factor = requireNumber(parameters["factor"], "rope factor");
  if (type === "linear") return { theta, scaling: { type, factor } };
  if (type === "llama3") {
    return {
      theta,
      scaling: {
        type,
        factor,
        lowFrequencyFactor: requireNumber(parameters["low_freq_factor"], "low_freq_factor"),
        highFrequencyFactor: requireNumber(parameters["high_freq_factor"], "high_freq_factor"),
        originalContextLength: requireNumber(
          parameters["original_max_position_embeddings"],
          "original_max_position_embeddings",
        ),
      },
    };
  }
  throw new AntiphonError("checkpoint-unsupported", `rope scaling ${JSON.stringify(type)} is not supported`);
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function requireNumber(value: unknown, key: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number)) return number;
  throw new AntiphonError("checkpoint-invalid", `the checkpoint's configuration lacks the number ${key}`);
}
