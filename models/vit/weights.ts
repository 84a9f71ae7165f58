import type { FloatTensor, LinearWeights, NormWeights } from "../onnx/layers.ts";

/** The perceptron's nonlinearity: GELU, its approximation by tanh (SigLIP), or x·σ(1.702x) (CLIP). */
export type VitActivation = "gelu" | "gelu-tanh" | "quick-gelu";

export interface VitSizes {
  readonly width: number;
  readonly heads: number;
  /** Sides of a patch in pixels; patches do not overlap. */
  readonly patchSize: number;
  /** The grid that the positions were learnt for: as many rows as columns. */
  readonly gridSize: number;
  readonly normEpsilon: number;
  readonly activation: VitActivation;
}

/** Layer normalisation, or, without a bias, normalisation by the root mean square (InternViT-6B). */
export type VitNorm = Omit<NormWeights, "bias"> & { readonly bias?: FloatTensor };

export interface VitBlockWeights {
  readonly attentionNorm: VitNorm;
  readonly query: LinearWeights;
  readonly key: LinearWeights;
  readonly value: LinearWeights;
  /** Gains of the root-mean-square norms over all heads of queries and keys (InternViT-6B). */
  readonly queryNorm?: FloatTensor;
  readonly keyNorm?: FloatTensor;
  readonly output: LinearWeights;
  /** Learnt factors, one a channel, of what the attention and the perceptron add (LayerScale, arXiv 2103.17239; InternViT). */
  readonly attentionScale?: FloatTensor;
  readonly perceptronScale?: FloatTensor;
  readonly perceptronNorm: VitNorm;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

/** One view of a vision transformer's checkpoint, whatever its names. */
export interface VitWeights {
  readonly sizes: VitSizes;
  /** Convolution with the patch as its kernel and its stride, weight [width, 3, patchSize, patchSize]. */
  readonly patch: LinearWeights;
  /** [width]; CLIP and InternViT put it before the patches, SigLIP has none. */
  readonly classToken?: FloatTensor;
  /** [tokens, width], the class token's first. */
  readonly positions: FloatTensor;
  /** Before the first block: CLIP only. */
  readonly preNorm?: NormWeights;
  readonly blocks: readonly VitBlockWeights[];
  /** After the last block: SigLIP over all tokens, CLIP over the class token alone, InternViT none. */
  readonly postNorm?: NormWeights;
}
