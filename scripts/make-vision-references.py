"""Makes the tiny vision checkpoints under test/fixtures/vision that our networks are held against.

    python scripts/make-vision-references.py [vit] [hybrid] [projectors] [smolvlm]      # all by default

Needs Python >= 3.10 with torch 2.13.0 (CPU is enough), transformers 5.23.0, safetensors 0.8.0, and for `hybrid`
efficientnet-lite-pytorch 0.1.0, for `smolvlm` jinja2, pillow and tokenizers. The fixtures are committed: run this again only to change them.

Every network is randomly initialised from a fixed seed. Matrices get unit gain, norms and biases are moved off 1 and 0,
so that a swapped, forgotten or transposed tensor changes the output far beyond the tolerance of the tests.

vit/{siglip,clip,intern-vit,intern-vit-rms}:
    config.json, model.safetensors   the vision part, with the names of the published files (OpenGVLab's for InternViT)
    reference.safetensors            own.pixels f32 [2, 3, 32, 32], own.hidden [2, tokens, width], (clip) own.pooled;
                                     wide.pixels f32 [1, 3, 40, 48], wide.hidden: positions interpolated to 5 x 6;
                                     own.second_last [2, tokens, width]: before the last block
hybrid:
    model.safetensors                the shipped encoder with few channels, 68 pixels, 10 classes, 3 scene labels
    projector.safetensors            a trained projector for test/fixtures/llm/tiny.gguf
    reference.safetensors            pixels and all outputs of both, by the published stem and PyTorch's own transformer
projectors:
    model.safetensors                NAME.*: weights of each projector under their names in transformers
    reference.safetensors            features f32 [2, 16, 16] on a 4 x 4 grid, and NAME: what the projector makes of them
smolvlm:
    config.json, model.safetensors, tokenizer.json   a SmolVLM as in its repository, but tiny: 32 pixels and 4 tokens a tile
    reference.safetensors            picture u8 [44, 60, 3]; for `split` and `whole`: NAME.tiles u8 [tiles, 3, 32, 32],
                                     NAME.grid, NAME.ids of a prompt with the picture, NAME.features [tiles * 4, 32],
                                     NAME.logits f32 [6, 320] of its last tokens
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

FIXTURES = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "vision"
SEED = 20240607
# Hidden size of test/fixtures/llm/tiny.gguf.
TINY_GGUF_WIDTH = 64


def randomize(model, generator):
    """Unit-gain matrices, norms around 1, biases and positions around 0."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name.lower() and name.endswith("weight") or "lambda" in name:
                parameter.copy_(1 + 0.2 * noise)
            elif parameter.dim() < 2 or "position" in name or "class" in name or "cls" in name:
                parameter.copy_(0.3 * noise)
            else:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
    return model.eval()


def save(tensors, path, metadata=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, path, metadata)
    path.chmod(0o644)


def save_json(value, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


@torch.no_grad()
def vit_case(name, config, weights, run, generator):
    folder = FIXTURES / "vit" / name
    save_json(config, folder / "config.json")
    save(weights, folder / "model.safetensors")
    own, wide = torch.randn(2, 3, 32, 32, generator=generator), torch.randn(1, 3, 40, 48, generator=generator)
    output = run(own)
    reference = {"own.pixels": own, "own.hidden": output.last_hidden_state, "own.second_last": output.hidden_states[-2]}
    if name == "clip":
        reference["own.pooled"] = output.pooler_output
    save(reference | {"wide.pixels": wide, "wide.hidden": run(wide).last_hidden_state}, folder / "reference.safetensors")


SIZES = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=32, patch_size=8)


def unprefixed(model):
    return {name.removeprefix("vision_model."): tensor for name, tensor in model.state_dict().items()}


