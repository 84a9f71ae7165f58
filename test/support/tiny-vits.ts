import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { GraphBuilder, serializeModel, type Value } from "../../models/onnx/index.ts";
import { decodeModel, encodeModel } from "../../models/onnx/schema.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const SYMBOLS = 64;
const CHANNELS = 4;
/** Samples per frame of the tiny voice: two upsamplings. */
export const TINY_FRAME_SAMPLES = 8;
/** Frames of each symbol at length scale 1. */
export const TINY_SYMBOL_FRAMES = 6;

/** A network with VITS's interface and anatomy and weights of no meaning, as exported for Piper or MeloTTS. */
export async function tinyVits(kind: "piper" | "melo"): Promise<Uint8Array> {
  const graph = new GraphBuilder("tiny_vits");
  const { symbols, lengthScale, conditioning } = kind === "piper" ? piperInputs(graph) : meloInputs(graph);
  const embedded = graph.op("Gather", [
    graph.floats("embedding", waves(SYMBOLS * CHANNELS), [SYMBOLS, CHANNELS]),
    symbols,
  ]);
  const latent = encode(
    graph,
    graph.op("Transpose", [embedded], { attributes: { perm: [0, 2, 1] } }),
    lengthScale,
  );
  let sound = conv(graph, latent, "conv_pre", { from: CHANNELS, to: CHANNELS, kernel: 7 });
  if (conditioning !== undefined) sound = graph.op("Add", [sound, conditioning]);
  for (const [index, stride] of [4, 2].entries()) {
    const weight = graph.floats(`up${index}`, waves(CHANNELS * CHANNELS * 2 * stride), [
      CHANNELS,
      CHANNELS,
      2 * stride,
    ]);
    const attributes = { kernel_shape: [2 * stride], strides: [stride], pads: [stride / 2, stride / 2] };
    sound = graph.op("ConvTranspose", [graph.op("LeakyRelu", [sound]), weight], { attributes });
    sound = conv(graph, sound, `res${index}`, { from: CHANNELS, to: CHANNELS, kernel: 3 });
  }
  const output = graph.op("Tanh", [conv(graph, sound, "conv_post", { from: CHANNELS, to: 1, kernel: 7 })]);
  graph.output(output, kind === "piper" ? "output" : "y", "float32", [1, 1, "time"]);
  const model = decodeModel(await serializeModel(graph));
  const metadata_props = [
    { key: "sample_rate", value: "8000" },
    { key: "speaker_id", value: "1" },
  ];
  return encodeModel(kind === "melo" ? { ...model, metadata_props } : model);
}

/** Path of a file in a fresh temporary folder. */
export async function temporaryFile(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

/** Configuration of the tiny Piper voice: every lower-case letter and the marks of eSpeak's IPA have an id. */
export function tinyPiperConfig(): string {
  const symbols = [
    "_",
    "^",
    "$",
    " ",
    ",",
    ".",
    "?",
    "!",
    ":",
    ";",
    ...Array.from("abdefhijklmnopstuvwzæðŋɐɑɔəɚɛɜɡɪɹɾʃʊʌʒθˈˌː"),
  ];
  return JSON.stringify({
    audio: { sample_rate: 8000 },
    espeak: { voice: "en-us" },
    inference: { noise_scale: 0.5, length_scale: 1, noise_w: 0.5 },
    phoneme_id_map: Object.fromEntries(symbols.slice(0, SYMBOLS).map((symbol, id) => [symbol, [id]])),
    num_speakers: 1,
  });
}

interface Inputs {
  readonly symbols: Value;
  readonly lengthScale: Value;
  readonly conditioning: Value | undefined;
}

function piperInputs(graph: GraphBuilder): Inputs {
  const symbols = graph.input("input", "int64", [1, "symbols"]);
  graph.input("input_lengths", "int64", [1]);
  const scales = graph.input("scales", "float32", [3]);
  return { symbols, lengthScale: graph.op("Gather", [scales, graph.integers([1])]), conditioning: undefined };
}

function meloInputs(graph: GraphBuilder): Inputs {
  const x = graph.input("x", "int64", [1, "symbols"]);
  graph.input("x_lengths", "int64", [1]);
  const tones = graph.input("tones", "int64", [1, "symbols"]);
  const speaker = graph.input("sid", "int64", [1]);
  graph.input("noise_scale", "float32", [1]);
  const lengthScale = graph.input("length_scale", "float32", [1]);
  graph.input("noise_scale_w", "float32", [1]);
  const voice = graph.op("Gather", [graph.floats("speakers", waves(2 * CHANNELS), [2, CHANNELS]), speaker]);
  const column = graph.op("Unsqueeze", [voice, graph.integers([2])]);
  const conditioning = conv(graph, column, "cond", { from: CHANNELS, to: CHANNELS, kernel: 1 });
  return { symbols: graph.op("Add", [x, tones]), lengthScale, conditioning };
}

/** Every symbol lasts ceil(length scale × TINY_SYMBOL_FRAMES) frames; a convolution stands for the flow. */
function encode(graph: GraphBuilder, text: Value, lengthScale: Value): Value {
  const first = graph.op("Slice", [text, graph.integers([0]), graph.integers([1]), graph.integers([1])]);
  const ones = graph.op("Exp", [graph.op("Sub", [first, first])]);
  const frames = graph.op("Mul", [
    graph.op("Mul", [ones, lengthScale]),
    graph.floats("frames", Float32Array.of(TINY_SYMBOL_FRAMES), [1]),
  ]);
  const durations = graph.op("Ceil", [frames]);
  graph.op("CumSum", [durations, graph.integers(2)]);
  const count = graph.op(
    "Cast",
    [graph.op("Slice", [durations, graph.integers([0]), graph.integers([1]), graph.integers([2])])],
    { attributes: { to: 7 } },
  );
  const repeats = graph.op(
    "Concat",
    [
      graph.integers([1]),
      graph.integers([1]),
      graph.integers([1]),
      graph.op("Reshape", [count, graph.integers([1])]),
    ],
    { attributes: { axis: 0 } },
  );
  const repeated = graph.op("Tile", [graph.op("Unsqueeze", [text, graph.integers([3])]), repeats]);
  const stretched = graph.op("Reshape", [repeated, graph.integers([1, CHANNELS, -1])]);
  return conv(graph, stretched, "flow", { from: CHANNELS, to: CHANNELS, kernel: 5 });
}

function conv(
  graph: GraphBuilder,
  input: Value,
  name: string,
  size: { from: number; to: number; kernel: number },
): Value {
  const weight = graph.floats(`${name}.weight`, waves(size.to * size.from * size.kernel), [
    size.to,
    size.from,
    size.kernel,
  ]);
  const pad = (size.kernel - 1) / 2;
  return graph.op("Conv", [input, weight], { attributes: { kernel_shape: [size.kernel], pads: [pad, pad] } });
}

/** Numbers that are the same on every machine and nowhere constant. */
function waves(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_unused, index) => 0.4 * Math.sin(1.7 * index + 0.3));
}
