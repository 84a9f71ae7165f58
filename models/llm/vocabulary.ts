import { requireTensor } from "./stacked-weights.ts";
import { decoderTensors } from "./tensor-names.ts";
import { openTextModel } from "./text-model.ts";
import type { TextModelFiles } from "./text-model.ts";

/** A language model's words as vectors, read from its file when they are asked for. Close it when done. */
export interface OpenVocabulary {
  readonly hiddenSize: number;
  encode(text: string): number[];
  /** The embeddings of tokens, one after the other. */
  embed(tokens: readonly number[]): Float32Array;
  close(): Promise<void>;
}

/** Opens a language model's vocabulary. Rejects with `model-missing`, `checkpoint-invalid` or `checkpoint-unsupported`. */
export async function openVocabulary(files: TextModelFiles): Promise<OpenVocabulary> {
  const { checkpoint, tokenizer } = await openTextModel(files);
  const { embedding } = decoderTensors(checkpoint);
  return {
    hiddenSize: requireTensor(checkpoint, embedding).shape[1] ?? 0,
    encode: (text) => tokenizer.encode(text),
    embed: (tokens) => checkpoint.floatRows(embedding, tokens),
    close: () => checkpoint.close(),
  };
}
