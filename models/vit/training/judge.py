"""Figures on held-out pictures: `python judge.py --data .../tiny-imagenet-200 --work work --pictures DIR`.

Held-out shards with an even number are for calibration, those with an odd number for the figures printed here.
"""

import argparse
import csv
import json
import random
from pathlib import Path

import numpy as np
import torch

from files import load_stem, names_file, read, weights_file
from hybrid import GRID, HybridViT
from pictures import COLLAGE, GROUPS, NOTHING, RENDERED, SCENE_LABELS, SINGLE, collage, crop_centre, open_rgb, stretch, to_input
from shards import read_shard, shard_paths, tiny_classes

THIRDS = torch.arange(GRID * GRID) % GRID // (GRID // 3)  # left, middle, right of each cell


def thirds_of(cell_logits):
    """The classifier of a third of the frame is that of its mean, as the stem's is of the whole: [n, 3, 1000]."""
    means = [cell_logits[:, THIRDS == third].mean(1) for third in range(3)]
    return torch.stack(means, 1).softmax(-1)


@torch.inference_mode()
def outputs(model, stem, cells):
    """Class logits of stem and hybrid, probabilities of the thirds [n, 3, 1000], scene logits."""
    class_feature, patch_features = model(cells)
    stem_cells = stem.classify(cells)
    stem_logits = stem_cells.mean(1)
    thirds = thirds_of(stem_cells + model.patch_head(patch_features))
    before = thirds_of(stem_cells)
    logits = stem_logits + model.class_head(class_feature)
    return {
        "stem": stem_logits, "hybrid": logits, "thirds": thirds, "stem_thirds": before,
        "scene": model.scene_head(class_feature),
    }  # fmt: skip


@torch.inference_mode()
def collect(model, stem, cache, device, parity, limit=None):
    """The outputs for all held-out shards whose number has this parity."""
    model.eval()
    found = []
    paths = [path for path in shard_paths(cache, "val") if int(path.stem[-4:]) % 2 == parity][:limit]
    for path in paths:
        cells, truth = read_shard(path, device)
        for part, rows in zip(cells.split(64), truth.split(64), strict=True):
            found.append(outputs(model, stem, part.float()) | {"truth": rows})
    return {name: torch.cat([part[name] for part in found]) for name in found[0]}


def place_scores(out):
    """Which of the two is on the left, which on the right? The share of right answers on collages, per way of looking."""
    rows = out["truth"][:, 0] == COLLAGE
    result = {}
    for name in ("thirds", "stem_thirds"):
        thirds, truth = out[name][rows], out["truth"][rows]
        n = torch.arange(len(truth))
        left_is_left = thirds[n, 0, truth[:, 1]] > thirds[n, 2, truth[:, 1]]
        right_is_right = thirds[n, 2, truth[:, 2]] > thirds[n, 0, truth[:, 2]]
        result[name] = torch.cat([left_is_left, right_is_right]).float().mean().item()
    return result


def presence(out, group, rng, name="thirds"):
    """(score, is there) for one class in the picture and one that is not, of every photo and collage."""
    truth = out["truth"]
    rows = torch.nonzero((truth[:, 0] == COLLAGE) | (truth[:, 0] == SINGLE))[:, 0].tolist()
    probabilities = torch.cat([out[name], out["hybrid" if name == "thirds" else "stem"].softmax(-1)[:, None]], 1)
    best = probabilities.amax(1)
    pairs = []
    for row in rows:
        inside = {truth[row, 1].item(), truth[row, 2].item()}
        absent = rng.choice([c for c in group if c not in inside])
        pairs += [(best[row, rng.choice(sorted(inside))].item(), 1), (best[row, absent].item(), 0)]
    return np.array(pairs)


