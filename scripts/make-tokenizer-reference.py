"""Makes the token ids under test/fixtures/checkpoints/tokenizers that our GGUF tokenizers are held against.

    python scripts/make-tokenizer-reference.py                          # the tiny tokenizers
    python scripts/make-tokenizer-reference.py SMOLLM2.gguf QWEN2.gguf  # and the ids of two real files

Needs Python >= 3.10 with tokenizers 0.23.3, gguf 0.19.0, numpy 2.4.6. The fixtures are committed.

The reference is the Rust library `tokenizers`, set up as the tokenizer.json of the original models sets it up (what the
GGUF only names: normaliser, patterns, `ignore_merges`); vocabulary, merges and special tokens are the file's.

    texts.json        odd texts, the same for all
    PRE.gguf          a tiny byte-level BPE tokenizer for each `tokenizer.ggml.pre`, no tensors
    PRE.json          its ids for each text
    smollm2.json, qwen2.5-coder.json    the ids of the real files
"""

import json
import random
import sys
from pathlib import Path

import gguf
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

FOLDER = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "checkpoints" / "tokenizers"
CONTROL, USER_DEFINED = 3, 4

TEXTS = [
    "Hello, world!",
    "What is the capital of France?",
    "I'm sure they'll say we've DON'T, it's y'all's 'tis o'clock; I'D, I'LL, he'S.",
    "1 12 123 1234 12345 1234567 3.14159 1,000,000 0x1F 2024-06-07 12:34:56",
    "١٢٣ ४५६ ⅷ ½ x² 10⁻³ Ⅻ",
    " leading", "trailing ", "  two  spaces   three    four", "\ttab\t\ttabs", "a\nb\n\nc\r\nd\r\n\r\ne \n f", "\n", " ", "   ", "\n \n", " \t\n ",
    "no\u00a0break\u2003em\u3000wide\u200bzero\ufeffbom\u2028line\u0085next",
    "naïve café Ångström Straße İstanbul ſ K",
    "cafe\u0301 A\u030angstro\u0308m \u1100\u1161\u11a8 \u0344",
    "Привет, мир! Γειά σου Κόσμε שלום עולם مرحبا بالعالم",
    "你好，世界。今天天气怎么样？ こんにちは世界 カタカナ ｶﾀｶﾅ 한국어 문장",
    "नमस्ते दुनिया สวัสดีชาวโลก",
    "😀😃 👍🏽 👩‍👩‍👧‍👦 🇫🇷 ❤️ 🏴‍☠️ #️⃣", "𝒜𝓁𝓅𝒽𝒶 𐍈 \U0010ffff",
    "...!!!???---___***///\\\\\\ <=> ^~ |$+ €£¥ “quotes” ‘single’ «guillemets» …",
    "def f(x):\n    return x ** 2  # comment\n\n\nclass A: pass", "{\"a\": [1, 2, {\"b\": null}]}", "https://example.org/a?b=c&d=%20#e me@example.org",
    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "<|endoftext|>", "a<|im_end|>b", "<|im_start|><|im_end|>", "<|im_start", "|im_end|>",
    "<tool_call>\n{}\n</tool_call>", "<tool_call", " <|im_start|> ", "<repo_name>x<file_sep>",
    "Ġ Ċ ĉ Â", "Antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "CamelCaseAndSNAKE_case-kebab.case", "\x00\x01\x07\x1b[0m\x7f", "a\u0300\u0301\u0302b", "''''''", "'s 's's 'S", "? ?", "x\u00ad\u2010y",
]
ALPHABET = list("abcXYZ019'' \t\n\r.,!?-_") + ["é", "ß", "中", "ら", "😀", "\u0301", "\u200d", "٣", "²", "\u00a0", "'ll", "'RE", "  ", "<|im_end|>", "½"]


def texts():
    source = random.Random(20240607)
    return TEXTS + ["".join(source.choices(ALPHABET, k=source.randint(1, 24))) for _ in range(60)]


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), behavior="isolated")


MODERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
GPT2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
PRE_TOKENIZERS = {
    "gpt-2": GPT2,
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), GPT2]),
    "qwen2": pre_tokenizers.Sequence([split(MODERN.replace("DIGITS", r"\p{N}")), BYTES]),
    "llama-bpe": pre_tokenizers.Sequence([split(MODERN.replace("DIGITS", r"\p{N}{1,3}")), BYTES]),
    "default": pre_tokenizers.Sequence(
        [
            split(r"[\p{P}\$\+<=>\^~\|]+"),
            split(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"),
            split(r"\p{N}+"),
            split(r"[0-9][0-9][0-9]"),
            BYTES,
        ]
    ),
}


def tokenizer(pre, vocabulary=None, merges=None):
    result = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=pre == "llama-bpe"))
    result.pre_tokenizer = PRE_TOKENIZERS[pre]
    result.decoder = decoders.ByteLevel()
    if pre == "qwen2":
        result.normalizer = normalizers.NFC()
    return result


def write_ids(name, reference):
    ids = [reference.encode(text, add_special_tokens=False).ids for text in texts()]
    decoded = [reference.decode(row, skip_special_tokens=False) for row in ids]
    assert all(len(row) > 0 for row in ids)
    content = {"ids": ids, "decoded": None if decoded == texts() else decoded}
    (FOLDER / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")


def tiny(pre):
    """Trained on the texts themselves, so that wrong piece borders show as other merges."""
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trained = tokenizer(pre)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=380, special_tokens=specials, initial_alphabet=alphabet, show_progress=False)
    trained.train_from_iterator(TEXTS, trainer)
    model = json.loads(trained.to_str())["model"]
    tokens = [token for token, _ in sorted(model["vocab"].items(), key=lambda entry: entry[1])] + ["<tool_call>"]
    types = [CONTROL if token in specials else 1 for token in tokens[:-1]] + [USER_DEFINED]
    merges = [" ".join(pair) for pair in model["merges"]]

    writer = gguf.GGUFWriter(FOLDER / f"{pre}.gguf", "fixture")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{{ messages[0].content }}")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    write_ids(pre, from_gguf(FOLDER / f"{pre}.gguf"))


def from_gguf(path):
    fields = gguf.GGUFReader(path).fields
    content = lambda key: fields[key].contents()
    tokens, types = content("tokenizer.ggml.tokens"), content("tokenizer.ggml.token_type")
    merges = [tuple(merge.split(" ")) for merge in content("tokenizer.ggml.merges")]
    result = tokenizer(
        content("tokenizer.ggml.pre"), {token: index for index, token in enumerate(tokens)}, merges
    )
    for token, kind in zip(tokens, types):
        if kind in (CONTROL, USER_DEFINED):
            result.add_tokens([AddedToken(token, normalized=False, special=kind == CONTROL)])
    assert result.get_vocab_size() == len(tokens)
    return result


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "texts.json").write_text(json.dumps(texts(), separators=(",", ":")) + "\n")
    for pre in PRE_TOKENIZERS:
        tiny(pre)
    for name, path in zip(("smollm2", "qwen2.5-coder"), sys.argv[1:]):
        write_ids(name, from_gguf(path))
