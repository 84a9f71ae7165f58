import { AntiphonError } from "../../streaming/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import type { FloatTensor, LinearWeights, NormWeights } from "../onnx/layers.ts";
import type { DecoderLayerWeights, EncoderLayerWeights, WhisperWeights } from "./weights.ts";

/**
 * Whisper as Hugging Face's transformers stores it (WhisperForConditionalGeneration): one matrix per projection, keys
 * without a bias.
 */
export function huggingFaceWeights(checkpoint: Checkpoint, headWidth: number): WhisperWeights {
  const tensor = (name: string): FloatTensor => {
    const info = checkpoint.tensors.get(name);
    if (info === undefined) throw new AntiphonError("checkpoint-invalid", `${checkpoint.path} lacks ${name}`);
    return { name, dims: info.shape, floats: () => checkpoint.floats(name) };
  };
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
      return checkpoint.tensors.has(name) ? tensor(name) : zeros(name, weights[index]?.dims[0] ?? 0);
    });
    const fused = `${place}.${parts.join("_")}`;
    return { weight: stacked(`${fused}.weight`, weights), bias: stacked(`${fused}.bias`, biases) };
  };
  const block = (place: string): EncoderLayerWeights => ({
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
  });
  const decoderBlock = (place: string): DecoderLayerWeights => ({
    ...block(place),
    crossAttention: {
      norm: norm(`${place}.encoder_attn_layer_norm`),
      query: linear(`${place}.encoder_attn.q_proj`),
      keyValue: projections(`${place}.encoder_attn`, ["k_proj", "v_proj"]),
      output: linear(`${place}.encoder_attn.out_proj`),
    },
  });
  const layers = <Layer>(stack: string, make: (place: string) => Layer): Layer[] => {
    const made: Layer[] = [];
    while (checkpoint.tensors.has(`${stack}.layers.${made.length}.fc1.weight`))
      made.push(make(`${stack}.layers.${made.length}`));
    return made;
  };
  const encoder = "model.encoder";
  const decoder = "model.decoder";
  const convolutions = [linear(`${encoder}.conv1`), linear(`${encoder}.conv2`)] as const;
  const tokens = tensor(`${decoder}.embed_tokens.weight`);
  const encoderPositions = tensor(`${encoder}.embed_positions.weight`);
  const decoderPositions = tensor(`${decoder}.embed_positions.weight`);
  const [vocabulary = 0, width = 0] = tokens.dims;
  return {
    sizes: {
      melBins: convolutions[0].weight.dims[1] ?? 0,
      width,
      heads: width / headWidth,
      headWidth,
      sourcePositions: encoderPositions.dims[0] ?? 0,
      targetPositions: decoderPositions.dims[0] ?? 0,
      vocabulary,
    },
    encoder: {
      convolutions,
      positions: encoderPositions,
      layers: layers(encoder, block),
      norm: norm(`${encoder}.layer_norm`),
    },
    decoder: {
      tokens,
      positions: decoderPositions,
      layers: layers(decoder, decoderBlock),
      norm: norm(`${decoder}.layer_norm`),
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