def best_threshold(pairs):
    """The score from which on "yes" is right most often."""
    scores = np.sort(pairs[:, 0])
    candidates = scores[:: max(1, len(scores) // 400)]
    rights = [((pairs[:, 0] >= c) == pairs[:, 1]).mean() for c in candidates]
    return float(candidates[int(np.argmax(rights))])


def scene_scores(out):
    result = {}
    for name, labels in GROUPS.items():
        places = [SCENE_LABELS.index(label) for label in labels]
        rows = out["truth"][:, 0] == (NOTHING if name == "state" else RENDERED)
        truth = out["truth"][rows][:, 3:][:, places].argmax(1)
        result[name] = (out["scene"][rows][:, places].argmax(1) == truth).float().mean().item()
    ordinary = (out["truth"][:, 0] == SINGLE) | (out["truth"][:, 0] == COLLAGE)
    result["false_state"] = (out["scene"][ordinary][:, : len(GROUPS["state"])] > 0).any(1).float().mean().item()
    return result


def judge(model, stem, cache, group, device, limit=None):
    out = collect(model, stem, cache, device, 1, limit)
    single = out["truth"][:, 0] == SINGLE
    label = out["truth"][single, 1]
    result = {}
    for name in ("stem", "hybrid"):
        logits = out[name][single]
        result[f"{name}_top1"] = (logits.argmax(1) == label).float().mean().item()
        result[f"{name}_top1_of_200"] = (group[logits[:, group].argmax(1)] == label).float().mean().item()
    places = place_scores(out)
    result |= {"left_right": places["thirds"], "stem_left_right": places["stem_thirds"]}
    classes = group.tolist()
    calibration = collect(model, stem, cache, device, 0, limit)
    for name in ("thirds", "stem_thirds"):
        fitted = best_threshold(presence(calibration, classes, random.Random(1), name))
        pairs = presence(out, classes, random.Random(2), name)
        result["is_there" if name == "thirds" else "stem_is_there"] = ((pairs[:, 0] >= fitted) == pairs[:, 1]).mean()
    result |= scene_scores(out)
    return {name: round(float(value), 4) for name, value in result.items()} | {"photos": int(single.sum())}


def load_hybrid():
    tensors, _ = read(weights_file())
    model = HybridViT(len(SCENE_LABELS))
    model.load_state_dict({name[4:]: tensor for name, tensor in tensors.items() if name.startswith("vit.")})
    return model.eval()


@torch.inference_mode()
def judge_pictures(model, stem, folder, group):
    """Sharp photos: top-1 of stem and hybrid, centre-cropped as published and stretched; then collages of them."""
    index = {c["wnid"]: i for i, c in enumerate(json.loads(names_file().read_text()))}
    with open(Path(folder) / "labels.csv") as lines:
        files = [(Path(folder) / row["file"], index[row["wnid"]]) for row in csv.DictReader(lines)]
    rng, result = random.Random(3), {}
    images, labels = [open_rgb(path) for path, _ in files], torch.tensor([label for _, label in files])
    known = torch.isin(labels, group)
    for way, prepare in (("cropped", crop_centre), ("stretched", stretch)):
        out = run([prepare(image) for image in images], model, stem)
        for name in ("stem", "hybrid"):
            right = out[name].argmax(1) == labels
            result[f"{way}_{name}"] = right.float().mean().item()
            result[f"{way}_{name}_unlabelled"] = right[~known].float().mean().item()
    pairs = [rng.sample(range(len(files)), 2) for _ in range(120)]
    out = run([collage(stretch(images[a]), stretch(images[b]), rng) for a, b in pairs], model, stem)
    truth = torch.tensor([[COLLAGE, labels[a], labels[b]] for a, b in pairs])
    out["truth"] = truth
    places = place_scores(out)
    result |= {"collage_left_right": places["thirds"], "collage_stem_left_right": places["stem_thirds"]}
    for name in ("thirds", "stem_thirds"):
        scores = presence(out, labels.tolist(), random.Random(4), name)
        result[f"collage_is_there_{name}"] = balanced_halves(scores)
    return result


def balanced_halves(pairs):
    """Threshold fitted on one half and judged on the other, both ways."""
    halves = pairs[: len(pairs) // 2], pairs[len(pairs) // 2 :]
    rights = [
        ((judged[:, 0] >= best_threshold(fitted)) == judged[:, 1]).mean()
        for fitted, judged in (halves, halves[::-1])
    ]
    return float(np.mean(rights))


def run(images, model, stem):
    found = []
    for start in range(0, len(images), 10):
        x = torch.from_numpy(to_input(images[start : start + 10]))
        found.append(outputs(model, stem, stem(x).flatten(2).transpose(1, 2)))
    return {name: torch.cat([part[name] for part in found]) for name in found[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", default="work")
    parser.add_argument("--pictures", required=True, help="a folder with labels.csv (file, wnid, names)")
    arguments = parser.parse_args()
    model, stem, group = load_hybrid(), load_stem(), torch.tensor(tiny_classes(arguments.data))
    result = judge(model, stem, Path(arguments.work) / "cache", group, "cpu")
    result["pictures"] = judge_pictures(model, stem, arguments.pictures, group)
    print(json.dumps(result, indent=1))
    (Path(arguments.work) / "judge.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