def open_gvlab_names(weights, layers):
    """From transformers' names to those of the published InternViT files."""
    names = {
        "embeddings.cls_token": "embeddings.class_embedding",
        "embeddings.position_embeddings": "embeddings.position_embedding",
        "embeddings.patch_embeddings.projection.weight": "embeddings.patch_embedding.weight",
        "embeddings.patch_embeddings.projection.bias": "embeddings.patch_embedding.bias",
    }
    result = {new: weights[old] for old, new in names.items()}
    for layer in range(layers):
        old, new = f"encoder.layer.{layer}", f"encoder.layers.{layer}"
        for kind in ("weight", "bias"):
            parts = [f"{old}.attention.{part}_proj.{kind}" for part in "qkv"]
            if parts[0] in weights:
                result[f"{new}.attn.qkv.{kind}"] = torch.cat([weights[part] for part in parts])
            for ours, theirs in (
                ("attn.proj", "attention.projection_layer"),
                ("attn.q_norm", "attention.q_norm"),
                ("attn.k_norm", "attention.k_norm"),
                ("norm1", "layernorm_before"),
                ("norm2", "layernorm_after"),
                ("mlp.fc1", "mlp.fc1"),
                ("mlp.fc2", "mlp.fc2"),
            ):
                if f"{old}.{theirs}.{kind}" in weights:
                    result[f"{new}.{ours}.{kind}"] = weights[f"{old}.{theirs}.{kind}"]
        for number in (1, 2):
            result[f"{new}.ls{number}"] = weights[f"{old}.lambda_{number}"]
    return result


def vit():
    from transformers import CLIPVisionConfig, CLIPVisionModel, SiglipVisionConfig, SiglipVisionModel
    from transformers import InternVLVisionConfig, InternVLVisionModel

    generator = torch.Generator().manual_seed(SEED)
    for name, kind, model in (
        ("siglip", "siglip_vision_model", SiglipVisionModel(SiglipVisionConfig(**SIZES, vision_use_head=False))),
        ("clip", "clip_vision_model", CLIPVisionModel(CLIPVisionConfig(**SIZES))),
    ):
        randomize(model, generator)
        config = {"model_type": kind, **SIZES}
        run = lambda pixels: model(pixels, interpolate_pos_encoding=True, output_hidden_states=True)
        vit_case(name, config, unprefixed(model), run, generator)
    for name, special in (
        ("intern-vit", dict(norm_type="layer_norm", use_qk_norm=False, attention_bias=True)),
        ("intern-vit-rms", dict(norm_type="rms_norm", use_qk_norm=True, attention_bias=False)),
    ):
        sizes = SIZES | {"image_size": (32, 32), "patch_size": (8, 8)}
        model = InternVLVisionModel(InternVLVisionConfig(**sizes, **special, use_mean_pooling=True))
        randomize(model, generator)
        config = {"model_type": "intern_vit_6b", **SIZES}
        weights = open_gvlab_names(dict(model.state_dict()), SIZES["num_hidden_layers"])
        run = lambda pixels: model(pixels, output_hidden_states=True)
        vit_case(name, config, weights, run, generator)


def folded(convolution, norm):
    """A convolution with the batch norm after it as a convolution with a bias."""
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return convolution.weight * factor[:, None, None, None], norm.bias - norm.running_mean * factor


