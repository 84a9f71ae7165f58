import type { FloatTensor, LinearWeights, NormWeights } from "../onnx/layers.ts";

/** Sizes of a Whisper network, all read off the checkpoint's tensors. */
export interface WhisperSizes {
  readonly melBins: number;
  readonly width: number;
  readonly heads: number;
  readonly headWidth: number;
  /** Longest encoder sequence: 1500 steps of 20 ms. */
  readonly sourcePositions: number;
  /** Longest token sequence, prompt included. */
  readonly targetPositions: number;
  readonly vocabulary: number;
}

export interface SelfAttentionWeights {
  readonly norm: NormWeights;
  /** Query, key and value projections one below the other. */
  readonly queryKeyValue: LinearWeights;
  readonly output: LinearWeights;
}

export interface CrossAttentionWeights {
  readonly norm: NormWeights;
  readonly query: LinearWeights;
  /** Key and value projections one below the other. */
  readonly keyValue: LinearWeights;
  readonly output: LinearWeights;
}

export interface FeedForwardWeights {
  readonly norm: NormWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

export interface EncoderLayerWeights {
  readonly selfAttention: SelfAttentionWeights;
  readonly feedForward: FeedForwardWeights;
}

export interface DecoderLayerWeights extends EncoderLayerWeights {
  readonly crossAttention: CrossAttentionWeights;
}

/** One view of a Whisper checkpoint, whatever names and fusions its file uses. */
export interface WhisperWeights {
  readonly sizes: WhisperSizes;
  readonly encoder: {
    /** Convolutions over time, weight [width, channels, 3]. */
    readonly convolutions: readonly [LinearWeights, LinearWeights];
    /** Sinusoids [sourcePositions, width]. */
    readonly positions: FloatTensor;
    readonly layers: readonly EncoderLayerWeights[];
    readonly norm: NormWeights;
  };
  readonly decoder: {
    /** Token embeddings [vocabulary, width], which are also the output projection. */
    readonly tokens: FloatTensor;
    /** Learnt positions [targetPositions, width]. */
    readonly positions: FloatTensor;
    readonly layers: readonly DecoderLayerWeights[];
    readonly norm: NormWeights;
  };
}

export type Stack = "encoder" | "decoder";

/** Where one checkpoint format keeps each weight. */
export interface WeightNames {
  convolution(number: 1 | 2): LinearWeights;
  tokens(): FloatTensor;
  positions(stack: Stack): FloatTensor;
  /** The norm after the last layer. */
  norm(stack: Stack): NormWeights;
  hasLayer(stack: Stack, index: number): boolean;
  layer(stack: Stack, index: number): EncoderLayerWeights;
  crossAttention(index: number): CrossAttentionWeights;
}
