import type { FloatTensor, LinearWeights, NormWeights } from "../onnx/layers.ts";
import type { WeightNames } from "./weights.ts";

/**
 * Whisper as Hugging Face's transformers stores it (WhisperForConditionalGeneration): one matrix per projection, which
 * are put one below the other here; keys have no bias.
 */
export function huggingFaceNames(
  tensor: (name: string) => FloatTensor,
  has: (name: string) => boolean,
): WeightNames {
  const linear = (place: string): LinearWeights => ({
    weight: tensor(`${place}.weight`),
    bias: tensor(`${place}.bias`),
  });
  const norm = (place: string): NormWeights => ({
    gain: tensor(`${place}.weight`),
    bias: tensor(`${place}.bias`),
  });
  const projections = (place: string, parts: readonly string[]): LinearWeights => {
    const weights = parts.map((part) => tensor(`${place}.${part}.weight`));
    const biases = parts.map((part, index) => {
      const name = `${place}.${part}.bias`;
      return has(name) ? tensor(name) : zeros(name, weights[index]?.dims[0] ?? 0);
    });
    const fused = `${place}.${parts.join("+")}`;
    return { weight: stacked(`${fused}.weight`, weights), bias: stacked(`${fused}.bias`, biases) };
  };
  return {
    convolution: (number) => linear(`model.encoder.conv${number}`),
    tokens: () => tensor("model.decoder.embed_tokens.weight"),
    positions: (stack) => tensor(`model.${stack}.embed_positions.weight`),
    norm: (stack) => norm(`model.${stack}.layer_norm`),
    hasLayer: (stack, index) => has(`model.${stack}.layers.${index}.fc1.weight`),
    layer: (stack, index) => {
      const place = `model.${stack}.layers.${index}`;
      return {
        selfAttention: {
          norm: norm(`${place}.self_attn_layer_norm`),
          queryKeyValue: projections(`${place}.self_attn`, ["q_proj", "k_proj", "v_proj"]),
          output: linear(`${place}.self_attn.out_proj`),
        },
        feedForward: {
          norm: norm(`${place}.final_layer_norm`),
          up: linear(`${place}.fc1`),
          down: linear(`${place}.fc2`),
        },
      };
    },
    crossAttention: (index) => {
      const place = `model.decoder.layers.${index}.encoder_attn`;
      return {
        norm: norm(`${place}_layer_norm`),
        query: linear(`${place}.q_proj`),
        keyValue: projections(place, ["k_proj", "v_proj"]),
        output: linear(`${place}.out_proj`),
      };
    },
  };
}

/** Tensors one below the other along their first axis. */
function stacked(name: string, parts: readonly FloatTensor[]): FloatTensor {
  const rows = parts.reduce((sum, part) => sum + (part.dims[0] ?? 0), 0);
  const dims = [rows, ...(parts[0]?.dims.slice(1) ?? [])];
  return {
    name,
    dims,
    floats: async () => {
      const all = new Float32Array(dims.reduce((product, size) => product * size, 1));
      let offset = 0;
      for (const part of parts) {
        const values = await part.floats();
        all.set(values, offset);
        offset += values.length;
      }
      return all;
    },
  };
}

function zeros(name: string, size: number): FloatTensor {
  return { name, dims: [size], floats: () => Promise.resolve(new Float32Array(size)) };
}
