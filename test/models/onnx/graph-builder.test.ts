import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { GraphBuilder, NONE, weightBytes, type WeightSource } from "../../../models/onnx/graph-builder.ts";
import { readGraph, serializeModel } from "../../../models/onnx/index.ts";
import { floatData, floats, NetworkSession } from "../../../models/runtime/session.ts";

async function open(graph: GraphBuilder): Promise<NetworkSession> {
  return await NetworkSession.open(await serializeModel(graph), { threads: 1 });
}

describe("GraphBuilder", () => {
  it("writes a network that runs, with free sizes and several outputs", async () => {
    const graph = new GraphBuilder("halves");
    const x = graph.input("x", "float32", ["rows", 4]);
    const [left = NONE, right = NONE] = graph.ops("Split", [x], 2, {
      attributes: { axis: -1, num_outputs: 2 },
    });
    graph.output(graph.op("Sub", [left, right]), "difference", "float32", ["rows", 2]);
    graph.output(left, "left", "float32", ["rows", 2]);
    const session = await open(graph);
    const outputs = await session.run({ x: floats(Float32Array.of(1, 2, 30, 40, 5, 6, 70, 80), [2, 4]) });
    expect([...floatData(outputs["difference"])]).toEqual([-29, -38, -65, -74]);
    expect([...floatData(outputs["left"])]).toEqual([1, 2, 5, 6]);
    await session.close();
  });

  it("keeps whole and fractional numbers, lists and texts apart as attributes", async () => {
    const graph = new GraphBuilder("attributes");
    const x = graph.input("x", "float32", [1, 1, 2]);
    const padded = graph.op("Pad", [x, graph.integers([0, 0, 1, 0, 0, 0])], {
      attributes: { mode: "reflect" },
    });
    const swapped = graph.op("Transpose", [padded], { attributes: { perm: [0, 2, 1] } });
    const leaky = graph.op("LeakyRelu", [swapped], { attributes: { alpha: { float: 2 } } });
    graph.output(leaky, "y", "float32", [1, 3, 1]);
    const session = await open(graph);
    const { y } = await session.run({ x: floats(Float32Array.of(-1, 4), [1, 1, 2]) });
    expect([...floatData(y)]).toEqual([4, -2, 4]);
    await session.close();
  });

  it("stores a constant once however often it is asked for, without loading it while building", () => {
    let loads = 0;
    const source: WeightSource = {
      type: "float32",
      dims: [2],
      load: () => {
        loads++;
        return Promise.resolve(new Uint8Array(8));
      },
    };
    const graph = new GraphBuilder("shared");
    expect(graph.weight("w", source)).toBe(graph.weight("w", source));
    expect(graph.integers([1, 2])).toBe(graph.integers([1, 2]));
    expect(graph.integers(1)).not.toBe(graph.integers([1]));
    expect(graph.weights.size).toBe(4);
    expect(loads).toBe(0);
  });

  it("refuses a constant whose bytes do not fill its shape, by name", async () => {
    const graph = new GraphBuilder("broken");
    const x = graph.input("x", "float32", [3]);
    const load = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(8));
    graph.output(
      graph.op("Add", [x, graph.weight("short", { type: "float32", dims: [3], load })]),
      "y",
      "float32",
      [3],
    );
    await expect(serializeModel(graph)).rejects.toMatchObject({
      code: "graph-invalid",
      message: expect.stringContaining("short") as string,
    });
  });

  it("sizes constants by type and shape", () => {
    expect(weightBytes({ type: "float16", dims: [3, 5] })).toBe(30);
    expect(weightBytes({ type: "int64", dims: [] })).toBe(8);
    expect(weightBytes({ type: "float32", dims: [0, 7] })).toBe(0);
  });

  it("keeps every bit of floats and integers, also beyond 32 bits", async () => {
    const values = fc.float32Array({ minLength: 1, maxLength: 50, noNaN: true });
    const whole = fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(values, whole, async (data, integers) => {
        const graph = new GraphBuilder("bits");
        const x = graph.input("x", "float32", [1]);
        graph.output(graph.op("Identity", [x]), "y", "float32", [1]);
        graph.floats("data", data, [data.length]);
        graph.integers(integers);
        const [first, second] = readGraph(await serializeModel(graph)).graph.initializer;
        expect(new Float32Array(Uint8Array.from(first!.raw_data!).buffer)).toEqual(data);
        expect(Array.from(new BigInt64Array(Uint8Array.from(second!.raw_data!).buffer), Number)).toEqual(
          integers,
        );
      }),
    );
  });
});
