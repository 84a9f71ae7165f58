import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { ggufTokenizer, openCheckpoint } from "../../../models/checkpoint/index.ts";
import { TextTokenizer } from "../../../models/llm/tokenizer.ts";

/** Path below test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

/** A tiny tokenizer that cuts text as the named one does; it knows `<|im_start|>`, `<|im_end|>` and `<tool_call>`. */
export async function tinyTokenizer(kind: "smollm" | "qwen2"): Promise<TextTokenizer> {
  const checkpoint = await openCheckpoint(fixture(`checkpoints/tokenizers/${kind}.gguf`));
  const { tokenizerJson, configJson } = ggufTokenizer(checkpoint.metadata);
  await checkpoint.close();
  return new TextTokenizer(tokenizerJson, configJson);
}

/** The chat template of a real checkpoint. */
export function chatTemplate(model: "smollm2" | "qwen2.5"): string {
  const templates = JSON.parse(readFileSync(fixture("llm/templates.json"), "utf8")) as Record<string, string>;
  const { [model]: template } = templates;
  if (template === undefined) throw new Error(`no template of ${model}`);
  return template;
}
