import { AntiphonError } from "../../streaming/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import type { DecoderConfig, RopeConfig } from "./config.ts";
import { decoderTensors } from "./tensor-names.ts";

/**
 * Cosines and sines of rotary position embedding for positions 0 … `positions`-1, each [positions, headDim / 2] row by
 * row, in the half-split order (dimension i turns with i + headDim / 2) that GroupQueryAttention and Hugging Face use.
 */
export function ropeTables(
  config: Pick<DecoderConfig, "headDim" | "rope">,
  positions: number,
): { cosines: Float32Array; sines: Float32Array } {
  const frequencies = ropeFrequencies(config.rope, config.headDim);
  const half = frequencies.length;
  const cosines = new Float32Array(positions * half);
  const sines = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (const [index, frequency] of frequencies.entries()) {
      const angle = Math.fround(position * frequency);
      cosines[position * half + index] = Math.cos(angle);
      sines[position * half + index] = Math.sin(angle);
    }
  }
  return { cosines, sines };
}

/**
 * Moves keys by so many positions towards the beginning: `keys` are rows of `headDim`, already turned to where they stood. Turns
 * add up, so that they are then what they would have been there.
 */
export function moveKeysBack(keys: Float32Array, frequencies: readonly number[], positions: number): void {
  const half = frequencies.length;
  const cosines = frequencies.map((frequency) => Math.cos(positions * frequency));
  const sines = frequencies.map((frequency) => Math.sin(positions * frequency));
  for (let row = 0; row < keys.length; row += 2 * half) {
    for (let pair = 0; pair < half; pair++) {
      const x = keys[row + pair] ?? 0;
      const y = keys[row + half + pair] ?? 0;
      const cosine = cosines[pair] ?? 1;
      const sine = sines[pair] ?? 0;
      keys[row + pair] = x * cosine + y * sine;
      keys[row + half + pair] = y * cosine - x * sine;
    }
  }
}

/** Turns per position of each pair of dimensions, in radians; float32 as in the reference implementation. */
export function ropeFrequencies({ theta, scaling, factors }: RopeConfig, headDim: number): number[] {
  const plain = Array.from(
    { length: headDim / 2 },
    (_, pair) => 1 / theta ** ((2 * pair) / headDim) / (factors?.[pair] ?? 1),
  );
  if (scaling === undefined) return plain.map(Math.fround);
  if (scaling.type === "linear") return plain.map((frequency) => Math.fround(frequency / scaling.factor));
  const longest = scaling.originalContextLength / scaling.lowFrequencyFactor;
  const shortest = scaling.originalContextLength / scaling.highFrequencyFactor;
  return plain.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength > longest) return Math.fround(frequency / scaling.factor);
    if (wavelength < shortest) return Math.fround(frequency);
    const blend =
      (scaling.originalContextLength / wavelength - scaling.lowFrequencyFactor) /
      (scaling.highFrequencyFactor - scaling.lowFrequencyFactor);
    return Math.fround((1 - blend) * (frequency / scaling.factor) + blend * frequency);
  });
}

/**
 * The configuration with the rotary factors that the checkpoint stores as a tensor, where it does: llama.cpp's converter
 * works out Llama 3's scaling once and writes `rope_freqs.weight`, not the numbers behind it.
 * @throws AntiphonError `checkpoint-invalid` for another number of them than pairs, or one that is not positive.
 */
export async function withStoredFactors(
  config: DecoderConfig,
  checkpoint: Pick<Checkpoint, "floats" | "format" | "metadata" | "tensors">,
): Promise<DecoderConfig> {
  const { ropeFactors: name } = decoderTensors(checkpoint);
  if (name === undefined) return config;
  const factors = Array.from(await checkpoint.floats(name));
  if (factors.length !== config.headDim / 2 || !factors.every((factor) => factor > 0 && factor < Infinity)) {
    throw new AntiphonError(
      "checkpoint-invalid",
      `${name} must hold ${config.headDim / 2} positive factors of rotary frequencies`,
    );
  }
  return { ...config, rope: { ...config.rope, factors } };
}
