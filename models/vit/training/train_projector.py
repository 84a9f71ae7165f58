"""LLaVA's stage 1 for one language model: `python train_projector.py --gguf FILE --name smollm2-135m --work work ...`.

Encoder and language model stay frozen. A picture's visual tokens are, for the whole frame and its left, middle and
right third, five tokens each: the closed form sum_c p_c * embedding(token t of the name of c), plus the output of a
two-layer perceptron on the class feature and the thirds' mean patch features. Its last layer begins at zero.
Loss: the next token of the answers, through the frozen model. Start it again to resume.
"""

import argparse
import json
import random
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from calibrate import kinds_matrix
from files import WEIGHTS, load_stem, names_file, read, weights_file, write
from hybrid import HIDDEN
from judge import THIRDS, load_hybrid
from plots import plot_log
from questions import Examiner, is_right
from shards import read_shard, shard_paths, tiny_classes

TOKENS = 5  # per region
REGIONS = ["whole", "left", "middle", "right"]
# Words for the language model, and regions by their number.
LAYOUT = ["[camera:", 0, "; left:", 1, "; middle:", 2, "; right:", 3, "]"]
SYSTEMS = [
    "You are Antiphon, a helpful AI assistant. Answer in one short sentence of plain English.",
    "You are a voice assistant with a camera. Answer in one short sentence.",
]


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
    """Frozen encoder -> probabilities [n, 4, 1000] and features [n, 4, 256] of the regions."""

    def __init__(self, device):
        self.model, self.stem = load_hybrid().to(device), load_stem().to(device)
        tensors, metadata = read(weights_file())
        self.temperature = tensors["calibration.temperature"].item()
        self.threshold = float(metadata["calibration.threshold"])

    @torch.inference_mode()
    def look(self, cells):
        class_feature, patches = self.model(cells)
        cell_logits = self.stem.classify(cells)
        whole = (cell_logits.mean(1) + self.model.class_head(class_feature)) / self.temperature
        cell_logits = cell_logits + self.model.patch_head(patches)
        thirds = torch.stack([cell_logits[:, THIRDS == t].mean(1) for t in range(3)], 1)
        features = torch.stack([patches[:, THIRDS == t].mean(1) for t in range(3)], 1)
        probabilities = torch.cat([whole[:, None], thirds], 1).softmax(-1)
        return probabilities, torch.cat([class_feature[:, None], features], 1)


def name_tokens(tokenizer, classes):
    """[1000, 5]: the tokens of " a NAME", cut or filled with commas."""
    comma = tokenizer(",", add_special_tokens=False).input_ids[0]
    rows = [tokenizer(f" a {c['clear']}", add_special_tokens=False).input_ids for c in classes]
    return torch.tensor([(row + [comma] * TOKENS)[:TOKENS] for row in rows])


