"""LLaVA's stage 1 for one language model: `python train_projector.py --gguf FILE --name smollm2-135m --work work ...`.

Encoder and language model stay frozen. A picture's visual tokens are, for the whole frame and its left, middle and
right third, five tokens each: the closed form sum_c p_c * embedding(token t of the name of c), plus the output of a
two-layer perceptron on the class feature and the thirds' mean patch features. Its last layer begins at zero.
Loss: the next token of the answers, through the frozen model. Start it again to resume.

The last bias is a soft prompt, the same for every picture. Only that is learnt unless --features-rate is given: what
depends on the picture learns the 200 classes of the blurred photos at hand by heart, and then sharp photos of others are
told worse than by the closed form (see the model card).

A picture is shown to the model as in a conversation: not at all where nothing in it is sure, told once where all its
parts show the same, and with the same words around it.
"""

import argparse
import functools
import json
import random
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache, GgufConfig

from calibrate import kinds_matrix
from files import WEIGHTS, load_stem, names_file, read, weights_file, write
from hybrid import HIDDEN
from judge import THIRDS, load_hybrid
from plots import plot_log
from questions import Examiner, is_right
from shards import read_shard, shard_paths, tiny_classes

TOKENS = 5  # per region
REGIONS = ["whole", "left", "middle", "right"]
# Words for the language model, and regions by their number; and the same where all parts show the same.
LAYOUT = ["[camera:", 0, "; left:", 1, "; middle:", 2, "; right:", 3, "]"]
ALONE = ["[camera:", 0, "]"]
SAYS_SOMETHING = 0.3  # from here on the likeliest class of a third says something of its own
SEEING = "[camera: ...] is what the user's camera shows."
SYSTEMS = [
    "You are Antiphon, a helpful AI assistant. Answer in one short sentence of plain English.",
    "You are a voice assistant with a camera. Answer in one short sentence.",
]
SHARPENED = 0.5  # divides the logits of a third: they are means over cells, most of which show nothing


class Projector(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(HIDDEN, inner), nn.GELU(), nn.Linear(inner, TOKENS * width))
        nn.init.zeros_(self.mlp[2].weight)
        nn.init.zeros_(self.mlp[2].bias)

    def forward(self, closed, features):
        """closed [n, 4, 5, width] + perceptron of features [n, 4, 256] -> [n, 4, 5, width]"""
        return closed + self.mlp(features).view(closed.shape)


class Eyes:
    """Frozen encoder -> what it makes of the regions: probabilities and features [n, 4, 256]."""

    def __init__(self, device):
        self.model, self.stem = load_hybrid().to(device), load_stem().to(device)
        tensors, metadata = read(weights_file())
        self.temperature = tensors["calibration.temperature"].item()
        self.threshold = float(metadata["calibration.threshold"])

    @torch.inference_mode()
    def look(self, cells):
        """-> probabilities [n, 4, 1000] for the words; the same, thirds not sharpened, for what is sure; features."""
        class_feature, patches = self.model(cells)
        cell_logits = self.stem.classify(cells)
        whole = (cell_logits.mean(1) + self.model.class_head(class_feature)) / self.temperature
        cell_logits = cell_logits + self.model.patch_head(patches)
        thirds = torch.stack([cell_logits[:, THIRDS == t].mean(1) for t in range(3)], 1)
        features = torch.stack([patches[:, THIRDS == t].mean(1) for t in range(3)], 1)
        told, sure = (torch.cat([whole[:, None], thirds / t], 1).softmax(-1) for t in (SHARPENED, 1.0))
        return told, sure, torch.cat([class_feature[:, None], features], 1)


def name_tokens(tokenizer, classes):
    """[1000, 5]: the tokens of " a NAME", cut or filled with commas."""
    comma = tokenizer(",", add_special_tokens=False).input_ids[0]
    rows = [tokenizer(f" a {c['clear']}", add_special_tokens=False).input_ids for c in classes]
    return torch.tensor([(row + [comma] * TOKENS)[:TOKENS] for row in rows])


