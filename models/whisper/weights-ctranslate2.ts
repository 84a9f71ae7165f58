import { AntiphonError } from "../../streaming/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import type { FloatTensor, LinearWeights, NormWeights } from "../onnx/layers.ts";
import type { DecoderLayerWeights, EncoderLayerWeights, WhisperWeights } from "./weights.ts";

/**
 * Whisper as CTranslate2's converter writes it (github.com/OpenNMT/CTranslate2, python/ctranslate2/specs): query, key and
 * value are already one matrix, as are the key and value of cross attention.
 */
export function ctranslate2Weights(checkpoint: Checkpoint, headWidth: number): WhisperWeights {
  const tensor = (name: string): FloatTensor => {
    const info = checkpoint.tensors.get(name);
    if (info === undefined) throw new AntiphonError("checkpoint-invalid", `${checkpoint.path} lacks ${name}`);
    if (checkpoint.tensors.has(`${name}_scale`)) {
      throw new AntiphonError(
        "checkpoint-unsupported",
        `${checkpoint.path} is quantised; use a float16 file`,
      );
    }
    return { name, dims: info.shape, floats: () => checkpoint.floats(name) };
  };
  const linear = (place: string): LinearWeights => ({
    weight: tensor(`${place}/weight`),
    bias: tensor(`${place}/bias`),
  });
  const norm = (place: string): NormWeights => ({
    gain: tensor(`${place}/gamma`),
    bias: tensor(`${place}/beta`),
  });
  const block = (place: string): EncoderLayerWeights => ({
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
  });
  const decoderBlock = (place: string): DecoderLayerWeights => ({
    ...block(place),
    crossAttention: {
      norm: norm(`${place}/attention/layer_norm`),
      query: linear(`${place}/attention/linear_0`),
      keyValue: linear(`${place}/attention/linear_1`),
      output: linear(`${place}/attention/linear_2`),
    },
  });
  const layers = <Layer>(stack: string, make: (place: string) => Layer): Layer[] => {
    const made: Layer[] = [];
    while (checkpoint.tensors.has(`${stack}/layer_${made.length}/ffn/linear_0/weight`))
      made.push(make(`${stack}/layer_${made.length}`));
    return made;
  };
  const convolutions = [linear("encoder/conv1"), linear("encoder/conv2")] as const;
  const tokens = tensor("decoder/embeddings/weight");
  const encoderPositions = tensor("encoder/position_encodings/encodings");
  const decoderPositions = tensor("decoder/position_encodings/encodings");
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
      layers: layers("encoder", block),
      norm: norm("encoder/layer_norm"),
    },
    decoder: {
      tokens,
      positions: decoderPositions,
      layers: layers("decoder", decoderBlock),
      norm: norm("decoder/layer_norm"),
    },
  };
}
