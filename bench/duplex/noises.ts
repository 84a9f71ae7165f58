import { msToSamples } from "../../audio/index.ts";
import { lowPass } from "./filters.ts";
import { type Random, seededRandom } from "./random.ts";
import type { NoiseColour } from "./trial.ts";

/** A cough: how long it lasts and how often one comes. */
const COUGH_MS = 180;
const COUGH_PERIOD_MS = 420;

/** Noise of a colour, its level as it comes. @param recorded - from which `recorded` noise is cut, at `sampleRate`. */
export function makeNoise(
  colour: NoiseColour,
  durationMs: number,
  seed: number,
  recorded: Float32Array | undefined,
  sampleRate: number,
): Float32Array {
  const random = seededRandom(seed);
  const length = msToSamples(durationMs, sampleRate);
  switch (colour) {
    case "white":
      return white(length, random);
    case "pink":
      return pink(length, random);
    case "coughs":
      return coughs(length, random, sampleRate);
    case "recorded":
      return recorded === undefined ? pink(length, random) : cut(recorded, length, random);
  }
}

function white(length: number, random: Random): Float32Array {
  return Float32Array.from({ length }, () => 2 * random() - 1);
}

/** Energy falls by 3 dB per octave: a sum of white noises that are renewed every 1, 2, 4, … samples (Voss-McCartney). */
function pink(length: number, random: Random): Float32Array {
  const rows = new Float32Array(12);
  return Float32Array.from({ length }, (_, index) => {
    for (let row = 0; row < rows.length; row += 1) {
      if (index % 2 ** row === 0) rows[row] = 2 * random() - 1;
    }
    return rows.reduce((sum, value) => sum + value, 0) / rows.length;
  });
}

/** Bursts of low-passed noise that begin hard and die away. */
function coughs(length: number, random: Random, sampleRate: number): Float32Array {
  const period = msToSamples(COUGH_PERIOD_MS, sampleRate);
  const decay = msToSamples(COUGH_MS, sampleRate) / 3;
  const breath = lowPass(white(length, random), 1800, sampleRate);
  return breath.map((sample, index) => sample * Math.exp(-(index % period) / decay));
}

/** A stretch from somewhere, repeated where the recording is too short. */
function cut(recorded: Float32Array, length: number, random: Random): Float32Array {
  const start = Math.floor(random() * recorded.length);
  return Float32Array.from({ length }, (_, index) => recorded[(start + index) % recorded.length] ?? 0);
}
