import { AntiphonError } from "../../streaming/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import type { LinearWeights } from "../onnx/layers.ts";
import { NamedTensors, reshaped, rowsOf } from "../onnx/named-tensors.ts";
import type { VitActivation, VitBlockWeights, VitNorm, VitSizes, VitWeights } from "./weights.ts";

/** What tells the families' checkpoints apart. */
interface VitFamily {
  /** `model_type` in config.json. */
  readonly types: readonly string[];
  /** What the reference takes where config.json is silent: published files name only what differs. */
  readonly defaults: { readonly heads: number; readonly epsilon: number; readonly activation: string };
  read(tensors: NamedTensors): Omit<VitWeights, "sizes">;
}

const ACTIVATIONS: Readonly<Record<string, VitActivation>> = {
  gelu: "gelu",
  gelu_pytorch_tanh: "gelu-tanh",
  quick_gelu: "quick-gelu",
};

/**
 * The weights of a vision transformer from safetensors with the names of transformers' SiglipVisionModel (also inside
 * Idefics3 and SmolVLM), CLIPVisionModel, or OpenGVLab's InternVisionModel.
 *
 * @param json - the vision part of config.json
 * @param prefix - of all names, as in `model.vision_model.`
 * @throws AntiphonError `checkpoint-unsupported` for other families, `checkpoint-invalid` where a tensor is missing.
 */
export function vitWeights(
  checkpoint: Checkpoint,
  json: Readonly<Record<string, unknown>>,
  prefix: string,
): VitWeights {
  const type = json["model_type"];
  const family = FAMILIES.find(({ types }) => types.some((name) => name === type));
  const activationName = json["hidden_act"] ?? family?.defaults.activation;
  const activation = typeof activationName === "string" ? ACTIVATIONS[activationName] : undefined;
  if (family === undefined || activation === undefined) {
    const what =
      family === undefined ? `type ${JSON.stringify(type)}` : `activation ${JSON.stringify(activationName)}`;
    throw new AntiphonError("checkpoint-unsupported", `vision transformers of ${what} are not supported`);
  }
  const weights = family.read(new NamedTensors(checkpoint, prefix));
  const [width = 0, , patchSize = 0] = weights.patch.weight.dims;
  const patches = (weights.positions.dims[0] ?? 0) - (weights.classToken === undefined ? 0 : 1);
  const sizes: VitSizes = {
    width,
    patchSize,
    gridSize: Math.sqrt(patches),
    heads: numberOr(json["num_attention_heads"], family.defaults.heads),
    normEpsilon: numberOr(json["layer_norm_eps"], family.defaults.epsilon),
    activation,
  };
  if (!Number.isInteger(sizes.gridSize) || !Number.isInteger(width / sizes.heads)) {
    throw new AntiphonError("checkpoint-invalid", `${checkpoint.path} has no square grid of positions`);
  }
  return { ...weights, sizes };
}

const SIGLIP: VitFamily = {
  // Older files of Idefics3 and SmolVLM name the whole model here.
  types: ["siglip_vision_model", "idefics3_vision", "smolvlm_vision", "idefics3", "smolvlm"],
  defaults: { heads: 12, epsilon: 1e-6, activation: "gelu_pytorch_tanh" },
  read: (tensors) => ({
    patch: tensors.linear("embeddings.patch_embedding"),
    positions: tensors.tensor("embeddings.position_embedding.weight"),
    blocks: clipBlocks(tensors),
    postNorm: tensors.norm("post_layernorm"),
  }),
};

const CLIP: VitFamily = {
  types: ["clip_vision_model"],
  defaults: { heads: 12, epsilon: 1e-5, activation: "quick_gelu" },
  read: (tensors) => ({
    patch: tensors.linear("embeddings.patch_embedding"),
    classToken: tensors.tensor("embeddings.class_embedding"),
    positions: tensors.tensor("embeddings.position_embedding.weight"),
    preNorm: tensors.norm("pre_layrnorm"), // The name in every published file.
    blocks: clipBlocks(tensors),
    postNorm: tensors.norm("post_layernorm"),
  }),
};

const INTERN_VIT: VitFamily = {
  types: ["intern_vit_6b"], // Also of InternViT-300M.
  defaults: { heads: 25, epsilon: 1e-6, activation: "gelu" },
  read: (tensors) => {
    const patch = tensors.linear("embeddings.patch_embedding");
    const [width = 0] = patch.weight.dims;
    const positions = tensors.tensor("embeddings.position_embedding");
    return {
      patch,
      classToken: reshaped(tensors.tensor("embeddings.class_embedding"), [width]),
      positions: reshaped(positions, [positions.dims[1] ?? 0, width]),
      blocks: Array.from(
        { length: tensors.count((index) => `encoder.layers.${index}.mlp.fc1`) },
        (_, index) => internBlock(tensors.below(`encoder.layers.${index}.`), width),
      ),
    };
  },
};

const FAMILIES: readonly VitFamily[] = [SIGLIP, CLIP, INTERN_VIT];

function clipBlocks(tensors: NamedTensors): VitBlockWeights[] {
  const count = tensors.count((index) => `encoder.layers.${index}.mlp.fc1`);
  return Array.from({ length: count }, (_, index) => {
    const block = tensors.below(`encoder.layers.${index}.`);
    return {
      attentionNorm: block.norm("layer_norm1"),
      query: block.linear("self_attn.q_proj"),
      key: block.linear("self_attn.k_proj"),
      value: block.linear("self_attn.v_proj"),
      output: block.linear("self_attn.out_proj"),
      perceptronNorm: block.norm("layer_norm2"),
      up: block.linear("mlp.fc1"),
      down: block.linear("mlp.fc2"),
    };
  });
}

/** Query, key and value are one matrix; LayerScale on both branches; the 6B model normalises queries and keys. */
function internBlock(tensors: NamedTensors, width: number): VitBlockWeights {
  const { weight, bias } = tensors.linear("attn.qkv");
  const third = (index: number): LinearWeights => ({
    weight: rowsOf(weight, index * width, width),
    ...(bias !== undefined && { bias: rowsOf(bias, index * width, width) }),
  });
  const norm = (place: string): VitNorm =>
    tensors.has(`${place}.bias`) ? tensors.norm(place) : { gain: tensors.tensor(`${place}.weight`) };
  return {
    attentionNorm: norm("norm1"),
    query: third(0),
    key: third(1),
    value: third(2),
    ...(tensors.has("attn.q_norm.weight") && {
      queryNorm: tensors.tensor("attn.q_norm.weight"),
      keyNorm: tensors.tensor("attn.k_norm.weight"),
    }),
    output: tensors.linear("attn.proj"),
    attentionScale: tensors.tensor("ls1"),
    perceptronScale: tensors.tensor("ls2"),
    perceptronNorm: norm("norm2"),
    up: tensors.linear("mlp.fc1"),
    down: tensors.linear("mlp.fc2"),
  };
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}
