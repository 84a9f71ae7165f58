import { AntiphonError } from "../../streaming/index.ts";
import { decodeModel, ELEMENT_TYPE, encodeModel } from "./schema.ts";
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from "./schema.ts";

/** Decodes an ONNX file so that its nodes can be looked at; throws `graph-invalid` on anything else. */
export function readGraph(modelBytes: Uint8Array): ModelProto {
  let model: ModelProto;
  try {
    model = decodeModel(modelBytes);
  } catch (cause) {
    throw new AntiphonError("graph-invalid", "the file is not an ONNX model", { cause });
  }
  const graph = model.graph as GraphProto | null | undefined;
  if (graph === null || graph === undefined || graph.node.length === 0) {
    throw new AntiphonError("graph-invalid", "the ONNX model has no nodes");
  }
  return model;
}

/**
 * Extracts the part of a model between named tensors: the result takes `inputs` (each either an input of the model or
 * an inner tensor, which then becomes a float32 input of free shape) and computes `outputs`. Initialisers that the part
 * needs go with it; nodes whose subgraphs read outer values keep those too. Throws `graph-invalid` where an output
 * depends on an input of the model that is not among `inputs`.
 */
export function cutGraph(
  modelBytes: Uint8Array,
  boundary: { readonly inputs: readonly string[]; readonly outputs: readonly string[] },
): Uint8Array {
  const model = readGraph(modelBytes);
  const { graph } = model;
  const producers = new Map<string, NodeProto>();
  for (const node of graph.node) for (const name of node.output) producers.set(name, node);
  const initializers = new Set(graph.initializer.map((tensor) => tensor.name));
  const modelInputs = new Map(graph.input.map((info) => [info.name, info]));
  const given = new Set(boundary.inputs);

  const neededNodes = new Set<NodeProto>();
  const neededInitializers = new Set<string>();
  const pending = [...boundary.outputs];
  const seen = new Set<string>();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === "" || given.has(name) || seen.has(name)) continue;
    seen.add(name);
    const producer = producers.get(name);
    if (producer !== undefined) {
      if (!neededNodes.has(producer)) pending.push(...valuesRead(producer));
      neededNodes.add(producer);
    } else if (initializers.has(name)) {
      neededInitializers.add(name);
    } else {
      throw new AntiphonError("graph-invalid", `the cut needs ${name}, which is neither computed nor given`);
    }
  }

  const describe = (name: string): ValueInfoProto => modelInputs.get(name) ?? freeFloat(name);
  const cut: ModelProto = {
    ...model,
    graph: {
      name: `${graph.name}_cut`,
      node: graph.node.filter((node) => neededNodes.has(node)),
      initializer: graph.initializer.filter((tensor) => neededInitializers.has(tensor.name)),
      input: boundary.inputs.map(describe),
      output: boundary.outputs.map((name) => graph.output.find((info) => info.name === name) ?? { name }),
      value_info: [],
    },
  };
  return encodeModel(cut);
}

/** Names a node reads: its inputs, and for control flow whatever its subgraphs take from outside. */
function valuesRead(node: NodeProto): string[] {
  const names = [...node.input];
  for (const attribute of node.attribute) {
    if (attribute.g === undefined || attribute.g === null) continue;
    const inner = attribute.g;
    const own = new Set([
      ...inner.initializer.map((tensor) => tensor.name),
      ...inner.input.map((info) => info.name),
      ...inner.node.flatMap((child) => child.output),
    ]);
    const read = [...inner.node.flatMap(valuesRead), ...inner.output.map((info) => info.name)];
    names.push(...read.filter((name) => !own.has(name)));
  }
  return names;
}

function freeFloat(name: string): ValueInfoProto {
  return { name, type: { tensor_type: { elem_type: ELEMENT_TYPE.float32 } } };
}
