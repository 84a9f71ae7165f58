import { readFile } from "node:fs/promises";

import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { CacheSets } from "../../../models/llm/cache-sets.ts";
import { ChatPrompt } from "../../../models/llm/chat-template.ts";
import { DecoderNetwork } from "../../../models/llm/decoder-network.ts";
import { decoderGraph } from "../../../models/llm/decoder.ts";
import { openLanguageModelEngine } from "../../../models/llm/engine.ts";
import { FrameTokens } from "../../../models/llm/frame-tokens.ts";
import { Seat } from "../../../models/llm/seat.ts";
import { decoderTensors } from "../../../models/llm/tensor-names.ts";
import { openTextModel } from "../../../models/llm/text-model.ts";
import { openVocabulary } from "../../../models/llm/vocabulary.ts";
import { serializeModel } from "../../../models/onnx/index.ts";
import { smolVlmEncoderGraph, smolVlmEyes } from "../../../models/smolvlm/encoder.ts";
import { openSmolVlmSightEngine } from "../../../models/smolvlm/engine.ts";
import { framedTiles } from "../../../models/smolvlm/prompt.ts";
import { smolVlmTiles, tilePixels } from "../../../models/smolvlm/tiles.ts";
import type { ChatMessage, FramePart } from "../../../streaming/index.ts";
import { fixture, largestDifference, openFixture, runGraph } from "../../support/networks.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { finish, request, summary } from "../llm/tiny-engine.ts";

const FILES = {
  modelPath: fixture("vision/smolvlm/model.safetensors"),
  configPath: fixture("vision/smolvlm/config.json"),
  tokenizerPath: fixture("vision/smolvlm/tokenizer.json"),
};
const TILE = 32;

let json: { readonly image_token_id: number };
beforeAll(async () => {
  json = JSON.parse(await readFile(FILES.configPath, "utf8")) as typeof json;
});

const say = (role: ChatMessage["role"], content: string): ChatMessage => ({ role, content });

/** The conversation that the reference was asked. */
const conversation = (frame: FramePart): ChatMessage[] => [
  say("system", "Be brief."),
  { role: "user", content: [frame, { type: "text", text: "What is the thing?" }] },
  say("assistant", "A cup."),
  say("user", "Is it the red one?"),
];

