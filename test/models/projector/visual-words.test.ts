import { expect, it, onTestFinished } from "vitest";

import { hybridGraph, hybridWeights } from "../../../models/vit/hybrid.ts";
import { NamedTensors } from "../../../models/onnx/named-tensors.ts";
import { addRegionPerceptron } from "../../../models/projector/region-perceptron.ts";
import { VisualWords } from "../../../models/projector/visual-words.ts";
import { largestDifference, openFixture, runGraph } from "../../support/networks.ts";

/** A language model of letters: a token's embedding is its code and one. */
const vocabulary = {
  hiddenSize: 2,
  encode: (text: string) => Array.from(text, (letter) => letter.charCodeAt(0)),
  embed: (tokens: readonly number[]) => Float32Array.from(tokens.flatMap((token) => [token, 1])),
};

async function open(...args: Parameters<typeof VisualWords.open>): Promise<VisualWords> {
  const words = await VisualWords.open(...args);
  onTestFinished(() => words.close());
  return words;
}

const named = (clear: string) => ({ wnid: "n0", names: [clear], clear, kinds: [] });
const [cat, elephant] = [named("cat"), named("elephant")];
const letters = (text: string) => [...vocabulary.embed(vocabulary.encode(text))];

it("a class that is certain is its own name, cut or filled up to five tokens, among the layout's words", async () => {
  const words = await open([named(""), elephant], vocabulary, ["<", 0, "|", 1, ">"]);
  const frame = await words.frame([Float32Array.of(1, 0), Float32Array.of(0, 1)]);
  expect([...frame]).toEqual(letters("< a ,,| a el>"));
});

it("a doubt is between the names, word by word", async () => {
  const words = await open([cat, elephant], vocabulary, [0]);
  const [doubt, one, other] = [Float32Array.of(0.25, 0.75), letters(" a ca"), letters(" a el")];
  const expected = one.map((value, index) => 0.25 * value + 0.75 * (other[index] ?? 0));
  expect([...(await words.frame([doubt]))]).toEqual(expected);
});

it("parts that show the same are told once, and again where one shows something else", async () => {
  const words = await open([cat, elephant], vocabulary);
  const [sure, other, unsure] = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(0.75, 0.25)];
  const told = async (parts: Float32Array[]) => (await words.frame(parts)).length / vocabulary.hiddenSize;
  const once = "[camera:]".length + 5;
  expect(await told([sure, sure, unsure, sure])).toBe(once);
  expect(await told([sure, sure, sure, other])).toBe("[camera:; left:; middle:; right:]".length + 20);
});

it("a trained projector adds to each region its own vectors, told once or by its layout", async () => {
  const words = await open([cat, elephant], vocabulary, [1, "-", 0]);
  const additions = Float32Array.from({ length: 20 }, (_, index) => (index < 10 ? 1 : 2));
  const plus = (text: string, more: number) => letters(text).map((value) => value + more);
  const [sure, other] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
  expect([...(await words.frame([sure, other], additions))]).toEqual([
    ...plus(" a el", 2),
    ...letters("-"),
    ...plus(" a ca", 1),
  ]);
  expect([...(await words.frame([sure, sure], additions))]).toEqual([
    ...letters("[camera:"),
    ...plus(" a ca", 1),
    ...letters("]"),
  ]);
});

it("the trained projector's additions are the reference's, or it would unlearn what it was taught", async () => {
  const weights = hybridWeights(await openFixture("vision/hybrid/model.safetensors"));
  const mlp = new NamedTensors(await openFixture("vision/hybrid/projector.safetensors"), "projector.mlp.");
  const reference = await openFixture("vision/hybrid/reference.safetensors");
  const graph = hybridGraph(weights);
  addRegionPerceptron(graph, { up: mlp.linear("0"), down: mlp.linear("2") }, { cells: 9, width: 16 });
  const pixel_values = { data: await reference.floats("pixels"), dims: [1, 3, 68, 68] };
  const { region_additions: additions } = await runGraph(graph, { pixel_values });
  expect(largestDifference(additions!, await reference.floats("region_additions"))).toBeLessThan(1e-4);
});
