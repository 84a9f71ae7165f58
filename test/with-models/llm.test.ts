import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ChatPrompt } from "../../models/llm/chat-template.ts";
import type { DecoderNetwork } from "../../models/llm/decoder-network.ts";
import { argmax } from "../../models/llm/sampler.ts";
import { CacheSets } from "../../models/llm/cache-sets.ts";
import { Seat } from "../../models/llm/seat.ts";
import type { Precision } from "../../models/llm/stacked-weights.ts";
import type { TextTokenizer } from "../../models/llm/tokenizer.ts";
import type { ChatMessage } from "../../streaming/index.ts";
import { openDecoder, openTokenizer } from "../support/decoder.ts";
import { chooseBest, compareForesight, foresee } from "../support/foresight.ts";
import { haveModels, modelPath } from "../support/models.ts";

const fixture = async (name: string): Promise<string> =>
  await readFile(fileURLToPath(new URL(`../fixtures/llm/${name}`, import.meta.url)), "utf8");

interface GreedyReference {
  readonly messages: readonly ChatMessage[];
  readonly ids: readonly number[];
  readonly tokens: readonly number[];
}

describe.skipIf(!haveModels("lite"))("SmolLM2 from its GGUF file", () => {
  let folder: string;
  let tokenizer: TextTokenizer;
  let prompt: ChatPrompt;
  const networks = new Map<Precision, DecoderNetwork>();
  /** What the program runs. */
  let choosing: DecoderNetwork;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "antiphon-llm-"));
    const path = modelPath("language-model");
    ({ tokenizer, prompt } = await openTokenizer(path));
    for (const precision of ["fp32", "stored"] as const) {
      networks.set(precision, await openDecoder(path, { precision, output: "logits", folder }));
    }
    choosing = await openDecoder(path, { precision: "stored", output: "shortlist", folder });
  });

  afterAll(async () => {
    for (const network of [...networks.values(), choosing]) await network.close();
    await rm(folder, { recursive: true });
  });

  it("in float32 greedily says what the reference says, token for token, to 20 prompts", async () => {
    const references = JSON.parse(await fixture("smollm2-greedy.json")) as GreedyReference[];
    expect(references).toHaveLength(20);
    const network = networks.get("fp32")!;
    for (const { messages, ids, tokens } of references) {
      expect(prompt.forAnswer(messages)).toEqual(ids);
      const seat = new Seat(network.config, new CacheSets(network.config, { roomTokens: 256 }));
      const said: number[] = [];
      let next = ids;
      while (said.length < tokens.length) {
        said.push(argmax(await network.logits(seat, next)));
        next = said.slice(-1);
      }
      expect(said, tokenizer.decode(ids)).toEqual(tokens);
    }
  });

  it("as shipped is within 1 % of float32's perplexity and agrees on 95 % of the best tokens", async () => {
    const ids = tokenizer.encode(await fixture("perplexity.txt"));
    expect(ids.length).toBeGreaterThan(1400);
    const exact = await foresee(networks.get("fp32")!, ids);
    const { perplexity } = await foresee(networks.get("stored")!, ids);
    const shipped = { perplexity, best: await chooseBest(choosing, ids) };
    const { change, agreement, summary } = compareForesight(exact, shipped);
    console.log(`SmolLM2: ${summary}`);
    expect(Math.abs(change)).toBeLessThanOrEqual(0.01);
    expect(agreement).toBeGreaterThanOrEqual(0.95);
  });
});
