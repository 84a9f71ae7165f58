"""Train the transformer on the cached features: `python train_vit.py --work work`; start it again to resume.

Losses: cross entropy among Tiny-ImageNet's classes; distillation that keeps the stem's probabilities of all other
classes and of that group as a whole (so that the 1,000 classes stay as they were); per-cell classes, weighted
by the stem's class activation maps; scene labels of rendered frames; no opinion on frames of nothing.
Writes checkpoints, a log (JSON lines) and its curves to --work, and the result into the weights file.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from files import load_stem, update
from hybrid import GRID, PATCHES, HybridViT, vit_metadata
from judge import judge
from pictures import COLLAGE, SCENE_LABELS, SINGLE
from plots import plot_log
from shards import batches, tiny_classes

CELLS = 16  # cells a picture whose losses are taken at a step
WEIGHTS = {"label": 1.0, "keep": 2.0, "cell": 0.5, "cell_keep": 0.5, "scene": 0.5, "unsure": 0.1}


def grouped(logits, group):
    """Log probabilities of the classes outside of the group, and of the group as one class, [..., 801]."""
    log = logits.float().log_softmax(-1)
    outside = torch.ones(log.shape[-1], dtype=torch.bool, device=log.device)
    outside[group] = False
    return torch.cat([log[..., outside], log[..., group].logsumexp(-1, keepdim=True)], -1)


def divergence(teacher, student):
    return (teacher.exp() * (teacher - student)).sum(-1)


def flip(cells, truth):
    """The mirrored map of a picture is nearly the map of the mirrored picture."""
    mirrored = cells.view(-1, GRID, GRID, cells.shape[-1]).flip(2).reshape(cells.shape)
    truth = truth.clone()
    truth[:, [1, 2]] = truth[:, [2, 1]]
    return mirrored, truth


def cell_truth(truth, cells, stem):
    """-> class of each cell [n, 81] and how much the stem sees it there (its class activation map), 0 to 1."""
    column = torch.arange(PATCHES, device=truth.device) % GRID
    middle_is_left = torch.rand(1, device=truth.device) < 0.5
    is_left = (column < GRID // 2) | ((column == GRID // 2) & middle_is_left)
    label = torch.where(is_left, truth[:, 1:2], truth[:, 2:3])
    rows = stem.tensor("stem.classifier.weight")[truth[:, 1:3]]
    both = torch.einsum("npc,nsc->nsp", cells, rows)
    activation = torch.where(is_left, both[:, 0], both[:, 1])
    spread = activation.std(1, keepdim=True) + 1e-3
    return label, torch.sigmoid(2 * (activation - activation.mean(1, keepdim=True)) / spread)


def cell_losses(model, stem, cells, patch_features, truth, group):
    """On some cells of photos and collages: the class of their side where the stem sees it, and the stem's opinion."""
    label, weight = cell_truth(truth, cells, stem)
    some = torch.randperm(PATCHES, device=cells.device)[:CELLS]
    teacher = stem.classify(cells[:, some])
    student = teacher + model.patch_head(patch_features[:, some]).float()
    place = torch.searchsorted(group, label[:, some].contiguous())
    cross = F.cross_entropy(student[..., group].flatten(0, 1), place.flatten(), reduction="none")
    weight = weight[:, some].flatten()
    keep = divergence(grouped(teacher, group), grouped(student, group)).mean()
    return (cross * weight).sum() / weight.sum(), keep


def losses(model, stem, cells, truth, group):
    kind, scene = truth[:, 0], truth[:, 3:].float()
    photo, shown = kind == SINGLE, (kind == SINGLE) | (kind == COLLAGE)
    class_feature, patch_features = model(cells)
    stem_logits = stem.classify(cells.mean(1))
    logits = stem_logits + model.class_head(class_feature).float()

    sides = torch.searchsorted(group, truth[shown, 1:3].contiguous())
    out = {"label": -logits[shown][:, group].log_softmax(-1).gather(1, sides).mean()}
    out["keep"] = divergence(grouped(stem_logits[photo], group), grouped(logits[photo], group)).mean()
    out["unsure"] = -logits[~shown].log_softmax(-1).mean()
    out["cell"], out["cell_keep"] = cell_losses(
        model, stem, cells[shown], patch_features[shown], truth[shown], group
    )
    known = scene >= 0
    guesses = model.scene_head(class_feature).float()
    out["scene"] = F.binary_cross_entropy_with_logits(guesses[known], scene[known])
    return out


def schedule(step, steps, peak):
    return peak * min(step / (0.06 * steps), 0.5 * (1 + math.cos(math.pi * min(step / steps, 1))))


def save_state(path, model, optimizer, step):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, f"{path}.part")
    Path(f"{path}.part").rename(path)


def train(arguments, work, device):
    torch.manual_seed(arguments.seed)
    group = torch.tensor(tiny_classes(arguments.data), device=device)
    model, stem = HybridViT(len(SCENE_LABELS)).to(device), load_stem().to(device)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0}])
    step, state = 0, work / "train_vit.pt"
    if state.exists():
        saved = torch.load(state, weights_only=True, map_location=device)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
    log, began, sums = open(work / "train_vit.jsonl", "a"), time.time(), {}
    while step < arguments.steps:
        for cells, truth in batches(work / "cache", "train", arguments.batch, arguments.seed + step, device):
            if step >= arguments.steps:
                break
            model.train()
            if torch.rand(1) < 0.5:
                cells, truth = flip(cells, truth)
            for part in optimizer.param_groups:
                part["lr"] = schedule(step, arguments.steps, arguments.rate)
            with torch.autocast(torch.device(device).type, torch.bfloat16):
                parts = losses(model, stem, cells, truth, group)
            loss = sum(WEIGHTS[name] * value for name, value in parts.items())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + value.item()
            if step % 50 == 0:
                line = {"step": step, "seconds": round(time.time() - began)}
                line |= {name: round(value / 50, 4) for name, value in sums.items()}
                sums = {}
                if step % 250 == 0 or step == arguments.steps:
                    line |= judge(model, stem, work / "cache", group, device, limit=4)
                save_state(state, model, optimizer, step)
                print(json.dumps(line), file=log, flush=True)
                print(line, flush=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="the folder tiny-imagenet-200")
    parser.add_argument("--work", default="work")
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    work = Path(arguments.work)
    model = train(arguments, work, arguments.device)
    update({f"vit.{name}": tensor for name, tensor in model.state_dict().items()}, vit_metadata(json.dumps(SCENE_LABELS)))
    if arguments.steps:
        plot_log(work / "train_vit.jsonl", work / "train_vit.png")


if __name__ == "__main__":
    main()
