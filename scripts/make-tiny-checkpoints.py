"""Makes the tiny checkpoints under test/fixtures/checkpoints that our networks and readers are held against.

    python scripts/make-tiny-checkpoints.py            # writes test/fixtures/checkpoints

Needs Python >= 3.10 with torch 2.13.0 (CPU is enough), transformers 5.23.0, safetensors 0.8.0, gguf 0.19.0,
ctranslate2 4.8.5, numpy 2.4.6.
The fixtures are committed: run this again only to change them.

Every network is randomly initialised from a fixed seed. Matrices get unit gain, norms and biases are moved off 1 and 0,
so that a swapped, forgotten or transposed tensor changes the output far beyond the tolerance of the tests.

Per language model (llama, llama-rope-scaled, qwen2, qwen3):
    config.json, model.safetensors   as in a Hub repository. `llama` and `qwen3` keep the layout of transformers 5
                                     (`rope_parameters`), the others the older one (`rope_theta`, `rope_scaling`).
    reference.safetensors            prompt_ids i64 [P], prompt_logits f32 [P, V]: one run without cache;
                                     step_ids i64 [S], step_logits f32 [S, V]: S runs of one token each after the prompt,
                                     row i is the output for step_ids[i] at position P + i;
                                     last_hidden f32 [hidden]: after the final norm, for the last prompt token;
                                     past_key, past_value f32 [layers, kv_heads, P, head_dim] after the prompt (rotated keys).
Whisper:
    reference.safetensors            for each of `full` (2 * max_source_positions mel frames) and `short` (fewer frames, with
                                     the positional table cut to fit): NAME.mel f32 [80, F], NAME.hidden f32 [F / 2, d_model],
                                     NAME.prompt_ids, NAME.prompt_logits, NAME.step_ids, NAME.step_logits as above.
gguf-blocks:
    blocks.gguf                      one tensor [2, 512] per block type, of random blocks with sane scales
    reference.safetensors            the same tensors as f32, dequantised by the gguf package
ctranslate2:
    TYPE.bin                         embeddings, a projection that is an alias of them, and a norm, stored as TYPE
    reference.safetensors            the same tensors before they were stored so
"""

import json
import shutil
from copy import deepcopy
from pathlib import Path

import gguf
import numpy as np
import torch
from ctranslate2.specs import common_spec, model_spec
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM, WhisperConfig, WhisperForConditionalGeneration
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

FIXTURES = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "checkpoints"
SEED = 20240607
VOCABULARY = 160
PROMPT_TOKENS, STEPS = 11, 4


