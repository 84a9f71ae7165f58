import { AntiphonError } from "../../streaming/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";

/** The tensors of one decoder layer, by their role in the paper. */
export interface LayerTensors {
  readonly attentionNorm: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly queryNorm: string;
  readonly keyNorm: string;
  readonly feedForwardNorm: string;
  readonly gate: string;
  readonly up: string;
  readonly down: string;
}

export interface DecoderTensors {
  readonly embedding: string;
  readonly finalNorm: string;
  /** The embedding's own name where both are tied. */
  readonly head: string;
  /** Divisors of the rotary frequencies, where the file has them. */
  readonly ropeFactors: string | undefined;
  layer(index: number): LayerTensors;
  /** Name of the bias that belongs to a weight. */
  bias(weight: string): string;
  /** GGUF files of architecture `llama` store query and key rows for interleaved rotary. */
  readonly interleavedRotary: boolean;
}

/** Where each tensor of a Llama-family decoder lies in this checkpoint; throws `checkpoint-unsupported`. */
export function decoderTensors(
  checkpoint: Pick<Checkpoint, "format" | "metadata" | "tensors">,
): DecoderTensors {
  return checkpoint.format === "gguf" ? ggufTensors(checkpoint) : huggingFaceTensors(checkpoint);
}

function ggufTensors(checkpoint: Pick<Checkpoint, "metadata" | "tensors">): DecoderTensors {
  const embedding = "token_embd.weight";
  for (const name of ["rope_factors_long.weight", "rope_factors_short.weight"]) {
    if (!checkpoint.tensors.has(name)) continue;
    throw new AntiphonError(
      "checkpoint-unsupported",
      `rotary factors that depend on the context's length (${name}) are not supported`,
    );
  }
  return {
    embedding,
    finalNorm: "output_norm.weight",
    head: checkpoint.tensors.has("output.weight") ? "output.weight" : embedding,
    ropeFactors: checkpoint.tensors.has("rope_freqs.weight") ? "rope_freqs.weight" : undefined,
    layer: (index) => {
      const name = (part: string): string => `blk.${index}.${part}.weight`;
      return {
        attentionNorm: name("attn_norm"),
        query: name("attn_q"),
        key: name("attn_k"),
        value: name("attn_v"),
        attentionOutput: name("attn_output"),
        queryNorm: name("attn_q_norm"),
        keyNorm: name("attn_k_norm"),
        feedForwardNorm: name("ffn_norm"),
        gate: name("ffn_gate"),
        up: name("ffn_up"),
        down: name("ffn_down"),
      };
    },
    bias: (weight) => weight.replace(/weight$/, "bias"),
    interleavedRotary: checkpoint.metadata.get("general.architecture") === "llama",
  };
}

function huggingFaceTensors(checkpoint: Pick<Checkpoint, "tensors">): DecoderTensors {
  // Idefics3 and SmolVLM keep their language model beside their eyes.
  const stack = checkpoint.tensors.has("model.text_model.norm.weight") ? "model.text_model" : "model";
  const embedding = `${stack}.embed_tokens.weight`;
  return {
    embedding,
    finalNorm: `${stack}.norm.weight`,
    head: checkpoint.tensors.has("lm_head.weight") ? "lm_head.weight" : embedding,
    ropeFactors: undefined,
    layer: (index) => {
      const name = (part: string): string => `${stack}.layers.${index}.${part}.weight`;
      return {
        attentionNorm: name("input_layernorm"),
        query: name("self_attn.q_proj"),
        key: name("self_attn.k_proj"),
        value: name("self_attn.v_proj"),
        attentionOutput: name("self_attn.o_proj"),
        queryNorm: name("self_attn.q_norm"),
        keyNorm: name("self_attn.k_norm"),
        feedForwardNorm: name("post_attention_layernorm"),
        gate: name("mlp.gate_proj"),
        up: name("mlp.up_proj"),
        down: name("mlp.down_proj"),
      };
    },
    bias: (weight) => weight.replace(/weight$/, "bias"),
    interleavedRotary: false,
  };
}
