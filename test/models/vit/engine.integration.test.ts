import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { safetensorsBytes } from "../../../models/checkpoint/write-safetensors.ts";
import { openVocabulary } from "../../../models/llm/vocabulary.ts";
import { createSight, openSightEngine } from "../../../models/vit/engine.ts";
import type { SightContract, SightEngineConfig } from "../../../models/vit/engine.ts";
import type { EngineClient } from "../../../models/runtime/engine.ts";
import { singleChunk } from "../../../models/runtime/single-chunk.ts";
import { fixture } from "../../support/networks.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const picture = {
  width: 40,
  height: 30,
  rgb: Uint8Array.from({ length: 3600 }, (_, index) => (index * 7) % 256),
};

const FOR_LANGUAGE: Partial<SightEngineConfig> = { languageModel: { modelPath: fixture("llm/tiny.gguf") } };

async function openTiny(changes = FOR_LANGUAGE) {
  const folder = await temporaryFolder();
  const namesPath = join(folder, "names.json");
  const classes = Array.from({ length: 10 }, (_, index) => {
    const clear = `thing ${index}`;
    return { wnid: `n${index}`, names: [clear], clear, kinds: ["thing"] };
  });
  await writeFile(namesPath, JSON.stringify(classes));
  return await openSightEngine({
    weightsPath: fixture("vision/hybrid/model.safetensors"),
    namesPath,
    cacheDirectory: folder,
    threads: 1,
    ...changes,
  });
}

async function lookOnce(changes = FOR_LANGUAGE) {
  const engine = await openTiny(changes);
  const seen: SightContract["look"]["chunk"][] = [];
  for await (const chunk of engine.jobs.look({ picture, fit: "whole" }))
    if (chunk !== undefined) seen.push(chunk);
  await engine.close();
  expect(seen).toHaveLength(1);
  return seen[0]!;
}

describe("looking at a picture", () => {
  it("gives labels, places and vectors for the language model, laid out as they are trained", async () => {
    const { labels, places, tokens, sure, elapsedMs } = await lookOnce();
    expect(labels.length).toBeGreaterThan(0);
    expect(places.left.length * places.center.length * places.right.length).toBeGreaterThan(0);
    expect(sure).toBe(true); // All are things.
    expect(elapsedMs).toBeGreaterThan(0);
    const vocabulary = await openVocabulary({ modelPath: fixture("llm/tiny.gguf") });
    const start = vocabulary.embed(vocabulary.encode("[camera:"));
    const words = ["[camera:", "; left:", "; middle:", "; right:", "]"].flatMap((text) =>
      vocabulary.encode(text),
    );
    expect(tokens.length).toBe((words.length + 4 * 5) * vocabulary.hiddenSize);
    expect(tokens.subarray(0, start.length)).toEqual(start);
    await vocabulary.close();
  });

  it("takes a trained projector's layout and adds what it learnt", async () => {
    const plain = await lookOnce();
    const trained = await lookOnce({
      ...FOR_LANGUAGE,
      projectorPath: fixture("vision/hybrid/projector.safetensors"),
    });
    expect(trained.labels).toEqual(plain.labels);
    expect(trained.tokens.length).not.toBe(plain.tokens.length);
  });

  it("refuses a projector that was trained for another language model, whose words are of another size", async () => {
    const zeros = (...shape: number[]) => ({
      shape,
      values: new Float32Array(shape.reduce((product, size) => product * size)),
    });
    const projectorPath = join(await temporaryFolder(), "projector.safetensors");
    const tensors = {
      "projector.mlp.0.weight": zeros(6, 16),
      "projector.mlp.0.bias": zeros(6),
      "projector.mlp.2.weight": zeros(35, 6),
      "projector.mlp.2.bias": zeros(35),
    };
    await writeFile(projectorPath, safetensorsBytes(tensors, {}));
    await expect(openTiny({ ...FOR_LANGUAGE, projectorPath })).rejects.toThrow(
      /another model: 35 numbers a region, this language model needs 320/,
    );
  });

  it("needs no language model for the labels alone", async () => {
    const { tokens, labels } = await lookOnce({});
    expect(tokens).toHaveLength(0);
    expect(labels.length).toBeGreaterThan(0);
  });

  it("lets a question go before what is looked at ahead of time", async () => {
    const seen = await lookOnce();
    const priorities: number[] = [];
    const client: EngineClient<SightContract> = {
      async *run(_method, _request, { priority }) {
        await Promise.resolve();
        priorities.push(priority);
        yield seen;
      },
    };
    const sight = createSight(client);
    const { signal } = new AbortController();
    expect((await sight.look({ picture, urgency: "asked" }, { signal })).faces).toEqual([]);
    await sight.look({ picture, urgency: "ahead" }, { signal });
    expect(priorities[0]!).toBeLessThan(priorities[1]!);
    expect(await singleChunk(client.run("look", { picture, fit: "whole" }, { signal, priority: 9 }))).toBe(
      seen,
    );
  });

  it("refuses a file that is no such encoder", async () => {
    await expect(openTiny({ weightsPath: fixture("vision/vit/clip/model.safetensors") })).rejects.toThrow(
      /no hybrid ViT/,
    );
  });
});
