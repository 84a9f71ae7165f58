import type { Checkpoint } from "../checkpoint/index.ts";
import { AntiphonError } from "../../streaming/index.ts";
import type { FloatTensor } from "../onnx/layers.ts";
import { ctranslate2Names } from "./names-ctranslate2.ts";
import { huggingFaceNames } from "./names-hugging-face.ts";
import type { DecoderLayerWeights, EncoderLayerWeights, WhisperWeights } from "./weights.ts";

/**
 * The networks' weights from a CTranslate2 file or a Hugging Face safetensors file. Throws `checkpoint-unsupported`
 * where the file is quantised or no Whisper, `checkpoint-invalid` where it lacks a tensor. `headWidth` is 64 in every published model.
 */
export function whisperWeights(checkpoint: Checkpoint, headWidth = 64): WhisperWeights {
  const tensor = (name: string): FloatTensor => {
    const info = checkpoint.tensors.get(name);
    if (info === undefined)
      throw new AntiphonError("checkpoint-invalid", `${checkpoint.path} has no tensor ${name}`);
    if (checkpoint.tensors.has(`${name}_scale`))
      throw new AntiphonError("checkpoint-unsupported", `${checkpoint.path} is quantised; use float16`);
    return { name, dims: info.shape, floats: () => checkpoint.floats(name) };
  };
  const has = (name: string): boolean => checkpoint.tensors.has(name);
  const names =
    checkpoint.format === "ctranslate2" ? ctranslate2Names(tensor, has) : huggingFaceNames(tensor, has);

  const encoderLayers: EncoderLayerWeights[] = [];
  while (names.hasLayer("encoder", encoderLayers.length))
    encoderLayers.push(names.layer("encoder", encoderLayers.length));
  const decoderLayers: DecoderLayerWeights[] = [];
  while (names.hasLayer("decoder", decoderLayers.length)) {
    const index = decoderLayers.length;
    decoderLayers.push({ ...names.layer("decoder", index), crossAttention: names.crossAttention(index) });
  }
  const encoder: WhisperWeights["encoder"] = {
    convolutions: [names.convolution(1), names.convolution(2)],
    positions: names.positions("encoder"),
    layers: encoderLayers,
    norm: names.norm("encoder"),
  };
  const decoder: WhisperWeights["decoder"] = {
    tokens: names.tokens(),
    positions: names.positions("decoder"),
    layers: decoderLayers,
    norm: names.norm("decoder"),
  };
  const sizes = readSizes(encoder, decoder, headWidth);
  if (!MEL_BINS.includes(sizes.melBins) || !Number.isInteger(sizes.heads))
    throw new AntiphonError("checkpoint-unsupported", `${checkpoint.path} is not a Whisper checkpoint`);
  return { sizes, encoder, decoder };
}

/** Whisper's, and large-v3's. */
const MEL_BINS: readonly number[] = [80, 128];

function readSizes(
  encoder: WhisperWeights["encoder"],
  decoder: WhisperWeights["decoder"],
  headWidth: number,
): WhisperWeights["sizes"] {
  const [vocabulary = 0, width = 0] = decoder.tokens.dims;
  return {
    melBins: encoder.convolutions[0].weight.dims[1] ?? 0,
    width,
    heads: width / headWidth,
    headWidth,
    sourcePositions: encoder.positions.dims[0] ?? 0,
    targetPositions: decoder.positions.dims[0] ?? 0,
    vocabulary,
  };
}
