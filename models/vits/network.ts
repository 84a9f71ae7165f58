import { readFile } from "node:fs/promises";

import { AntiphonError } from "../../streaming/index.ts";
import { cutGraph, readGraph } from "../onnx/index.ts";
import {
  floatData,
  floats,
  NetworkSession,
  type NetworkTensor,
  type SessionOptions,
} from "../runtime/session.ts";
import { findAnatomy, type VitsAnatomy } from "./anatomy.ts";

/** What the encoder made of one utterance. */
export interface Latent {
  /** [channels, frameCount], row-major. */
  readonly data: Float32Array;
  readonly channels: number;
  readonly frameCount: number;
  /** Frames of each symbol. */
  readonly durations: Float32Array;
  readonly conditioning: NetworkTensor | undefined;
}

/**
 * Frames on each side of a window that its samples depend on. The receptive field of HiFi-GAN's decoder, as Piper and
 * MeloTTS have it, is below 14: from there on windows differ from one shot by float rounding only (2e-7 measured).
 */
const MARGIN_FRAMES = 16;

/**
 * VITS in two parts, cut after the flow. The encoder (text encoder, durations, flow) sees the whole utterance once; the
 * decoder is purely convolutional, so that it can make any window of the sound by itself, the same as in one shot.
 */
export class VitsNetwork {
  readonly inputNames: readonly string[];
  /** Audio samples per latent frame. */
  readonly frameSamples: number;
  /** What the exporter noted in the file. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly #anatomy: VitsAnatomy;
  readonly #encoder: NetworkSession;
  readonly #decoder: NetworkSession;

  private constructor(
    metadata: ReadonlyMap<string, string>,
    anatomy: VitsAnatomy,
    encoder: NetworkSession,
    decoder: NetworkSession,
  ) {
    this.metadata = metadata;
    this.inputNames = encoder.inputNames;
    this.frameSamples = anatomy.frameSamples;
    this.#anatomy = anatomy;
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  /** Cuts and loads an exported voice; throws `graph-invalid` where it is not VITS. */
  static async open(modelPath: string, options: SessionOptions): Promise<VitsNetwork> {
    const bytes = await readModel(modelPath);
    const model = readGraph(bytes);
    const anatomy = findAnatomy(model);
    const { latent, conditioning, durations, output } = anatomy;
    const between = conditioning === undefined ? [latent] : [latent, conditioning];
    const initializers = new Set(model.graph.initializer.map((tensor) => tensor.name));
    const inputs = model.graph.input.map((input) => input.name).filter((name) => !initializers.has(name));
    const encoder = cutGraph(bytes, { inputs, outputs: [...between, durations] });
    const decoder = cutGraph(bytes, { inputs: between, outputs: [output] });
    return new VitsNetwork(
      new Map(model.metadata_props?.map(({ key, value }) => [key, value])),
      anatomy,
      await NetworkSession.open(encoder, options),
      await NetworkSession.open(decoder, options),
    );
  }

  /** One run over a whole utterance; its time grows with the utterance (70 ms for 5 s of sound on two cores). */
  async encode(feeds: Readonly<Record<string, NetworkTensor>>): Promise<Latent> {
    const { latent: latentName, conditioning, durations } = this.#anatomy;
    const outputs = await this.#encoder.run(feeds);
    const latent = outputs[latentName];
    const [, channels, frameCount] = latent?.dims ?? [];
    if (channels === undefined || frameCount === undefined) {
      throw new AntiphonError("inference-failed", "the voice's encoder gave no latent");
    }
    return {
      data: floatData(latent),
      channels,
      frameCount,
      durations: floatData(outputs[durations]),
      conditioning: conditioning === undefined ? undefined : outputs[conditioning],
    };
  }

  /** Samples of the frames `from … to` (exclusive), `frameSamples` for each; the same whatever the window. */
  async decode(latent: Latent, from: number, to: number): Promise<Float32Array> {
    const start = Math.max(0, from - MARGIN_FRAMES);
    const end = Math.min(latent.frameCount, to + MARGIN_FRAMES);
    const feeds: Record<string, NetworkTensor> = {
      [this.#anatomy.latent]: floats(columns(latent, start, end), [1, latent.channels, end - start]),
    };
    const { conditioning } = this.#anatomy;
    if (conditioning !== undefined && latent.conditioning !== undefined)
      feeds[conditioning] = latent.conditioning;
    const outputs = await this.#decoder.run(feeds);
    const samples = floatData(outputs[this.#anatomy.output]);
    return samples.slice((from - start) * this.frameSamples, (to - start) * this.frameSamples);
  }

  async close(): Promise<void> {
    await this.#encoder.close();
    await this.#decoder.close();
  }
}

function columns({ data, channels, frameCount }: Latent, from: number, to: number): Float32Array {
  const window = new Float32Array(channels * (to - from));
  for (let channel = 0; channel < channels; channel += 1) {
    const row = channel * frameCount;
    window.set(data.subarray(row + from, row + to), channel * (to - from));
  }
  return window;
}

async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new AntiphonError("model-missing", `cannot read the voice ${path}`, { cause });
  }
}
