import type { Checkpoint } from "../checkpoint/index.ts";
import { floatData, floats, integers, NetworkSession } from "../runtime/session.ts";
import type { SessionOptions } from "../runtime/session.ts";
import type { DecoderConfig } from "./config.ts";
import type { Seat } from "./seat.ts";

/** A loaded decoder that is fed token by token; embeddings are looked up in the checkpoint file itself. */
export class DecoderNetwork {
  readonly config: DecoderConfig;
  readonly #session: NetworkSession;
  readonly #checkpoint: Checkpoint;
  readonly #embeddingTensor: string;

  private constructor(
    session: NetworkSession,
    config: DecoderConfig,
    embeddings: { readonly checkpoint: Checkpoint; readonly tensor: string },
  ) {
    this.#session = session;
    this.config = config;
    this.#checkpoint = embeddings.checkpoint;
    this.#embeddingTensor = embeddings.tensor;
  }

  /** Loads a graph made by `decoderGraph` with input "embeddings". */
  static async open(
    graph: string | Uint8Array,
    config: DecoderConfig,
    options: SessionOptions & { readonly checkpoint: Checkpoint; readonly embeddingTensor: string },
  ): Promise<DecoderNetwork> {
    const session = await NetworkSession.open(graph, options);
    return new DecoderNetwork(session, config, {
      checkpoint: options.checkpoint,
      tensor: options.embeddingTensor,
    });
  }

  /**
   * Puts tokens through the network after those the seat holds. Returns the logits of the last `wanted` of them,
   * float32 [wanted, vocabulary], valid until the caller lets go of them.
   */
  async run(seat: Seat, tokens: readonly number[], wanted = 1): Promise<Float32Array> {
    const embeddings = this.#checkpoint.floatRows(this.#embeddingTensor, tokens);
    const total = seat.tokens.length + tokens.length;
    const { past, present } = seat.bind(tokens.length);
    const outputs = await this.#session.run(
      {
        inputs_embeds: floats(embeddings, [1, tokens.length, this.config.hiddenSize]),
        last_position: { type: "int32", data: Int32Array.of(total - 1), dims: [1] },
        total_length: { type: "int32", data: Int32Array.of(total), dims: [] },
        logits_from: integers([-wanted], [1]),
        ...past,
      },
      { logits: null, ...present },
    );
    seat.advance(tokens);
    return floatData(outputs["logits"]);
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.#checkpoint.close();
  }
}
