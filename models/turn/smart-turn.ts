import { LISTENING_SAMPLE_RATE, logMel, type LogMelFeatures } from "../../audio/index.ts";
import type { CallOptions, EndOfTurnDetector } from "../../streaming/index.ts";
import { PRIORITY, type Engine, type EngineClient, type Job } from "../runtime/engine.ts";
import { singleChunk } from "../runtime/single-chunk.ts";
import { floatData, floats, NetworkSession, type SessionOptions } from "../runtime/session.ts";

/** The network hears the last 8 s of a turn. */
const HEARD_SAMPLES = 8 * LISTENING_SAMPLE_RATE;
const MEL_BINS = 80;
const VARIANCE_FLOOR = 1e-7;

/** The probability that the turn is over, from its samples at 16 kHz. */
export type TurnContract = {
  score: { readonly request: { readonly samples: Float32Array }; readonly chunk: number };
};

/**
 * Smart Turn v3 (github.com/pipecat-ai/smart-turn): a Whisper tiny encoder with attention pooling, from
 * `input_features` [1, 80, 800] to the probability [1, 1] that the speaker has finished.
 */
export async function openTurnEngine(
  config: SessionOptions & { readonly modelPath: string },
): Promise<Engine<TurnContract>> {
  const session = await NetworkSession.open(config.modelPath, config);
  const outputName = session.outputNames[0] ?? "";
  return {
    jobs: {
      async *score({ samples }): Job<number> {
        const { data, melBins, frames } = smartTurnFeatures(samples);
        yield undefined;
        const outputs = await session.run({ input_features: floats(data, [1, melBins, frames]) });
        yield floatData(outputs[outputName])[0] ?? 0;
      },
    },
    close: () => session.close(),
  };
}

/** End-of-turn detection over a turn engine, wherever that runs. */
export function createEndOfTurnDetector(client: EngineClient<TurnContract>): EndOfTurnDetector {
  return {
    async score(samples: Float32Array, { signal }: CallOptions): Promise<number> {
      const heard = samples.slice(-HEARD_SAMPLES);
      const options = { signal, priority: PRIORITY.endOfTurn, transfer: [heard.buffer] };
      return await singleChunk(client.run("score", { samples: heard }, options));
    },
  };
}

/**
 * The network's features: the last 8 s, silence in front where there is less, brought to zero mean and unit variance
 * (silence included, as it was trained), then Whisper's log-mel spectrogram, [80, 800].
 */
export function smartTurnFeatures(samples: Float32Array): LogMelFeatures {
  const heard = new Float32Array(HEARD_SAMPLES);
  const last = samples.subarray(Math.max(0, samples.length - HEARD_SAMPLES));
  heard.set(last, HEARD_SAMPLES - last.length);
  let sum = 0;
  for (const sample of heard) sum += sample;
  const mean = sum / HEARD_SAMPLES;
  let squares = 0;
  for (const sample of heard) squares += (sample - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / HEARD_SAMPLES + VARIANCE_FLOOR);
  for (let index = 0; index < heard.length; index++) heard[index] = ((heard[index] ?? 0) - mean) * scale;
  return logMel(heard, MEL_BINS);
}
