import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ggufTokenizer, openCheckpoint } from "../../models/checkpoint/index.ts";
import { safetensorsBytes, type WrittenTensor } from "../../models/checkpoint/write-safetensors.ts";
import { decoderConfigFromGguf } from "../../models/llm/config.ts";
import { decoderTensors, type DecoderTensors } from "../../models/llm/tensor-names.ts";
import type { TextModelFiles } from "../../models/llm/text-model.ts";
import { fixture } from "./networks.ts";

/**
 * The tiny random Qwen2 of the GGUF fixture as it would be published in safetensors: the same numbers, in float32, under
 * their names there, with config.json, tokenizer.json and tokenizer_config.json beside them.
 */
export async function writePlainCheckpoint(folder: string): Promise<Required<TextModelFiles>> {
  const gguf = await openCheckpoint(fixture("llm/tiny.gguf"));
  const vocabulary = gguf.tensors.get("token_embd.weight")!.shape[0]!;
  const config = decoderConfigFromGguf(gguf.metadata, vocabulary);
  const published = new Map([["lm_head.weight", undefined]]) as unknown as typeof gguf.tensors;
  const names = decoderTensors({ format: "safetensors", metadata: new Map(), tensors: published });
  const renamed = new Map(
    namesOf(decoderTensors(gguf), config.layers).map((name, index) => [
      name,
      namesOf(names, config.layers)[index]!,
    ]),
  );
  const tensors: Record<string, WrittenTensor> = {};
  for (const [name, { shape }] of gguf.tensors)
    tensors[renamed.get(name)!] = { shape, values: await gguf.floats(name) };
  const { tokenizerJson, configJson } = ggufTokenizer(gguf.metadata);
  await gguf.close();
  const files = {
    modelPath: join(folder, "model.safetensors"),
    configPath: join(folder, "config.json"),
    tokenizerPath: join(folder, "tokenizer.json"),
    tokenizerConfigPath: join(folder, "tokenizer_config.json"),
  };
  await writeFile(files.modelPath, safetensorsBytes(tensors, { format: "pt" }));
  await writeFile(
    files.configPath,
    JSON.stringify({
      model_type: "qwen2",
      vocab_size: vocabulary,
      hidden_size: config.hiddenSize,
      intermediate_size: config.intermediateSize,
      num_hidden_layers: config.layers,
      num_attention_heads: config.heads,
      num_key_value_heads: config.keyValueHeads,
      rms_norm_eps: config.normEpsilon,
      rope_theta: config.rope.theta,
      max_position_embeddings: config.contextLength,
    }),
  );
  await writeFile(files.tokenizerPath, JSON.stringify({ version: "1.0", ...tokenizerJson }));
  // As Hugging Face writes it where a token is looked for in its own way.
  const end = { __type: "AddedToken", content: configJson.eos_token };
  await writeFile(files.tokenizerConfigPath, JSON.stringify({ ...configJson, eos_token: end }));
  return files;
}

/** All names that a decoder of so many layers may have, in one order. */
function namesOf(names: DecoderTensors, layers: number): readonly string[] {
  const weights = Array.from(
    { length: layers },
    (_, index) => Object.values(names.layer(index)) as string[],
  ).flat();
  return [
    names.embedding,
    names.finalNorm,
    names.head,
    ...weights,
    ...weights.map((name) => names.bias(name)),
  ];
}
