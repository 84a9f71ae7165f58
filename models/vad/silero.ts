import { LISTENING_SAMPLE_RATE } from "../../audio/index.ts";
import type { CallOptions, SpeechDetector, SpeechDetectorStream } from "../../streaming/index.ts";
import { PRIORITY, type Engine, type EngineClient, type Job } from "../runtime/engine.ts";
import { singleChunk } from "../runtime/single-chunk.ts";
import { floatData, floats, integers, NetworkSession, type SessionOptions } from "../runtime/session.ts";

/** Samples at 16 kHz that are scored at once: 32 ms. */
export const VAD_WINDOW = 512;
/** Samples of the window before that the network sees again. */
const CONTEXT = 64;
const STATE_DIMS = [2, 1, 128] as const;
const STATE_SIZE = 2 * 1 * 128;

/** Takes the stream's past along and brings it back, so that the worker owns nothing of a stream. */
export type VadContract = {
  score: {
    readonly request: {
      /** [64 + 512]: the end of the window before, then the window. */
      readonly samples: Float32Array;
      /** [2, 1, 128], zeros at the beginning. */
      readonly state: Float32Array;
    };
    readonly chunk: { readonly probability: number; readonly state: Float32Array };
  };
};

/**
 * Silero VAD v5 at 16 kHz (github.com/snakers4/silero-vad): `input` [1, 576], `state` [2, 1, 128] and `sr` to `output`
 * [1, 1] and `stateN`. One window takes about 0.1 ms on one thread, and more threads only cost.
 */
export async function openVadEngine(
  config: SessionOptions & { readonly modelPath: string },
): Promise<Engine<VadContract>> {
  const session = await NetworkSession.open(config.modelPath, config);
  const sampleRate = integers([LISTENING_SAMPLE_RATE], []);
  return {
    jobs: {
      async *score({ samples, state }): Job<VadContract["score"]["chunk"]> {
        const input = floats(samples, [1, CONTEXT + VAD_WINDOW]);
        const outputs = await session.run({ input, state: floats(state, STATE_DIMS), sr: sampleRate });
        const probability = floatData(outputs["output"])[0] ?? 0;
        yield { probability, state: floatData(outputs["stateN"]).slice() };
      },
    },
    close: () => session.close(),
  };
}

/** Speech detection over a VAD engine, wherever that runs. Streams cost one kilobyte each and need no closing. */
export function createSpeechDetector(client: EngineClient<VadContract>): SpeechDetector {
  return { openStream: () => new SileroStream(client) };
}

class SileroStream implements SpeechDetectorStream {
  readonly #client: EngineClient<VadContract>;
  /** The end of the window before. */
  #context = new Float32Array(CONTEXT);
  #state = new Float32Array(STATE_SIZE);
  /** Settles when the window before has been scored, so that its state is there for the next. */
  #previous: Promise<unknown> = Promise.resolve();

  constructor(client: EngineClient<VadContract>) {
    this.#client = client;
  }

  score(window: Float32Array, options: CallOptions): Promise<number> {
    if (window.length !== VAD_WINDOW) {
      return Promise.reject(new RangeError(`a window has ${VAD_WINDOW} samples, not ${window.length}`));
    }
    const own = window.slice();
    const result = this.#previous.then(() => this.#scoreNext(own, options));
    this.#previous = result.catch(() => undefined);
    return result;
  }

  reset(): void {
    this.#context = new Float32Array(CONTEXT);
    this.#state = new Float32Array(STATE_SIZE);
  }

  async #scoreNext(window: Float32Array, { signal }: CallOptions): Promise<number> {
    signal.throwIfAborted();
    const samples = new Float32Array(CONTEXT + VAD_WINDOW);
    samples.set(this.#context);
    samples.set(window, CONTEXT);
    const context = this.#context;
    const request = { samples, state: this.#state };
    const options = { signal, priority: PRIORITY.detection, transfer: [samples.buffer] };
    const { probability, state } = await singleChunk(this.#client.run("score", request, options));
    // A reset in the meantime has put new buffers in place, which must stay as they are.
    if (this.#context === context) {
      this.#context = window.slice(VAD_WINDOW - CONTEXT);
      this.#state = new Float32Array(state);
    }
    return probability;
  }
}
