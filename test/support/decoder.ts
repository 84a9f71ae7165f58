import { ggufTokenizer, openCheckpoint } from "../../models/checkpoint/index.ts";
import { ChatPrompt } from "../../models/llm/chat-template.ts";
import { decoderConfigFromGguf } from "../../models/llm/config.ts";
import { DecoderNetwork } from "../../models/llm/decoder-network.ts";
import { decoderGraph, type DecoderOptions } from "../../models/llm/decoder.ts";
import { decoderTensors } from "../../models/llm/tensor-names.ts";
import type { Precision } from "../../models/llm/stacked-weights.ts";
import { TextTokenizer } from "../../models/llm/tokenizer.ts";
import { compiledModel } from "../../models/onnx/index.ts";

/** A language model's network from its GGUF file, without the engine around it; compiled into `folder`. */
export async function openDecoder(
  path: string,
  options: {
    readonly precision: Precision;
    readonly output: DecoderOptions["output"];
    readonly folder: string;
  },
): Promise<DecoderNetwork> {
  const checkpoint = await openCheckpoint(path);
  const { embedding, head } = decoderTensors(checkpoint);
  const config = decoderConfigFromGguf(checkpoint.metadata, checkpoint.tensors.get(embedding)?.shape[0] ?? 0);
  const { precision, output, folder } = options;
  const graph = await compiledModel({ directory: folder, key: `${precision}-${output}` }, () =>
    decoderGraph(config, checkpoint, { precision, input: "embeddings", output }),
  );
  const stored = { checkpoint, embeddingTensor: embedding, headTensor: head };
  return await DecoderNetwork.open(graph, config, { threads: 2, ...stored });
}

/** What a language model's GGUF file says about text: its tokens and its chat template. */
export async function openTokenizer(path: string): Promise<{ tokenizer: TextTokenizer; prompt: ChatPrompt }> {
  const checkpoint = await openCheckpoint(path);
  const { tokenizerJson, configJson } = ggufTokenizer(checkpoint.metadata);
  await checkpoint.close();
  const tokenizer = new TextTokenizer(tokenizerJson, configJson);
  return { tokenizer, prompt: new ChatPrompt(configJson.chat_template ?? "", tokenizer) };
}