class Reader:
    """The frozen language model, its prompt around the visual tokens, and the closed form."""

    def __init__(self, gguf, classes, device, dtype):
        self.dtype = dtype
        with tempfile.TemporaryDirectory() as folder:  # alone: a tokenizer.json beside it would be taken for its own
            (Path(folder) / "model.gguf").symlink_to(Path(gguf).resolve())
            self.tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file="model.gguf")
            self.model = AutoModelForCausalLM.from_pretrained(
                folder, gguf_file="model.gguf", dtype=dtype, quantization_config=GgufConfig(dequantize=True)
            )
        self.model.to(device).eval().requires_grad_(False)
        self.table = self.model.get_input_embeddings().weight
        self.width, self.device = self.table.shape[1], device
        names = self.table[name_tokens(self.tokenizer, classes).to(device)].float()
        self.names = names.reshape(len(classes), -1)
        self.end = self.tokenizer("<|im_end|>", add_special_tokens=False).input_ids

    def closed(self, probabilities):
        return (probabilities @ self.names).view(*probabilities.shape[:2], TOKENS, self.width)

    def embed(self, text):
        ids = self.tokenizer(text, add_special_tokens=False).input_ids
        return self.table[torch.tensor(ids, device=self.device)].float()

    def beginning(self, system):
        return self.embed(f"<|im_start|>system\n{system} {SEEING}<|im_end|>\n<|im_start|>user\n")

    def prompt(self, visual, layout, asked):
        """Visual [4, 5, width], how it is told, and a question -> the rows up to where the answer begins."""
        parts = [self.embed(part) if isinstance(part, str) else visual[part] for part in layout]
        return torch.cat([*parts, self.embed(f" {asked.note}{asked.question}<|im_end|>\n<|im_start|>assistant\n")])

    @functools.cache
    def prefix(self, system):
        """Keys and values of what stands before the picture, a pair for each layer: nothing is learnt in them."""
        with torch.no_grad():
            cache = self.model(inputs_embeds=self.beginning(system)[None].to(self.dtype), use_cache=True).past_key_values
        return [(layer.keys, layer.values) for layer in cache.layers]

    def loss(self, system, prompts, answers):
        """Mean cross entropy of the answers' tokens and the end of the turn."""
        ids = [self.tokenizer(a, add_special_tokens=False).input_ids + self.end for a in answers]
        rows = [torch.cat([p, self.table[torch.tensor(i, device=self.device)].float()]) for p, i in zip(prompts, ids, strict=True)]
        longest, cache = max(map(len, rows)), DynamicCache()
        for layer, pair in enumerate(self.prefix(system)):
            cache.update(*(part.expand(len(rows), -1, -1, -1) for part in pair), layer)
        inputs = torch.stack([F.pad(row, (0, 0, 0, longest - len(row))) for row in rows])
        lengths = torch.tensor([cache.get_seq_length() + len(row) for row in rows])
        mask = (torch.arange(cache.get_seq_length() + longest) < lengths[:, None]).long().to(self.device)
        hidden = self.model.model(inputs_embeds=inputs.to(self.dtype), attention_mask=mask, past_key_values=cache).last_hidden_state
        states = [hidden[n, len(p) - 1 : len(p) - 1 + len(i)] for n, (p, i) in enumerate(zip(prompts, ids, strict=True))]
        logits = self.model.lm_head(torch.cat(states)).float()
        return F.cross_entropy(logits, torch.tensor([t for i in ids for t in i], device=self.device))

    @torch.no_grad()
    def answer(self, system, prompts, tokens=16):
        """Greedy answers to several prompts at once, filled up on the left."""
        prompts = [torch.cat([self.beginning(system), prompt]) for prompt in prompts]
        longest = max(map(len, prompts))
        inputs = torch.stack([F.pad(p, (0, 0, longest - len(p), 0)) for p in prompts]).to(self.dtype)
        mask = torch.stack([(torch.arange(longest) >= longest - len(p)).long() for p in prompts]).to(self.device)
        out = self.model.generate(
            inputs_embeds=inputs, attention_mask=mask, max_new_tokens=tokens, do_sample=False,
            eos_token_id=self.end[0], pad_token_id=self.end[0], repetition_penalty=1.0,
        )  # fmt: skip
        return self.tokenizer.batch_decode(out, skip_special_tokens=True)


def layout_of(probabilities):
    """Told once where no third has anything of its own to say."""
    best, choice = probabilities.max(-1)
    own = (choice[1:] != choice[0]) & (best[1:] >= SAYS_SOMETHING)
    return LAYOUT if own.any() else ALONE


class Lessons:
    """Questions about the pictures of one split, shard by shard; of those only that a conversation is shown."""

    def __init__(self, work, split, data, eyes, device):
        self.paths, self.eyes, self.device = shard_paths(Path(work) / "cache", split), eyes, device
        self.classes = json.loads(names_file().read_text())
        self.examiner = Examiner(self.classes, tiny_classes(data))
        self.kinds, membership = kinds_matrix(self.classes)
        narrow_first = membership.sum(0).argsort()
        self.kinds, self.membership = [self.kinds[i] for i in narrow_first], membership[:, narrow_first].to(device)

    def sureness(self, probabilities):
        """For each region what may be said: ("name", its class), ("kind", its name), or ("none", None)."""
        sure = {}
        for region, p in zip(REGIONS, probabilities, strict=True):
            kinds = (p @ self.membership >= self.eyes.threshold).nonzero()[:, 0].tolist()
            if p.max() >= self.eyes.threshold:
                sure[region] = ("name", p.argmax().item())
            else:
                sure[region] = ("kind", self.kinds[kinds[0]]) if kinds else ("none", None)
        return sure

    def batches(self, size, seed):
        """-> lists of `size` tuples: probabilities, features, layout, what is asked"""
        rng, batch = random.Random(seed), []
        for path in rng.sample(self.paths, len(self.paths)):
            cells, truth = read_shard(path, self.device)
            order = torch.tensor(rng.sample(range(len(cells)), len(cells)))
            for rows in order.split(64):
                told, sure, features = self.eyes.look(cells[rows].float())
                for row, p, s, f in zip(truth[rows].tolist(), told, sure, features, strict=True):
                    asked = self.examiner.ask(row, self.sureness(s), s, rng)
                    if asked is None:
                        continue
                    batch.append((p, f, layout_of(p), asked))
                    if len(batch) == size:
                        yield batch
                        batch = []


