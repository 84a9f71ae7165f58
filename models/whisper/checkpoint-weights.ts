import type { Checkpoint } from "../checkpoint/index.ts";
import { ctranslate2Weights } from "./weights-ctranslate2.ts";
import { huggingFaceWeights } from "./weights-hugging-face.ts";
import type { WhisperWeights } from "./weights.ts";

/**
 * The networks' weights from a CTranslate2 file or a Hugging Face safetensors file. Throws `checkpoint-unsupported`
 * where the file is quantised, `checkpoint-invalid` where it lacks a tensor. `headWidth` is 64 in every published model.
 */
export function whisperWeights(checkpoint: Checkpoint, headWidth = 64): WhisperWeights {
  return checkpoint.format === "ctranslate2"
    ? ctranslate2Weights(checkpoint, headWidth)
    : huggingFaceWeights(checkpoint, headWidth);
}
