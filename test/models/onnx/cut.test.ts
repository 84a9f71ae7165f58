import { expect, it } from "vitest";

import { cutGraph, GraphBuilder, readGraph, serializeModel } from "../../../models/onnx/index.ts";
import { floatData, floats, NetworkSession } from "../../../models/runtime/session.ts";

/** y = (x · 2 + 3) · 5 with named joints. */
async function chain(): Promise<Uint8Array> {
  const graph = new GraphBuilder("chain");
  const x = graph.input("x", "float32", ["n"]);
  const number = (value: number): string => graph.floats(`c${value}`, Float32Array.of(value), [1]);
  const doubled = graph.op("Mul", [x, number(2)], { outputs: ["doubled"] });
  const shifted = graph.op("Add", [doubled, number(3)], { outputs: ["shifted"] });
  graph.output(graph.op("Mul", [shifted, number(5)]), "y", "float32", ["n"]);
  return await serializeModel(graph);
}

async function run(
  model: Uint8Array,
  input: string,
  value: number,
  output: string,
): Promise<number | undefined> {
  const session = await NetworkSession.open(model, { threads: 1 });
  const outputs = await session.run({ [input]: floats(Float32Array.of(value), [1]) });
  await session.close();
  return floatData(outputs[output])[0];
}

it("cuts a model into parts that compute, one after the other, what the whole does", async () => {
  const whole = await chain();
  const front = cutGraph(whole, { inputs: ["x"], outputs: ["shifted"] });
  const back = cutGraph(whole, { inputs: ["shifted"], outputs: ["y"] });
  const middle = await run(front, "x", 7, "shifted");
  expect(middle).toBe(17);
  expect(await run(back, "shifted", 17, "y")).toBe(await run(whole, "x", 7, "y"));
});

it("takes along only the constants that a part needs, or every part would carry all weights", async () => {
  const back = readGraph(cutGraph(await chain(), { inputs: ["shifted"], outputs: ["y"] }));
  expect(back.graph.initializer.map(({ name }) => name)).toEqual(["c5"]);
  expect(back.graph.input.map(({ name }) => name)).toEqual(["shifted"]);
});

it("keeps the declared type of an input that the model itself has", async () => {
  const front = readGraph(cutGraph(await chain(), { inputs: ["x"], outputs: ["doubled"] }));
  expect(front.graph.input[0]?.type?.tensor_type?.shape?.dim[0]?.dim_param).toBe("n");
});

it("names what is missing where an output needs more than is given", async () => {
  const model = await chain();
  expect(() => cutGraph(model, { inputs: [], outputs: ["y"] })).toThrow(/x, which is neither/);
  expect(() => cutGraph(model, { inputs: ["x"], outputs: ["nowhere"] })).toThrow(/nowhere/);
});

it("refuses bytes that are no model", () => {
  for (const bytes of [
    new Uint8Array(0),
    Uint8Array.of(255, 255, 255, 255),
    new TextEncoder().encode("hello"),
  ]) {
    expect(() => readGraph(bytes)).toThrow(expect.objectContaining({ code: "graph-invalid" }));
  }
});