def prompts_of(batch, reader, projector):
    """The prompts of a batch; None for the projector is the closed form."""
    visual = reader.closed(torch.stack([p for p, *_ in batch]))
    if projector is not None:
        visual = projector(visual.clone(), torch.stack([f for _, f, *_ in batch]).clone())
    return [reader.prompt(v, layout, asked) for v, (_, _, layout, asked) in zip(visual, batch, strict=True)]


@torch.no_grad()
def examine(reader, projector, lessons, count, seed=5):
    """Share of right answers per topic; None for the projector is the closed form."""
    right, examples, done = {}, [], 0
    for batch in lessons.batches(16, seed):
        answers = reader.answer(SYSTEMS[0], prompts_of(batch, reader, projector))
        for answer, (*_, asked) in zip(answers, batch, strict=True):
            right.setdefault(asked.topic, []).append(is_right(answer, asked.words))
            examples.append(f"{asked.topic}: {asked.question} -> {answer.strip()} (expected: {asked.answer})")
        done += len(batch)
        if done >= count:
            break
    scores = {topic: f"{np.mean(values):.3f} of {len(values)}" for topic, values in sorted(right.items())}
    return {"all": round(float(np.mean([v for values in right.values() for v in values])), 4)} | scores, examples


def train(arguments, reader, projector, lessons, work):
    prompt, rest = [projector.mlp[2].bias], [*projector.mlp[0].parameters(), projector.mlp[2].weight]
    groups = [{"params": prompt, "peak": arguments.rate}, {"params": rest, "peak": arguments.features_rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.05)
    step, state = 0, work / f"projector-{arguments.name}.pt"
    if state.exists():
        saved = torch.load(state, weights_only=True)
        projector.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        for group, given in zip(optimizer.param_groups, groups, strict=True):
            group["peak"] = given["peak"]
        step = saved["step"]
    log, began, recent = open(work / f"projector-{arguments.name}.jsonl", "a"), time.time(), []
    while step < arguments.steps:
        for batch in lessons.batches(arguments.batch, arguments.seed + step):
            if step >= arguments.steps:
                break
            warm = min(1, (step + 1) / 20)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * warm * (1 - step / arguments.steps)
            system = SYSTEMS[step % len(SYSTEMS)]
            loss = reader.loss(system, prompts_of(batch, reader, projector), [asked.answer for *_, asked in batch])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(projector.parameters(), 1.0)
            optimizer.step()
            step += 1
            recent.append(loss.item())
            if step % 10 == 0:
                line = {"step": step, "seconds": round(time.time() - began), "loss": round(float(np.mean(recent)), 4)}
                recent = []
                print(json.dumps(line), file=log, flush=True)
                print(line, flush=True)
                saved = {"model": projector.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
                torch.save(saved, f"{state}.part")
                Path(f"{state}.part").rename(state)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--gguf", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--work", default="work")
    parser.add_argument("--inner", type=int, default=256)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--features-rate", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--questions", type=int, default=320)
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    work, device = Path(arguments.work), arguments.device
    classes, eyes = json.loads(names_file().read_text()), Eyes(device)
    reader = Reader(arguments.gguf, classes, device, getattr(torch, arguments.dtype))
    projector = Projector(reader.width, arguments.inner).to(device)
    held_out = Lessons(work, "val", arguments.data, eyes, device)
    held_out.paths = held_out.paths[1::2]
    result = {"closed": examine(reader, None, held_out, arguments.questions)[0]}
    print("closed form", result["closed"], flush=True)
    train(arguments, reader, projector, Lessons(work, "train", arguments.data, eyes, device), work)
    result["trained"], examples = examine(reader, projector, held_out, arguments.questions)
    print("trained", result["trained"], *examples[:40], sep="\n")
    (work / f"projector-{arguments.name}.json").write_text(json.dumps(result, indent=1) + "\n")
    tensors = {f"projector.{name}": tensor for name, tensor in projector.state_dict().items()}
    metadata = {"projector.tokens": TOKENS, "projector.layout": json.dumps(LAYOUT), "projector.width": reader.width}
    write(WEIGHTS / f"projector-{arguments.name}.safetensors", tensors, metadata)
    plot_log(work / f"projector-{arguments.name}.jsonl", work / f"projector-{arguments.name}.png")


if __name__ == "__main__":
    main()
