import type { FloatTensor, LinearWeights, NormWeights } from "../onnx/layers.ts";
import type { WeightNames } from "./weights.ts";

/**
 * Whisper as CTranslate2's converter writes it (github.com/OpenNMT/CTranslate2, python/ctranslate2/specs): query, key and
 * value are already one matrix, as are the key and value of cross attention.
 */
export function ctranslate2Names(
  tensor: (name: string) => FloatTensor,
  has: (name: string) => boolean,
): WeightNames {
  const linear = (place: string): LinearWeights => ({
    weight: tensor(`${place}/weight`),
    bias: tensor(`${place}/bias`),
  });
  const norm = (place: string): NormWeights => ({
    gain: tensor(`${place}/gamma`),
    bias: tensor(`${place}/beta`),
  });
  return {
    convolution: (number) => linear(`encoder/conv${number}`),
    tokens: () => tensor("decoder/embeddings/weight"),
    positions: (stack) => tensor(`${stack}/position_encodings/encodings`),
    norm: (stack) => norm(`${stack}/layer_norm`),
    hasLayer: (stack, index) => has(`${stack}/layer_${index}/ffn/linear_0/weight`),
    layer: (stack, index) => {
      const place = `${stack}/layer_${index}`;
      return {
        selfAttention: {
          norm: norm(`${place}/self_attention/layer_norm`),
          queryKeyValue: linear(`${place}/self_attention/linear_0`),
          output: linear(`${place}/self_attention/linear_1`),
        },
        feedForward: {
          norm: norm(`${place}/ffn/layer_norm`),
          up: linear(`${place}/ffn/linear_0`),
          down: linear(`${place}/ffn/linear_1`),
        },
      };
    },
    crossAttention: (index) => {
      const place = `decoder/layer_${index}/attention`;
      return {
        norm: norm(`${place}/layer_norm`),
        query: linear(`${place}/linear_0`),
        keyValue: linear(`${place}/linear_1`),
        output: linear(`${place}/linear_2`),
      };
    },
  };
}
