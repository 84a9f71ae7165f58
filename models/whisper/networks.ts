import {
  floatData,
  floats,
  integers,
  NetworkSession,
  type NetworkTensor,
  type SessionOptions,
} from "../runtime/session.ts";
import type { EncoderInput } from "./features.ts";
import type { DecoderRun } from "./greedy.ts";
import type { WhisperSizes } from "./weights.ts";

/** Tokens of one decoding, prompt included: the most that 30 s can hold, and what the cache has room for. */
const CACHE_TOKENS = 448;

type Tensors = Readonly<Record<string, NetworkTensor>>;

/** What the encoder made of an utterance: the keys and values that the decoder's cross attention reads. */
export interface Heard {
  readonly cross: Tensors;
  /** The features themselves, [steps, width]. */
  readonly hidden: Float32Array;
}

/** One decoding of an utterance. Close it to give its cache to the next. */
export interface Decoding {
  readonly run: DecoderRun;
  close(): void;
}

/** A self-attention cache of fixed size, written in place: the same memory is the decoder's input and output. */
interface Cache {
  readonly past: Tensors;
  readonly present: Tensors;
}

/** The loaded encoder and decoder. Any number of decodings may be open, one network run at a time. */
export class WhisperNetworks {
  readonly sizes: WhisperSizes;
  readonly #encoder: NetworkSession;
  readonly #decoder: NetworkSession;
  readonly #idleCaches: Cache[] = [];

  private constructor(sizes: WhisperSizes, encoder: NetworkSession, decoder: NetworkSession) {
    this.sizes = sizes;
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  /** Takes over two loaded networks; closes them when closed. */
  static over(sizes: WhisperSizes, encoder: NetworkSession, decoder: NetworkSession): WhisperNetworks {
    return new WhisperNetworks(sizes, encoder, decoder);
  }

  static async open(
    files: { readonly encoderPath: string; readonly decoderPath: string; readonly sizes: WhisperSizes },
    options: SessionOptions,
  ): Promise<WhisperNetworks> {
    const encoder = await NetworkSession.open(files.encoderPath, options);
    try {
      const decoder = await NetworkSession.open(files.decoderPath, options);
      return WhisperNetworks.over(files.sizes, encoder, decoder);
    } catch (error) {
      await encoder.close();
      throw error;
    }
  }

  /** Runs the encoder once. */
  async encode({ mel, melBins, frames, positions }: EncoderInput): Promise<Heard> {
    const outputs = await this.#encoder.run({
      mel: floats(mel, [1, melBins, frames]),
      positions: integers(positions, [positions.length]),
    });
    return {
      hidden: floatData(outputs["hidden"]),
      cross: Object.fromEntries(Object.entries(outputs).filter(([name]) => name.startsWith("cross."))),
    };
  }

  /** Begins to decode what was heard. */
  openDecoding(heard: Heard): Decoding {
    const cache = this.#idleCaches.pop() ?? this.#makeCache(heard);
    return {
      run: async (tokens, position) => {
        const length = position + tokens.length;
        const feeds = {
          ...heard.cross,
          ...cache.past,
          input_ids: integers(tokens, [1, tokens.length]),
          positions: integers(
            tokens.map((_, index) => position + index),
            [tokens.length],
          ),
          last_position: int32([length - 1], [1]),
          total_length: int32([length], []),
        };
        const { logits } = await this.#decoder.run(feeds, { ...cache.present, logits: null });
        return floatData(logits);
      },
      close: () => {
        this.#idleCaches.push(cache);
      },
    };
  }

  async close(): Promise<void> {
    await this.#encoder.close();
    await this.#decoder.close();
  }

  #makeCache(heard: Heard): Cache {
    const { heads, headWidth, targetPositions } = this.sizes;
    const capacity = Math.min(CACHE_TOKENS, targetPositions);
    const past: Record<string, NetworkTensor> = {};
    const present: Record<string, NetworkTensor> = {};
    for (const name of Object.keys(heard.cross)) {
      const place = name.slice("cross.".length);
      const memory = new Float32Array(heads * capacity * headWidth);
      past[`past.${place}`] = present[`present.${place}`] = floats(memory, [1, heads, capacity, headWidth]);
    }
    return { past, present };
  }
}

function int32(values: readonly number[], dims: readonly number[]): NetworkTensor {
  return { type: "int32", data: Int32Array.from(values), dims };
}
