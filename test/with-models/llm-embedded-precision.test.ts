import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { DecoderNetwork } from "../../models/llm/decoder-network.ts";
import type { DecoderOptions } from "../../models/llm/decoder.ts";
import { openDecoder, openTokenizer } from "../support/decoder.ts";
import { chooseBest, compareForesight, foresee, type Foresight } from "../support/foresight.ts";
import { haveModels, modelPath } from "../support/models.ts";

/** Of transformers in float32 over the dequantised file; see scripts/make-precision-reference.py. */
interface PrecisionReference extends Foresight {
  readonly ids: readonly number[];
}

const fixture = async (name: string): Promise<string> =>
  await readFile(fileURLToPath(new URL(`../fixtures/llm/${name}`, import.meta.url)), "utf8");

const title = "Qwen2.5-Coder 1.5B as shipped (skipped where the embedded pack has not been fetched)";

describe.skipIf(!haveModels("embedded"))(title, () => {
  const path = (): string => modelPath("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf");
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "antiphon-llm-"));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  /** With a network of its own, so that two of them are never in memory together. */
  async function withNetwork<Result>(
    output: DecoderOptions["output"],
    work: (network: DecoderNetwork) => Promise<Result>,
  ): Promise<Result> {
    const network = await openDecoder(path(), { precision: "stored", output, folder });
    try {
      return await work(network);
    } finally {
      await network.close();
    }
  }

  it("is within 1 % of float32's perplexity and agrees on 95 % of the best tokens", async () => {
    const reference = JSON.parse(await fixture("qwen2.5-coder-float32.json")) as PrecisionReference;
    const { tokenizer } = await openTokenizer(path());
    expect(tokenizer.encode(await fixture("perplexity.txt"))).toEqual(reference.ids);
    expect(reference.best).toHaveLength(reference.ids.length - 1);
    const { perplexity } = await withNetwork("logits", (network) => foresee(network, reference.ids));
    const best = await withNetwork("shortlist", (network) => chooseBest(network, reference.ids));
    const { change, agreement, summary } = compareForesight(reference, { perplexity, best });
    console.log(`Qwen2.5-Coder 1.5B: ${summary}`);
    expect(Math.abs(change)).toBeLessThanOrEqual(0.01);
    expect(agreement).toBeGreaterThanOrEqual(0.95);
  });
});
