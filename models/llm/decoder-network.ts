import { AntiphonError } from "../../streaming/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import { floatData, floats, integerData, integers, NetworkSession } from "../runtime/session.ts";
import type { NetworkTensor, SessionOptions } from "../runtime/session.ts";
import type { DecoderConfig } from "./config.ts";
import type { FrameTokens } from "./frame-tokens.ts";
import type { Seat } from "./seat.ts";

/** Where a checkpoint keeps the two matrices that have a row for each token. */
export interface StoredVocabulary {
  readonly checkpoint: Checkpoint;
  readonly embeddingTensor: string;
  readonly headTensor: string;
  /** Where the tokens beyond the vocabulary have their vectors. */
  readonly frames?: Pick<FrameTokens, "vectorOf">;
}

/** Tokens that may come next, the likeliest about first, and the logit of each. */
export interface Candidates {
  readonly tokens: readonly number[];
  readonly logits: Float32Array;
}

/** A loaded decoder that is fed token by token; embeddings are looked up in the checkpoint file itself. */
export class DecoderNetwork {
  readonly config: DecoderConfig;
  readonly #session: NetworkSession;
  readonly #checkpoint: Checkpoint;
  readonly #embeddingTensor: string;
  readonly #headTensor: string;
  readonly #frames: StoredVocabulary["frames"];
  /** Where the rows of one token after another are read to: a step that allocates them all leaves a quarter of a megabyte a token. */
  readonly #row: Float32Array;

  private constructor(session: NetworkSession, config: DecoderConfig, stored: StoredVocabulary) {
    this.#session = session;
    this.config = config;
    this.#checkpoint = stored.checkpoint;
    this.#embeddingTensor = stored.embeddingTensor;
    this.#headTensor = stored.headTensor;
    this.#frames = stored.frames;
    this.#row = new Float32Array(config.hiddenSize);
  }

  /** Loads a graph made by `decoderGraph` with input "embeddings". */
  static async open(
    graph: string | Uint8Array,
    config: DecoderConfig,
    options: SessionOptions & StoredVocabulary,
  ): Promise<DecoderNetwork> {
    const session = await NetworkSession.open(graph, options);
    return new DecoderNetwork(session, config, options);
  }

  /**
   * Puts tokens through the network after those that the seat holds. Returns what may follow each of the last `wanted`
   * of them (of none for 0: then only the cache grows), with exact logits: products of the hidden state with the checkpoint's own rows.
   */
  async candidates(seat: Seat, tokens: readonly number[], wanted = 1): Promise<Candidates[]> {
    // The operators cannot do nothing: where no scores are wanted, the last position's are computed and not read.
    const outputs = await this.#run(seat, tokens, {
      wanted: Math.max(1, wanted),
      outputs: ["hidden", "shortlist"],
    });
    const hidden = floatData(outputs["hidden"]);
    const shortlist = integerData(outputs["shortlist"]);
    const size = this.config.hiddenSize;
    const count = shortlist.length / Math.max(1, wanted);
    return Array.from({ length: wanted }, (_, index) => {
      const ids = shortlist.slice(index * count, (index + 1) * count);
      return { tokens: ids, logits: this.#logits(hidden.subarray(index * size, (index + 1) * size), ids) };
    });
  }

  /** As `candidates`, but the logits of just these `choices` of a token after the last one. */
  async score(seat: Seat, tokens: readonly number[], choices: readonly number[]): Promise<Float32Array> {
    const outputs = await this.#run(seat, tokens, { wanted: 1, outputs: ["hidden"] });
    return this.#logits(floatData(outputs["hidden"]), choices);
  }

  /**
   * As `candidates`, for a graph that gives scores of the whole vocabulary: float32 [wanted, vocabulary], valid until
   * the caller lets go of them.
   */
  async logits(seat: Seat, tokens: readonly number[], wanted = 1): Promise<Float32Array> {
    const outputs = await this.#run(seat, tokens, { wanted, outputs: ["logits"] });
    return floatData(outputs["logits"]);
  }

  #logits(hidden: Float32Array, tokens: readonly number[]): Float32Array {
    return Float32Array.from(tokens, (token) => {
      const row = this.#checkpoint.floatRows(this.#headTensor, [token], this.#row);
      let sum = 0;
      for (let at = 0; at < hidden.length; at++) sum += (hidden[at] ?? 0) * (row[at] ?? 0);
      return sum;
    });
  }

  async #run(
    seat: Seat,
    tokens: readonly number[],
    { wanted, outputs }: { readonly wanted: number; readonly outputs: readonly string[] },
  ): Promise<Record<string, NetworkTensor>> {
    const embeddings = this.#embed(tokens);
    const total = seat.tokens.length + tokens.length;
    const { past, present } = seat.bind(tokens.length);
    const results = await this.#session.run(
      {
        inputs_embeds: floats(embeddings, [1, tokens.length, this.config.hiddenSize]),
        last_position: { type: "int32", data: Int32Array.of(total - 1), dims: [1] },
        total_length: { type: "int32", data: Int32Array.of(total), dims: [] },
        wanted_from: integers([tokens.length - wanted], [1]),
        ...past,
      },
      { ...Object.fromEntries(outputs.map((name) => [name, null])), ...present },
    );
    seat.advance(tokens);
    return results;
  }

  /** A row for each token: words' from the checkpoint, frames' as they were given. */
  #embed(tokens: readonly number[]): Float32Array {
    const { hiddenSize, vocabularySize } = this.config;
    const words = tokens.map((token) => (token < vocabularySize ? token : 0));
    const rows = this.#checkpoint.floatRows(this.#embeddingTensor, words);
    for (const [index, token] of tokens.entries()) {
      if (token < vocabularySize) continue;
      const vector = this.#frames?.vectorOf(token);
      if (vector === undefined)
        throw new AntiphonError("inference-failed", `nothing is known of token ${token}`);
      rows.set(vector, index * hiddenSize);
    }
    return rows;
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.#checkpoint.close();
  }
}