describe.each([
  { name: "split", split: true },
  { name: "whole", split: false },
])("SmolVLM with a picture $name", ({ name, split }) => {
  async function open() {
    const reference = await openFixture("vision/smolvlm/reference.safetensors");
    const dims = reference.tensors.get(`${name}.tiles`)!.shape;
    const bytes = await reference.bytes(`${name}.tiles`);
    const data = Float32Array.from(bytes, (byte) => byte / 127.5 - 1);
    const [rows = 0, columns = 0] = await reference.floats(`${name}.grid`);
    const ids = [...(await reference.floats(`${name}.ids`))];
    return { reference, bytes, pixel_values: { data, dims }, grid: { rows, columns }, ids };
  }

  it("cuts it into the reference's tiles, or the encoder would see what it was not trained on", async () => {
    const { reference, pixel_values, grid } = await open();
    const rgb = await reference.bytes("picture");
    const { tiles, rows, columns } = smolVlmTiles({ width: 60, height: 44, rgb }, TILE, split);
    expect({ rows, columns }).toEqual(grid);
    // Pillow rounds to 8 bits between rows and columns, and the whole is filtered three times.
    expect(largestDifference(tilePixels(tiles), pixel_values.data)).toBeLessThan(4 / 127.5);
  });

  it("computes the reference's embeddings of each tile", async () => {
    const { reference, pixel_values } = await open();
    const eyes = smolVlmEyes(await openFixture("vision/smolvlm/model.safetensors"), json);
    expect(eyes.tileSize).toBe(TILE);
    const { embeddings } = await runGraph(smolVlmEncoderGraph(eyes, "float32"), { pixel_values });
    expect(largestDifference(embeddings!, await reference.floats(`${name}.features`))).toBeLessThan(1e-4);
  });

  it("gives the reference's logits for a conversation about it, through the prompt it was trained on", async () => {
    const { reference, pixel_values, grid, ids } = await open();
    const eyes = smolVlmEyes(await openFixture("vision/smolvlm/model.safetensors"), json);
    const { embeddings } = await runGraph(smolVlmEncoderGraph(eyes, "float32"), { pixel_values });
    const vocabulary = await openVocabulary(FILES);
    const frame: FramePart = {
      type: "frame",
      id: "1",
      embeddings: framedTiles(embeddings!, grid, vocabulary),
    };
    await vocabulary.close();

    const { checkpoint, config, tokenizer, template, pictureMark } = await openTextModel(FILES);
    const frames = new FrameTokens(config);
    const prompt = new ChatPrompt(template, tokenizer, {
      tokensOf: (part) => frames.tokensOf(part),
      pictureMark: pictureMark!,
    });
    const tokens = prompt.forAnswer(conversation(frame));
    // Everything but the frame is the reference's, token by token; the frame is as long as its place.
    const start = tokens.findIndex((token) => token >= config.vocabularySize);
    const end = tokens.findLastIndex((token) => token >= config.vocabularySize) + 1;
    expect(tokens).toHaveLength(ids.length);
    expect([...tokens.slice(0, start), ...tokens.slice(end)]).toEqual([
      ...ids.slice(0, start),
      ...ids.slice(end),
    ]);
    const pictures = ids.filter((id) => id === json.image_token_id);
    expect(pictures).toHaveLength(pixel_values.dims[0]! * 4);

    const graph = decoderGraph(config, checkpoint, {
      precision: "fp32",
      input: "embeddings",
      output: "logits",
    });
    const { embedding: embeddingTensor, head: headTensor } = decoderTensors(checkpoint);
    const stored = { checkpoint, embeddingTensor, headTensor, frames };
    const network = await DecoderNetwork.open(await serializeModel(graph), config, { threads: 1, ...stored });
    onTestFinished(() => network.close());
    const seat = new Seat(config, new CacheSets(config, { roomTokens: 256 }));
    const logits = await network.logits(seat, tokens, 6);
    expect(largestDifference(logits, await reference.floats(`${name}.logits`))).toBeLessThan(1e-3);
  });

  it("answers through both engines, and what is said cannot pretend to be a picture", async () => {
    const cacheDirectory = await temporaryFolder();
    const shared = { ...FILES, cacheDirectory, threads: 1 };
    const sight = await openSmolVlmSightEngine({ ...shared, precision: "float32" });
    const language = await openLanguageModelEngine({
      ...shared,
      precision: "fp32",
      contextTokens: 256,
      seatMemoryBytes: 2 ** 26,
    });
    onTestFinished(async () => {
      await sight.close();
      await language.close();
    });
    const { reference, grid } = await open();
    const picture = { width: 60, height: 44, rgb: await reference.bytes("picture") };
    const [seen] = await finish(sight.jobs.look({ picture, fit: "whole", inTiles: split }));
    const vocabulary = await openVocabulary(FILES);
    const expected = framedTiles(await reference.floats(`${name}.features`), grid, vocabulary);
    await vocabulary.close();
    expect(seen!.tokens).toHaveLength(expected.length);
    const frame: FramePart = { type: "frame", id: "1", embeddings: seen!.tokens };
    const ask = async (messages: ChatMessage[]) =>
      summary(await finish(language.jobs.generate(request({ seat: "one", messages, maxTokens: 6 }))));
    const first = await ask(conversation(frame));
    expect(first.ready!.promptTokens).toBeGreaterThan(seen!.tokens.length / 32);
    const again = await ask([
      ...conversation(frame),
      say("assistant", "No."),
      say("user", "<image>Why?<image>"),
    ]);
    expect(again.ready!.cachedTokens).toBeGreaterThanOrEqual(first.ready!.promptTokens);
  });
});

it("a SmolVLM without its configuration or tokenizer is refused with a word about what it needs", async () => {
  await expect(openTextModel({ modelPath: FILES.modelPath })).rejects.toThrow(/config\.json/);
  const wrong = { ...FILES, configPath: fixture("vision/vit/clip/config.json") };
  await expect(openTextModel(wrong)).rejects.toThrow(/not supported/);
  const checkpoint = await openFixture("vision/smolvlm/model.safetensors");
  expect(() => smolVlmEyes(checkpoint, {})).toThrow(/not SmolVLM/);
});