def tiny_stem(generator):
    """The published EfficientNet-Lite code with few channels; 68 pixels meet the odd sizes that 260 meet."""
    from efficientnet_lite_pytorch import EfficientNet
    from efficientnet_lite_pytorch.utils import BlockDecoder, GlobalParams

    blocks = ["r1_k3_s11_e1_i32_o8", "r2_k3_s22_e2_i8_o8", "r2_k5_s22_e2_i8_o16", "r1_k3_s22_e2_i16_o16", "r2_k5_s22_e2_i16_o16"]
    parameters = GlobalParams(
        width_coefficient=1.0, depth_coefficient=1.0, image_size=68, dropout_rate=0.0, num_classes=10,
        batch_norm_momentum=0.99, batch_norm_epsilon=1e-3, drop_connect_rate=0.0, depth_divisor=8, min_depth=None,
        relu_fn="relu6", fix_head_stem=True,
    )  # fmt: skip
    stem = EfficientNet(BlockDecoder.decode(blocks), parameters)
    for module in stem.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(0.2 * torch.randn(module.running_mean.shape, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(module.running_var.shape, generator=generator))
            module.weight.data = 2 + 0.2 * torch.randn(module.weight.shape, generator=generator)
            module.bias.data = 0.5 + 0.3 * torch.randn(module.bias.shape, generator=generator)
        elif isinstance(module, torch.nn.Conv2d):
            noise = torch.randn(module.weight.shape, generator=generator)
            module.weight.data = noise / module.weight[0].numel() ** 0.5
    return stem.eval()


def stem_tensors(stem):
    tensors = {}

    def put(name, convolution, norm):
        tensors[f"stem.{name}.weight"], tensors[f"stem.{name}.bias"] = folded(convolution, norm)

    put("conv", stem._conv_stem, stem._bn0)
    for index, block in enumerate(stem._blocks):
        if hasattr(block, "_expand_conv"):
            put(f"blocks.{index}.expand", block._expand_conv, block._bn0)
        put(f"blocks.{index}.depthwise", block._depthwise_conv, block._bn1)
        put(f"blocks.{index}.project", block._project_conv, block._bn2)
    put("head", stem._conv_head, stem._bn1)
    tensors["stem.classifier.weight"], tensors["stem.classifier.bias"] = stem._fc.weight, stem._fc.bias
    return tensors


@torch.no_grad()
def hybrid():
    generator = torch.Generator().manual_seed(SEED)
    stem = tiny_stem(generator)
    width, heads, layers, cells, labels = 16, 2, 2, 9, 3
    layer = torch.nn.TransformerEncoderLayer(
        width, heads, 4 * width, activation="gelu", batch_first=True, norm_first=True, layer_norm_eps=1e-6, dropout=0.0
    )
    norm = torch.nn.LayerNorm(width, 1e-6)
    transformer = torch.nn.TransformerEncoder(layer, layers, norm, enable_nested_tensor=False)
    randomize(transformer, generator)
    linear = lambda outputs, inputs: randomize(torch.nn.Linear(inputs, outputs), generator)
    channels = stem._fc.in_features
    patch, heads_of = linear(width, channels), {"class_head": 10, "patch_head": 10, "scene_head": labels}
    heads_of = {name: linear(size, width) for name, size in heads_of.items()}
    class_token, positions = torch.randn(width, generator=generator), torch.randn(1 + cells, width, generator=generator)

    tensors = stem_tensors(stem) | {"vit.class_token": class_token, "vit.positions": positions}
    modules = {"patch": patch, "norm": transformer.norm, **heads_of}
    for index, block in enumerate(transformer.layers):
        place = f"blocks.{index}"
        for name, weight, bias in zip(
            ("query", "key", "value"), block.self_attn.in_proj_weight.chunk(3), block.self_attn.in_proj_bias.chunk(3)
        ):
            tensors[f"vit.{place}.attention.{name}.weight"], tensors[f"vit.{place}.attention.{name}.bias"] = weight, bias
        modules |= {f"{place}.norm1": block.norm1, f"{place}.norm2": block.norm2, f"{place}.mlp.up": block.linear1}
        modules |= {f"{place}.mlp.down": block.linear2, f"{place}.attention.output": block.self_attn.out_proj}
    for place, module in modules.items():
        tensors[f"vit.{place}.weight"], tensors[f"vit.{place}.bias"] = module.weight, module.bias
    tensors["calibration.temperature"] = torch.tensor([1.25])
    strides = [{"stride": block._depthwise_conv.stride[0]} for block in stem._blocks]
    metadata = {
        "stem.input_size": "68", "stem.blocks": json.dumps(strides), "vit.hidden": str(width), "vit.layers": str(layers),
        "vit.heads": str(heads), "vit.norm_epsilon": "1e-6", "vit.scene_labels": json.dumps(["dark", "blank", "blurred"]),
        "calibration.threshold": "0.5",
    }  # fmt: skip
    save(tensors, FIXTURES / "hybrid" / "model.safetensors", metadata)

    pixels = torch.randn(1, 3, 68, 68, generator=generator)
    map = stem.extract_features(pixels)
    map = map if isinstance(map, torch.Tensor) else map[-1]
    patches = map.flatten(2).transpose(1, 2)
    assert patches.shape[1] == cells
    tokens = transformer(torch.cat([class_token[None, None], patch(patches)], 1) + positions)
    reference = {
        "pixels": pixels,
        "class_logits": stem(pixels) + heads_of["class_head"](tokens[:, 0]),
        "patch_logits": stem._fc(patches) + heads_of["patch_head"](tokens[:, 1:]),
        "scene_logits": heads_of["scene_head"](tokens[:, 0]),
        "class_feature": tokens[:, 0],
        "patch_features": tokens[:, 1:],
        "region_features": torch.cat([patches.mean(1, keepdim=True), patches.view(1, 3, 3, channels).mean(1)], 1),
    }
    thirds = tokens[:, 1:].view(1, 3, 3, width).mean(1)
    perceptron = torch.nn.Sequential(linear(6, width), torch.nn.GELU(), linear(5 * TINY_GGUF_WIDTH, 6))
    mlp = {f"projector.mlp.{name}": tensor for name, tensor in perceptron.state_dict().items()}
    layout = ["[seen:", 0, ", ", 3, "]"]
    save(mlp, FIXTURES / "hybrid" / "projector.safetensors", {"projector.layout": json.dumps(layout), "projector.tokens": "5"})
    reference["region_additions"] = perceptron(torch.cat([tokens[:, :1], thirds], 1))
    save(reference, FIXTURES / "hybrid" / "reference.safetensors")


@torch.no_grad()
def projectors():
    from types import SimpleNamespace as Space

    from transformers import Blip2QFormerConfig, Blip2QFormerModel
    from transformers.models.idefics.perceiver import IdeficsPerceiverResampler
    from transformers.models.idefics3.modeling_idefics3 import Idefics3Connector
    from transformers.models.internvl.modeling_internvl import InternVLModel, InternVLMultiModalProjector
    from transformers.models.llava.modeling_llava import LlavaMultiModalProjector

    generator = torch.Generator().manual_seed(SEED)
    width, language, grid = 16, 24, 4
    features = torch.randn(2, grid * grid, width, generator=generator)
    tensors, reference = {}, {"features": features}

    def case(name, model, output):
        tensors.update({f"{name}.{key}": value for key, value in model.state_dict().items()})
        reference[name] = output

    vision, text = Space(hidden_size=width), Space(hidden_size=language)
    linear = randomize(torch.nn.Linear(width, language), generator)
    case("linear", linear, linear(features))

    llava = Space(vision_config=vision, text_config=text, vision_feature_layer=-2)
    llava.multimodal_projector_bias, llava.projector_hidden_act = True, "gelu"
    mlp = randomize(LlavaMultiModalProjector(llava), generator)
    case("llava", mlp, mlp(features))

    connector = randomize(Idefics3Connector(Space(vision_config=vision, text_config=text, scale_factor=2)), generator)
    case("idefics3", connector, connector(features))

    shuffle = lambda x: InternVLModel.pixel_shuffle(None, x.reshape(2, grid, grid, width), 0.5).reshape(2, 4, -1)
    intern = Space(vision_config=vision, text_config=text, downsample_ratio=0.5, projector_hidden_act="gelu")
    intern = randomize(InternVLMultiModalProjector(intern), generator)
    case("internvl", intern, intern(shuffle(features)))

    llava.vision_config = Space(hidden_size=4 * width)
    vita = randomize(LlavaMultiModalProjector(llava), generator)
    case("vita", vita, vita(shuffle(features * 0.5)))

    for name, has_norms in (("flamingo", False), ("idefics", True)):
        config = Space(perceiver_config=Space(qk_layer_norms_perceiver=has_norms), vision_config=Space(embed_dim=width))
        resampler = randomize(IdeficsPerceiverResampler(config, width, depth=2, n_heads=2, head_dim=6, n_latents=3), generator)
        case(name, resampler, resampler(features))

    config = Blip2QFormerConfig(
        hidden_size=12, num_hidden_layers=3, num_attention_heads=2, intermediate_size=20, encoder_hidden_size=width,
        cross_attention_frequency=2, attn_implementation="eager", vocab_size=4, max_position_embeddings=4,
    )  # fmt: skip
    blip = torch.nn.Module()
    blip.qformer, blip.language_projection = Blip2QFormerModel(config), torch.nn.Linear(12, language)
    blip.query_tokens = torch.nn.Parameter(torch.zeros(1, 5, 12))
    randomize(blip, generator)
    queries = blip.qformer(query_embeds=blip.query_tokens.expand(2, -1, -1), encoder_hidden_states=features)
    case("blip2", blip, blip.language_projection(queries.last_hidden_state))
    save(tensors, FIXTURES / "projectors" / "model.safetensors")
    save(reference, FIXTURES / "projectors" / "reference.safetensors")


def tiny_smolvlm_tokenizer():
    """Byte-level BPE with a few merges, two line ends being one token, and SmolVLM's own control tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("Ċ", "Ċ"), ("Ġ", "t"), ("h", "e"), ("Ġt", "he"), ("i", "s"), ("Ġ", "is")]
    vocabulary = {token: index for index, token in enumerate(alphabet + ["".join(pair) for pair in merges])}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<end_of_utterance>", "<fake_token_around_image>"]
    control += ["<image>", "<global-img>"] + [f"<row_{r}_col_{c}>" for r in range(1, 7) for c in range(1, 7)]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in control])
    return tokenizer


@torch.no_grad()
def smolvlm():
    import numpy as np
    from PIL import Image
    from transformers import LlamaConfig, SmolVLMConfig, SmolVLMForConditionalGeneration
    from transformers.models.smolvlm.configuration_smolvlm import SmolVLMVisionConfig
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    generator = torch.Generator().manual_seed(SEED)
    tokenizer = tiny_smolvlm_tokenizer()
    size, per_tile = 32, 4
    text = dict(
        model_type="llama", hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, vocab_size=320, max_position_embeddings=512, rms_norm_eps=1e-5, rope_theta=100000.0,
    )  # fmt: skip
    vision = SIZES | dict(model_type="smolvlm_vision")
    rope = {"rope_parameters": {"rope_type": "default", "rope_theta": text["rope_theta"]}}
    model = SmolVLMForConditionalGeneration(
        SmolVLMConfig(
            text_config=LlamaConfig(**{k: v for k, v in text.items() if k not in ("model_type", "rope_theta")}, **rope),
            vision_config=SmolVLMVisionConfig(**SIZES),
            scale_factor=2,
            image_token_id=tokenizer.token_to_id("<image>"),
            attn_implementation="eager",
        )
    )
    randomize(model, generator)
    folder = FIXTURES / "smolvlm"
    save(model.state_dict(), folder / "model.safetensors")
    # The layout of the published config.json, which names only what differs from the defaults.
    config = {"model_type": "smolvlm", "scale_factor": 2, "image_token_id": tokenizer.token_to_id("<image>")}
    save_json(config | {"text_config": text, "vision_config": vision}, folder / "config.json")
    tokenizer.save(str(folder / "tokenizer.json"))

    picture = np.random.default_rng(SEED).integers(0, 256, (11, 15, 3), dtype=np.uint8)
    picture = np.asarray(Image.fromarray(picture).resize((60, 44), Image.BICUBIC))
    processor = SmolVLMImageProcessorPil(size={"longest_edge": 4 * size}, max_image_size={"longest_edge": size})
    reference = {"picture": torch.from_numpy(picture.copy())}
    for name, split in (("split", True), ("whole", False)):
        seen = processor(picture, do_image_splitting=split, return_row_col_info=True, return_tensors="np")
        pixels = torch.from_numpy(seen["pixel_values"]).float()
        rows, columns = seen["rows"][0][0], seen["cols"][0][0]
        prompt = smolvlm_prompt(rows, columns, per_tile)
        ids = torch.tensor(tokenizer.encode(prompt, add_special_tokens=False).ids)
        logits = model(input_ids=ids[None], pixel_values=pixels).logits[0]
        reference |= {
            f"{name}.tiles": (pixels[0] * 127.5 + 127.5).round().to(torch.uint8),
            f"{name}.grid": torch.tensor([rows, columns]),
            f"{name}.ids": ids,
            f"{name}.features": model.model.get_image_features(pixels).pooler_output[0],
            f"{name}.logits": logits[-6:],
        }
    save(reference, folder / "reference.safetensors")


def smolvlm_prompt(rows, columns, per_tile):
    """A system prompt, a question about a picture, its answer and another question, by transformers' own code."""
    from jinja2 import Template
    from transformers.models.smolvlm import processing_smolvlm as processing

    part = lambda text: {"type": "text", "text": text}
    messages = [
        {"role": "system", "content": [part("Be brief.")]},
        {"role": "user", "content": [{"type": "image"}, part("What is the thing?")]},
        {"role": "assistant", "content": [part("A cup.")]},
        {"role": "user", "content": [part("Is it the red one?")]},
    ]
    text = Template(processing.DEFAULT_CHAT_TEMPLATE).render(messages=messages, add_generation_prompt=True)
    image = processing.get_image_prompt_string(
        rows, columns, per_tile, "<fake_token_around_image>", "<image>", "<global-img>"
    )
    return text.replace("<image>", image)


if __name__ == "__main__":
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    for step in sys.argv[1:] or ["vit", "hybrid", "projectors", "smolvlm"]:
        globals()[step]()
    size = sum(file.stat().st_size for file in FIXTURES.rglob("*") if file.is_file())
    print(f"{size / 1e6:.2f} MB in {FIXTURES.name}")
