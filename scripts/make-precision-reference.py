"""Makes a file under test/fixtures/llm that says what a GGUF model foresees in test/fixtures/llm/perplexity.txt.

    python scripts/make-precision-reference.py QWEN2.5-CODER.gguf qwen2.5-coder-float32.json

Needs Python >= 3.10 with torch 2.13.0 (CPU is enough), transformers 5.23.0, accelerate, tokenizers 0.23.3, gguf 0.19.0,
numpy 2.4.6, and memory for all weights in float32 (the 1.5B: 8 GB). The fixture is committed: run this again only to
change it. The other half of the comparison is ours: `npm run test:embedded` puts the same tokens through the network as it is
shipped and states both perplexities and how often the best tokens are the same.

The reference is Hugging Face transformers in float32 over the dequantised weights of the same file. It has none of our
code in it, and it shares the file's own rounding: what is measured is what our form of the weights and the arithmetic
add, not what the file lost against the weights that it was made from.

    ids          the text as the file's tokenizer cuts it (the Rust library `tokenizers`, see make-tokenizer-reference.py)
    best         for each position but the last the token with the largest logit
    perplexity   exp of the mean of -log p(the token that follows)
"""

import json
import math
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import AutoModelForCausalLM

sys.path.insert(0, str(Path(__file__).resolve().parent))
tokenizers = __import__("make-tokenizer-reference")
FOLDER = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "llm"
CHUNK = 256
# By transformers' name: what a mistaken conversion would most easily lose.
CHECKED = {
    "model.embed_tokens.weight": "token_embd.weight",
    "lm_head.weight": "output.weight",
    "model.layers.0.mlp.down_proj.weight": "blk.0.ffn_down.weight",
    "model.layers.0.self_attn.q_proj.bias": "blk.0.attn_q.bias",
}


def check(model, path):
    """The model has the file's weights to the bit, untied where the file has them untied."""
    stored = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    weights = model.state_dict()
    for name, source in CHECKED.items():
        tensor = stored.get(source)
        if tensor is None:
            continue
        expected = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        assert np.array_equal(weights[name].numpy().ravel(), expected.ravel()), name
    assert all(weight.dtype == torch.float32 for weight in weights.values())


@torch.inference_mode()
def foresee(model, ids):
    best, total, cache = [], 0.0, None
    for start in range(0, len(ids) - 1, CHUNK):
        end = min(start + CHUNK, len(ids) - 1)
        output = model(input_ids=torch.tensor([ids[start:end]]), past_key_values=cache, use_cache=True)
        cache = output.past_key_values
        logits = output.logits[0].double()
        best += logits.argmax(-1).tolist()
        following = torch.tensor(ids[start + 1 : end + 1])
        total -= float(logits.log_softmax(-1).gather(1, following[:, None]).sum())
        print(f"{end} of {len(ids) - 1}: {math.exp(total / end):.4f}", flush=True)
    return best, math.exp(total / len(best))


def main(path, name):
    torch.set_num_threads(2)
    text = (FOLDER / "perplexity.txt").read_text()
    ids = tokenizers.from_gguf(path).encode(text, add_special_tokens=False).ids
    model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32).eval()
    check(model, path)
    best, perplexity = foresee(model, ids)
    rows = {"file": path.name, "perplexity": round(perplexity, 6), "ids": ids, "best": best}
    lines = (f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in rows.items())
    (FOLDER / name).write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
