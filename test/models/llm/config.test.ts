import { describe, expect, it } from "vitest";

import { decoderConfigFromGguf, decoderConfigFromJson } from "../../../models/llm/config.ts";

const json = {
  model_type: "llama",
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 160,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 512,
  rope_theta: 500_000,
};

const expected = {
  layers: 2,
  hiddenSize: 64,
  intermediateSize: 96,
  heads: 4,
  keyValueHeads: 2,
  headDim: 16,
  vocabularySize: 160,
  normEpsilon: 1e-6,
  rope: { theta: 500_000 },
  contextLength: 512,
  attentionBias: false,
  queryKeyNorm: false,
};

function gguf(architecture: string, changes: Readonly<Record<string, unknown>> = {}): Map<string, unknown> {
  const fields: Readonly<Record<string, unknown>> = {
    block_count: 2,
    embedding_length: 64,
    feed_forward_length: 96,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
    "attention.layer_norm_rms_epsilon": 1e-6,
    context_length: 512,
    "rope.freq_base": 500_000,
    ...changes,
  };
  const entries = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]): [string, unknown] => [`${architecture}.${key}`, value]);
  return new Map([["general.architecture", architecture], ...entries]);
}

const invalid = (code: string): Error => expect.objectContaining({ code }) as Error;

describe("a config.json", () => {
  it("describes the network", () => {
    expect(decoderConfigFromJson(json)).toEqual(expected);
  });

  it.each([
    ["qwen2", { attentionBias: true, queryKeyNorm: false }],
    ["qwen3", { attentionBias: false, queryKeyNorm: true }],
  ])("of %s says which biases and norms there are", (family, flags) => {
    expect(decoderConfigFromJson({ ...json, model_type: family })).toEqual({ ...expected, ...flags });
  });

  it("may give the size of a head and leave grouped heads out", () => {
    const config = decoderConfigFromJson({ ...json, head_dim: 32, num_key_value_heads: undefined });
    expect(config).toMatchObject({ headDim: 32, keyValueHeads: 4 });
  });

  const llama3 = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const scaling = {
    type: "llama3",
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContextLength: 8192,
  };
  it.each([
    ["no scaling", { rope_scaling: null }, { theta: 500_000 }],
    [
      "the layout of transformers 5",
      { rope_theta: undefined, rope_parameters: { rope_type: "default", rope_theta: 1000 } },
      { theta: 1000 },
    ],
    ["neither", { rope_theta: undefined }, { theta: 10_000 }],
    [
      "interpolated positions",
      { rope_scaling: { type: "linear", factor: 2 } },
      { theta: 500_000, scaling: { type: "linear", factor: 2 } },
    ],
    ["Llama 3's scaling", { rope_scaling: { rope_type: "llama3", ...llama3 } }, { theta: 500_000, scaling }],
  ])("gives the rotation with %s", (_, changes, rope) => {
    expect(decoderConfigFromJson({ ...json, ...changes }).rope).toEqual(rope);
  });

  it.each([
    ["another family", { model_type: "mamba" }, "checkpoint-unsupported"],
    ["no family", { model_type: undefined }, "checkpoint-unsupported"],
    ["an unknown scaling", { rope_scaling: { type: "yarn", factor: 4 } }, "checkpoint-unsupported"],
    ["no number of layers", { num_hidden_layers: undefined }, "checkpoint-invalid"],
    ["a text for a number", { hidden_size: "64" }, "checkpoint-invalid"],
    ["no end of a number", { vocab_size: Infinity }, "checkpoint-invalid"],
    ["half of Llama 3's scaling", { rope_scaling: { rope_type: "llama3", factor: 8 } }, "checkpoint-invalid"],
  ])("with %s is refused", (_, changes, code) => {
    expect(() => decoderConfigFromJson({ ...json, ...changes })).toThrow(invalid(code));
  });
});

describe("GGUF metadata", () => {
  it.each([
    ["llama", { attentionBias: false, queryKeyNorm: false }],
    ["qwen2", { attentionBias: true, queryKeyNorm: false }],
    ["qwen3", { attentionBias: false, queryKeyNorm: true }],
  ])("of %s describe the network", (architecture, flags) => {
    expect(decoderConfigFromGguf(gguf(architecture), 160)).toEqual({ ...expected, ...flags });
  });

  it("may count in 64 bits, give the size of a head and leave the rest out", () => {
    const metadata = gguf("qwen3", {
      block_count: 2n,
      "attention.key_length": 32,
      "attention.head_count_kv": undefined,
      "rope.freq_base": undefined,
    });
    expect(decoderConfigFromGguf(metadata, 160)).toMatchObject({
      layers: 2,
      headDim: 32,
      keyValueHeads: 4,
      rope: { theta: 10_000 },
    });
  });

  it.each([
    ["linear", { "rope.scaling.type": "linear", "rope.scaling.factor": 4 }, { type: "linear", factor: 4 }],
    ["no", { "rope.scaling.type": "none" }, undefined],
  ])("give the rotation with %s scaling", (_, changes, scaling) => {
    expect(decoderConfigFromGguf(gguf("llama", changes), 160).rope.scaling).toEqual(scaling);
  });

  it.each([
    ["another architecture", gguf("mamba"), "checkpoint-unsupported"],
    ["none", new Map<string, unknown>(), "checkpoint-unsupported"],
    ["an unknown scaling", gguf("llama", { "rope.scaling.type": "yarn" }), "checkpoint-unsupported"],
    [
      "rotary positions over half a head",
      gguf("llama", { "rope.dimension_count": 8 }),
      "checkpoint-unsupported",
    ],
    ["no size", gguf("llama", { embedding_length: undefined }), "checkpoint-invalid"],
    ["a scaling without factor", gguf("llama", { "rope.scaling.type": "linear" }), "checkpoint-invalid"],
  ])("of %s are refused", (_, metadata, code) => {
    expect(() => decoderConfigFromGguf(metadata, 160)).toThrow(invalid(code));
  });
});
