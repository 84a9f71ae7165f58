import { open, rename } from "node:fs/promises";
import { basename } from "node:path";

import { AntiphonError } from "../../streaming/index.ts";
import { weightBytes } from "./graph-builder.ts";
import type { GraphBuilder, WeightSource } from "./graph-builder.ts";
import { ELEMENT_TYPE, encodeModel } from "./schema.ts";
import type { ModelProto, TensorProto } from "./schema.ts";

/** Constants from this size on go to the data file beside the graph, where onnxruntime can map them. */
const EXTERNAL_FROM_BYTES = 1024;

/** Memory maps start at pages; 64 KiB suits every system's page and allocation granularity. */
const EXTERNAL_ALIGNMENT = 65_536;

const ONNX_OPSET = 20;
const IR_VERSION = 9;

/**
 * Writes the graph to `path` and its large weights to `path + ".data"`, one tensor in memory at a time. Both files
 * appear under their names only when complete, the graph last.
 */
export async function writeModel(graph: GraphBuilder, path: string): Promise<void> {
  const dataPath = `${path}.data`;
  const partial = `.partial-${process.pid}`;
  const data = await open(dataPath + partial, "w");
  const initializers: TensorProto[] = [];
  try {
    let offset = 0;
    for (const [name, source] of graph.weights) {
      const bytes = await loadChecked(name, source);
      if (bytes.byteLength < EXTERNAL_FROM_BYTES) {
        initializers.push({ ...describe(name, source), raw_data: bytes });
        continue;
      }
      if (bytes.byteLength >= EXTERNAL_ALIGNMENT) offset = alignUp(offset);
      await writeFully(data, bytes, offset);
      initializers.push(external(name, source, basename(dataPath), offset, bytes.byteLength));
      offset += bytes.byteLength;
    }
    await data.sync();
  } finally {
    await data.close();
  }
  const model = await open(path + partial, "w");
  try {
    await model.writeFile(encodeModel(modelOf(graph, initializers)));
  } finally {
    await model.close();
  }
  await rename(dataPath + partial, dataPath);
  await rename(path + partial, path);
}

/** The model as bytes with all weights inside, for small networks and tests. */
export async function serializeModel(graph: GraphBuilder): Promise<Uint8Array> {
  const initializers: TensorProto[] = [];
  for (const [name, source] of graph.weights) {
    initializers.push({ ...describe(name, source), raw_data: await loadChecked(name, source) });
  }
  return encodeModel(modelOf(graph, initializers));
}

function modelOf(graph: GraphBuilder, initializers: TensorProto[]): ModelProto {
  return {
    ir_version: IR_VERSION,
    producer_name: "antiphon",
    opset_import: [
      { domain: "", version: ONNX_OPSET },
      { domain: "com.microsoft", version: 1 },
    ],
    graph: {
      name: graph.name,
      node: graph.nodes,
      initializer: initializers,
      input: graph.inputs,
      output: graph.outputs,
      value_info: [],
    },
  };
}

async function loadChecked(name: string, source: WeightSource): Promise<Uint8Array> {
  const bytes = await source.load();
  const expected = weightBytes(source);
  if (bytes.byteLength !== expected) {
    throw new AntiphonError(
      "graph-invalid",
      `weight ${name} has ${bytes.byteLength} bytes, its shape [${source.dims.join(", ")}] needs ${expected}`,
    );
  }
  return bytes;
}

async function writeFully(
  file: Awaited<ReturnType<typeof open>>,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    const result = await file.write(bytes, written, bytes.byteLength - written, position + written);
    written += result.bytesWritten;
  }
}

function describe(name: string, source: WeightSource): TensorProto {
  return { name, data_type: ELEMENT_TYPE[source.type], dims: [...source.dims] };
}

function external(
  name: string,
  source: WeightSource,
  location: string,
  offset: number,
  length: number,
): TensorProto {
  return {
    ...describe(name, source),
    data_location: 1,
    external_data: [
      { key: "location", value: location },
      { key: "offset", value: String(offset) },
      { key: "length", value: String(length) },
    ],
  };
}

function alignUp(offset: number): number {
  return Math.ceil(offset / EXTERNAL_ALIGNMENT) * EXTERNAL_ALIGNMENT;
}
