"""Makes the files under test/fixtures/llm that the language model's tests are held against.

    python scripts/make-llm-references.py                          # tiny.gguf
    python scripts/make-llm-references.py SMOLLM2.gguf QWEN2.gguf  # and what is made from the real files

Needs Python >= 3.10 with torch 2.13.0 (CPU is enough), transformers 5.23.0, accelerate, tokenizers 0.23.3, gguf 0.19.0,
jinja2 3, numpy 2.4.6. The fixtures are committed: run this again only to change them.

    tiny.gguf         a randomly initialised decoder of architecture qwen2 with every form of weights (Q4_0, Q4_1, Q5_0,
                      Q8_0, F32), the tiny tokenizer of test/fixtures/checkpoints/tokenizers and a ChatML template
    templates.json    the chat templates of the real files
    smollm2-greedy.json    for each of 20 prompts the rendered ids and the tokens that Hugging Face transformers chooses
                      greedily in float32 from the dequantised file, up to the end of the answer or TOKENS; `margin` is the
                      smallest distance between the two best logits of a row, which says how exact a run must be to agree

Ids come from the Rust library `tokenizers`, set up by make-tokenizer-reference.py; transformers' own conversion of GGUF
tokenizers is not used, as it cuts numbers and contractions otherwise than the model was trained.
"""

import importlib.util
import json
import sys
from pathlib import Path

import gguf
import numpy as np

SCRIPTS = Path(__file__).resolve().parent
FIXTURES = SCRIPTS.parent / "test" / "fixtures"
FOLDER = FIXTURES / "llm"
TOKENS = 24
SEED = 20240607

SHORT = "You are a helpful AI assistant. Answer in one short sentence."
PROMPTS = [
    [("system", SHORT), ("user", "What is the capital of France?")],
    [("system", SHORT), ("user", "What colour is a banana?")],
    [("system", SHORT), ("user", "How do you boil an egg?")],
    [("system", SHORT), ("user", "Who wrote Romeo and Juliet?")],
    [("system", SHORT), ("user", "How many days does a week have?")],
    [("user", "Why is the sky blue?")],
    [("user", "Tell me a joke about cats.")],
    [("user", "What is 12 plus 30?")],
    [("user", "Translate 'good morning' into Spanish.")],
    [("user", "Écrivez une phrase sur la mer, s'il vous plaît.")],
    [("system", ""), ("user", "hi")],
    [("system", "You are a pirate."), ("user", "Where's my ship?!")],
    [("user", "List three fruits.\n1.")],
    [("user", "def add(a, b):\n    return")],
    [("user", "¿Qué hora es? 😀 你好")],
    [("user", "My name is Ada."), ("assistant", "Nice to meet you, Ada."), ("user", "What is my name?")],
    [("system", SHORT), ("user", "What is a cow?"), ("assistant", "A farm animal."), ("user", "What does it eat?")],
    [("user", "a " * 200 + "how many letters was that?")],
    [("user", "At 2024-06-07 12:34:56 it cost $1,234.50; isn't that too much?")],
    [("user", "x")],
]


def load_script(name):
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def contents(path, key):
    return gguf.GGUFReader(path).fields[key].contents()


CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def tiny():
    """Matrices of unit gain, norms around 1 and biases around 0, so that a wrong tensor changes what is said."""
    source = FIXTURES / "checkpoints" / "tokenizers" / "qwen2.gguf"
    fields = gguf.GGUFReader(source).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    layers, hidden, heads, kv_heads, inner = 2, 64, 4, 2, 128
    random = np.random.default_rng(SEED)
    writer = gguf.GGUFWriter(FOLDER / "tiny.gguf", "qwen2")
    writer.add_block_count(layers)
    writer.add_context_length(1024)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(fields["tokenizer.ggml.token_type"].contents())
    writer.add_token_merges(fields["tokenizer.ggml.merges"].contents())
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_chat_template(CHATML)

    def matrix(name, rows, columns, kind, gain=1.0):
        values = random.standard_normal((rows, columns)).astype(np.float32) * np.float32(gain / columns**0.5)
        quantised = gguf.quants.quantize(values, gguf.GGMLQuantizationType[kind])
        writer.add_tensor(f"{name}.weight", quantised, raw_dtype=gguf.GGMLQuantizationType[kind])

    def vector(name, size, around):
        values = around + 0.2 * random.standard_normal(size)
        writer.add_tensor(name, values.astype(np.float32))

    matrix("token_embd", len(tokens), hidden, "Q8_0", gain=0.5 * hidden**0.5)
    vector("output_norm.weight", hidden, 1)
    # A head of its own, since one tied to random embeddings says the same token again and again.
    matrix("output", len(tokens), hidden, "Q8_0", gain=3.0)
    kv = hidden // heads * kv_heads
    for layer in range(layers):
        name = f"blk.{layer}."
        vector(f"{name}attn_norm.weight", hidden, 1)
        vector(f"{name}ffn_norm.weight", hidden, 1)
        for part, rows, kind in (("q", hidden, "Q4_1"), ("k", kv, "Q4_1"), ("v", kv, "Q8_0")):
            matrix(f"{name}attn_{part}", rows, hidden, kind)
            vector(f"{name}attn_{part}.bias", rows, 0)
        matrix(f"{name}attn_output", hidden, hidden, "Q5_0")
        matrix(f"{name}ffn_gate", inner, hidden, "Q4_0")
        matrix(f"{name}ffn_up", inner, hidden, "Q4_0")
        matrix(f"{name}ffn_down", hidden, inner, "Q4_1")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def templates(paths):
    content = {
        name: contents(path, "tokenizer.chat_template") for name, path in zip(("smollm2", "qwen2.5"), paths)
    }
    (FOLDER / "templates.json").write_text(json.dumps(content, indent=1) + "\n")


def greedy(path):
    import torch
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(2)
    path = Path(path)
    tokenizer = load_script("make-tokenizer-reference").from_gguf(path)
    template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(
        contents(path, "tokenizer.chat_template")
    )
    end = contents(path, "tokenizer.ggml.eos_token_id")
    model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32).eval()
    rows = []
    for prompt in PROMPTS:
        messages = [{"role": role, "content": content} for role, content in prompt]
        rendered = template.render(messages=messages, add_generation_prompt=True)
        ids = tokenizer.encode(rendered, add_special_tokens=False).ids
        tokens, margin, cache = [], float("inf"), None
        feed = torch.tensor([ids])
        with torch.no_grad():
            while len(tokens) < TOKENS and (not tokens or tokens[-1] != end):
                output = model(input_ids=feed, past_key_values=cache, use_cache=True)
                cache = output.past_key_values
                best = output.logits[0, -1].topk(2)
                margin = min(margin, float(best.values[0] - best.values[1]))
                tokens.append(int(best.indices[0]))
                feed = torch.tensor([[tokens[-1]]])
        print(f"{margin:.4f}", tokenizer.decode(tokens))
        rows.append({"messages": messages, "ids": ids, "tokens": tokens, "margin": round(margin, 5)})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    (FOLDER / "smollm2-greedy.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    tiny()
    if len(sys.argv) == 3:
        templates(sys.argv[1:])
        greedy(sys.argv[1])