def randomize(model, generator):
    """Unit-gain matrices, norms around 1, biases around 0; sinusoidal tables stay."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("encoder.embed_positions.weight"):
                continue
            if "norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            elif parameter.dim() == 1:
                parameter.copy_(0.2 * noise)
            elif "embed" in name:
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)


def token_ids(count, generator):
    return torch.randint(0, VOCABULARY, (count,), generator=generator)


def save_model(model, folder, old_rope_layout=False):
    if folder.exists():
        shutil.rmtree(folder)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    if old_rope_layout:
        rope = config.pop("rope_parameters")
        config["rope_theta"] = rope.pop("rope_theta")
        config["torch_dtype"] = config.pop("dtype")
        config["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def save_reference(tensors, folder):
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "reference.safetensors")


@torch.no_grad()
def language_model(name, model, old_rope_layout=False):
    generator = torch.Generator().manual_seed(SEED)
    randomize(model, generator)
    model.eval()
    folder = FIXTURES / name
    save_model(model, folder, old_rope_layout)

    prompt, steps = token_ids(PROMPT_TOKENS, generator), token_ids(STEPS, generator)
    output = model(input_ids=prompt[None], use_cache=True, output_hidden_states=True)
    cache = output.past_key_values
    reference = {
        "prompt_ids": prompt,
        "prompt_logits": output.logits[0],
        "last_hidden": output.hidden_states[-1][0, -1],
        "past_key": torch.stack([layer.keys[0] for layer in cache.layers]),
        "past_value": torch.stack([layer.values[0] for layer in cache.layers]),
        "step_ids": steps,
    }
    rows = []
    for token in steps:
        output = model(input_ids=token[None, None], past_key_values=cache, use_cache=True)
        rows.append(output.logits[0, -1])
    reference["step_logits"] = torch.stack(rows)
    save_reference(reference, folder)

    whole = model(input_ids=torch.cat([prompt, steps])[None], use_cache=False).logits[0]
    assert torch.allclose(whole[PROMPT_TOKENS:], reference["step_logits"], atol=1e-4), "cached and whole runs disagree"


def language_models():
    common = dict(
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=None,
        attn_implementation="eager",
    )
    theta = lambda value, **more: {"rope_theta": value, "rope_type": "default", **more}
    language_model(
        "llama",
        LlamaForCausalLM(LlamaConfig(**common, tie_word_embeddings=True, rope_parameters=theta(10000.0))),
    )
    llama3 = {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        # Small, so that the eight frequencies fall into all three bands of the rule.
        "original_max_position_embeddings": 32,
    }
    language_model(
        "llama-rope-scaled",
        LlamaForCausalLM(
            LlamaConfig(**common, tie_word_embeddings=False, rms_norm_eps=1e-5, rope_parameters=theta(10000.0) | llama3)
        ),
        old_rope_layout=True,
    )
    language_model(
        "qwen2",
        Qwen2ForCausalLM(Qwen2Config(**common, tie_word_embeddings=False, rope_parameters=theta(1000000.0))),
        old_rope_layout=True,
    )
    language_model(
        "qwen3",
        Qwen3ForCausalLM(Qwen3Config(**common, head_dim=32, tie_word_embeddings=True, rope_parameters=theta(1000000.0))),
    )


HALF = {"layers": 2, "attention_heads": 2, "ffn_dim": 64}


def whisper_config():
    return WhisperConfig(
        vocab_size=VOCABULARY,
        num_mel_bins=80,
        d_model=32,
        **{f"{half}_{name}": size for half in ("encoder", "decoder") for name, size in HALF.items()},
        max_source_positions=64,
        max_target_positions=32,
        **dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id"), 0),
        decoder_start_token_id=1,
        **dict.fromkeys(("suppress_tokens", "begin_suppress_tokens")),
        attn_implementation="eager",
    )


@torch.no_grad()
def whisper_case(model, frames, generator):
    mel = torch.randn(80, frames, generator=generator)
    hidden = model.model.encoder(mel[None]).last_hidden_state
    prompt, steps = token_ids(3, generator), token_ids(STEPS, generator)
    output = model(encoder_outputs=(hidden,), decoder_input_ids=prompt[None], use_cache=True)
    rows, prompt_logits = [], output.logits[0]
    for token in steps:
        output = model(
            encoder_outputs=(hidden,),
            decoder_input_ids=token[None, None],
            past_key_values=output.past_key_values,
            use_cache=True,
        )
        rows.append(output.logits[0, -1])
    whole = model(encoder_outputs=(hidden,), decoder_input_ids=torch.cat([prompt, steps])[None], use_cache=False)
    assert torch.allclose(whole.logits[0, 3:], torch.stack(rows), atol=1e-4), "cached and whole runs disagree"
    return {
        "mel": mel,
        "hidden": hidden[0],
        "prompt_ids": prompt,
        "prompt_logits": prompt_logits,
        "step_ids": steps,
        "step_logits": torch.stack(rows),
    }


@torch.no_grad()
def whisper():
    generator = torch.Generator().manual_seed(SEED)
    model = WhisperForConditionalGeneration(whisper_config()).eval()
    randomize(model, generator)
    folder = FIXTURES / "whisper"
    save_model(model, folder)

    shortened = deepcopy(model)
    positions = 45
    encoder = shortened.model.encoder
    encoder.config = deepcopy(encoder.config)
    encoder.config.max_source_positions = positions
    encoder.embed_positions = torch.nn.Embedding.from_pretrained(encoder.embed_positions.weight[:positions].clone())
    cases = {"full": whisper_case(model, 128, generator), "short": whisper_case(shortened, 2 * positions, generator)}
    save_reference({f"{case}.{k}": tensor for case, tensors in cases.items() for k, tensor in tensors.items()}, folder)


def random_blocks(kind, rows, columns, random):
    """Random bytes, with the half-precision scale fields overwritten by small finite numbers of either sign."""
    block_size, type_size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (rows * columns // block_size, type_size), dtype=np.uint8)
    half_fields = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2]}
    for offset in {**half_fields, "Q6_K": [208]}[kind.name]:
        scales = random.normal(0, 0.01, len(blocks)).astype(np.float16)
        blocks[:, offset : offset + 2] = scales.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(rows, -1)


def gguf_blocks():
    random = np.random.default_rng(SEED)
    folder = FIXTURES / "gguf-blocks"
    folder.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(folder / "blocks.gguf", "fixture")
    rows, columns, reference = 2, 512, {}
    values = random.normal(0, 1, (rows, columns)).astype(np.float32)
    kinds = gguf.GGMLQuantizationType
    writer.add_tensor("F32", values)
    writer.add_tensor("F16", values.astype(np.float16))
    bfloat16 = torch.from_numpy(values).to(torch.bfloat16)
    writer.add_tensor("BF16", bfloat16.view(torch.int16).numpy().view(np.uint8), raw_dtype=kinds.BF16)
    reference |= {"F32": values, "F16": values.astype(np.float16).astype(np.float32), "BF16": bfloat16.float().numpy()}
    for kind in (kinds.Q4_0, kinds.Q4_1, kinds.Q5_0, kinds.Q5_1, kinds.Q8_0, kinds.Q4_K, kinds.Q5_K, kinds.Q6_K):
        data = random_blocks(kind, rows, columns, random)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        reference[kind.name] = gguf.dequantize(data, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_reference({name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in reference.items()}, folder)


class TinySpecification(model_spec.ModelSpec):
    name, revision = "TinySpec", 3

    def __init__(self, matrix, vector):
        self.embeddings = common_spec.EmbeddingsSpec()
        self.embeddings.weight = matrix.copy()
        self.projection = common_spec.LinearSpec()
        self.projection.weight = matrix.copy()
        self.norm = common_spec.LayerNormSpec()
        self.norm.gamma = self.norm.beta = vector


def ctranslate2():
    random = np.random.default_rng(SEED)
    folder = FIXTURES / "ctranslate2"
    folder.mkdir(parents=True, exist_ok=True)
    # Rows of very different size, so that a divisor taken from another row shows.
    matrix = (random.normal(0, 1, (6, 16)) * 10.0 ** np.arange(-3, 3)[:, None]).astype(np.float32)
    vector = random.normal(0, 1, 16).astype(np.float32)
    for kind in ("float32", "float16", "bfloat16", "int8", "int16"):
        specification = TinySpecification(matrix, vector)
        specification.validate()
        specification.optimize(quantization=kind)
        specification._serialize(folder / f"{kind}.bin")
    save_reference({"matrix": torch.from_numpy(matrix), "vector": torch.from_numpy(vector)}, folder)


if __name__ == "__main__":
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    language_models()
    whisper()
    gguf_blocks()
    ctranslate2()
    size = sum(file.stat().st_size for file in FIXTURES.rglob("*") if file.is_file())
    print(f"{size / 1e6:.2f} MB in {FIXTURES.name}")