class Reader:
    """The frozen language model, its prompt around the visual tokens, and the closed form."""

    def __init__(self, gguf, classes, device):
        with tempfile.TemporaryDirectory() as folder:  # alone: a tokenizer.json beside it would be taken for its own
            (Path(folder) / "model.gguf").symlink_to(Path(gguf).resolve())
            self.tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file="model.gguf")
            self.model = AutoModelForCausalLM.from_pretrained(
                folder, gguf_file="model.gguf", dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
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

    def prompt(self, visual, question):
        """Visual [4, 5, width] and a question -> the rows up to where the answer begins."""
        system = SYSTEMS[len(question) % len(SYSTEMS)]
        parts = [self.embed(f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n")]
        parts += [self.embed(part) if isinstance(part, str) else visual[part] for part in LAYOUT]
        return torch.cat([*parts, self.embed(f" {question}<|im_end|>\n<|im_start|>assistant\n")])

    def loss(self, prompts, answers):
        """Mean cross entropy of the answers' tokens and the end of the turn."""
        ids = [self.tokenizer(a, add_special_tokens=False).input_ids + self.end for a in answers]
        rows = [torch.cat([p, self.table[torch.tensor(i, device=self.device)].float()]) for p, i in zip(prompts, ids, strict=True)]
        longest = max(map(len, rows))
        inputs = torch.stack([F.pad(row, (0, 0, 0, longest - len(row))) for row in rows])
        mask = torch.stack([(torch.arange(longest) < len(row)).long() for row in rows]).to(self.device)
        hidden = self.model.model(inputs_embeds=inputs.bfloat16(), attention_mask=mask).last_hidden_state
        states = [hidden[n, len(p) - 1 : len(p) - 1 + len(i)] for n, (p, i) in enumerate(zip(prompts, ids, strict=True))]
        logits = self.model.lm_head(torch.cat(states)).float()
        return F.cross_entropy(logits, torch.tensor([t for i in ids for t in i], device=self.device))

    @torch.inference_mode()
    def answer(self, prompts, tokens=16):
        """Greedy answers to several prompts at once, filled up on the left."""
        longest = max(map(len, prompts))
        inputs = torch.stack([F.pad(p, (0, 0, longest - len(p), 0)) for p in prompts]).bfloat16()
        mask = torch.stack([(torch.arange(longest) >= longest - len(p)).long() for p in prompts]).to(self.device)
        out = self.model.generate(
            inputs_embeds=inputs, attention_mask=mask, max_new_tokens=tokens, do_sample=False,
            eos_token_id=self.end[0], pad_token_id=self.end[0], repetition_penalty=1.0,
        )  # fmt: skip
        return self.tokenizer.batch_decode(out, skip_special_tokens=True)


def sureness(probabilities, threshold, membership):
    """What may be said of the regions: the name, the kind, or nothing."""
    sure = {}
    for name, p in zip(REGIONS, probabilities, strict=True):
        kind = (p @ membership).max() >= threshold
        sure[name] = "name" if p.max() >= threshold else "kind" if kind else "none"
    return sure


class Lessons:
    """Questions about the pictures of one split, shard by shard."""

    def __init__(self, work, split, data, eyes, device):
        self.paths, self.eyes, self.device = shard_paths(Path(work) / "cache", split), eyes, device
        classes = json.loads(names_file().read_text())
        self.examiner = Examiner(classes, tiny_classes(data))
        self.membership = kinds_matrix(classes)[1].to(device)

    def batches(self, size, seed):
        rng = random.Random(seed)
        for path in rng.sample(self.paths, len(self.paths)):
            cells, truth = read_shard(path, self.device)
            order = torch.tensor(rng.sample(range(len(cells)), len(cells)))
            for rows in order.split(size):
                probabilities, features = self.eyes.look(cells[rows].float())
                asked = []
                for row, p in zip(truth[rows], probabilities, strict=True):
                    sure = sureness(p, self.eyes.threshold, self.membership)
                    asked.append(self.examiner.ask(row.tolist(), sure, rng))
                yield probabilities, features, asked


def examine(reader, projector, lessons, count, seed=5):
    """Share of right answers per topic; None for the projector is the closed form."""
    right, examples = {}, []
    done = 0
    for probabilities, features, asked in lessons.batches(16, seed):
        visual = reader.closed(probabilities)
        if projector is not None:
            with torch.inference_mode():
                visual = projector(visual, features)
        answers = reader.answer([reader.prompt(v, a[0]) for v, a in zip(visual, asked, strict=True)])
        for answer, (question, expected, words, topic) in zip(answers, asked, strict=True):
            right.setdefault(topic, []).append(is_right(answer, words))
            examples.append(f"{topic}: {question} -> {answer.strip()} (expected: {expected})")
        done += len(asked)
        if done >= count:
            break
    scores = {topic: f"{np.mean(values):.3f} of {len(values)}" for topic, values in sorted(right.items())}
    return {"all": round(float(np.mean([v for values in right.values() for v in values])), 4)} | scores, examples


def train(arguments, reader, projector, lessons, work):
    optimizer = torch.optim.AdamW(projector.parameters(), lr=arguments.rate, weight_decay=0.01)
    step, state = 0, work / f"projector-{arguments.name}.pt"
    if state.exists():
        saved = torch.load(state, weights_only=True)
        projector.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
    log, began, recent = open(work / f"projector-{arguments.name}.jsonl", "a"), time.time(), []
    while step < arguments.steps:
        for probabilities, features, asked in lessons.batches(arguments.batch, arguments.seed + step):
            if step >= arguments.steps:
                break
            warm = min(1, (step + 1) / 20)
            optimizer.param_groups[0]["lr"] = arguments.rate * warm * (1 - step / arguments.steps)
            visual = projector(reader.closed(probabilities).clone(), features.clone())
            prompts = [reader.prompt(v, a[0]) for v, a in zip(visual, asked, strict=True)]
            loss = reader.loss(prompts, [a[1] for a in asked])
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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--questions", type=int, default=320)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    work, device = Path(arguments.work), arguments.device
    classes, eyes = json.loads(names_file().read_text()), Eyes(device)
    reader = Reader(arguments.gguf, classes, device)
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
