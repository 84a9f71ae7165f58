"""How sure is sure? `python calibrate.py --data .../tiny-imagenet-200 --work work`.

Fits the temperature (by likelihood) on held-out photos of even shards, then the confidence from which on a name
may be said: at most one in ten of the photos gets a wrong name. Where no name is sure enough, a kind may be
("a dog"): the sum of its classes' probabilities. Judged on the odd shards. Both are written to the weights file.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from matplotlib import pyplot

from files import load_stem, names_file, update
from judge import collect, load_hybrid
from pictures import SINGLE
from shards import tiny_classes


def fit_temperature(logits, labels):
    temperatures = torch.linspace(0.4, 3.0, 131)
    costs = [torch.nn.functional.cross_entropy(logits / t, labels).item() for t in temperatures]
    return temperatures[int(np.argmin(costs))].item()


def kinds_matrix(classes):
    """-> names of the kinds that at least two classes have, and membership [1000, kinds]."""
    kinds = sorted({kind for c in classes for kind in c["kinds"]})
    matrix = torch.tensor([[float(kind in c["kinds"]) for kind in kinds] for c in classes])
    useful = (matrix.sum(0) > 1).nonzero()[:, 0]
    return [kinds[i] for i in useful], matrix[:, useful]


def said(probabilities, labels, threshold, membership):
    """Shares of photos with the right name said, a wrong name, a right kind, a wrong kind, "not sure"."""
    best, choice = probabilities.max(1)
    named = best >= threshold
    totals = probabilities @ membership
    # The narrowest kind that is sure enough: of few classes.
    narrow = torch.where(totals >= threshold, membership.sum(0), torch.inf)
    size, kind = narrow.min(1)
    kinded = ~named & torch.isfinite(size)
    right_kind = membership[labels, kind] > 0
    right = choice == labels
    shares = [named & right, named & ~right, kinded & right_kind, kinded & ~right_kind, ~named & ~kinded]
    return [share.float().mean().item() for share in shares]


def curve(probabilities, labels, membership):
    return [(t, *said(probabilities, labels, t, membership)) for t in np.arange(0.1, 0.96, 0.05)]


def fit_threshold(probabilities, labels, allowed=0.1):
    """The lowest confidence at which at most `allowed` of all photos are given a wrong name."""
    best, choice = probabilities.max(1)
    order = best.argsort(descending=True)
    wrong = (choice != labels)[order].float().cumsum(0) / len(best)
    fine = (wrong <= allowed).nonzero()[:, 0]
    return best[order[fine[-1]]].item()


def plot(points, image):
    points = np.array(points)
    pyplot.figure(figsize=(6, 4))
    names = ["right name", "wrong name", "right kind", "wrong kind", "not sure"]
    pyplot.stackplot(points[:, 0], points[:, 1:].T, labels=names, colors=["#2a7", "#c33", "#9d8", "#e99", "#ccc"])
    pyplot.xlabel("confidence asked for")
    pyplot.ylabel("share of held-out photos")
    pyplot.legend(fontsize=8)
    pyplot.tight_layout()
    pyplot.savefig(image, dpi=80)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", default="work")
    arguments = parser.parse_args()
    work, model, stem = Path(arguments.work), load_hybrid(), load_stem()
    classes = json.loads(names_file().read_text())
    assert tiny_classes(arguments.data)
    _, membership = kinds_matrix(classes)
    sets = []
    for parity in (0, 1):
        out = collect(model, stem, work / "cache", "cpu", parity)
        photos = out["truth"][:, 0] == SINGLE
        sets.append((out["hybrid"][photos], out["truth"][photos, 1]))
    (logits, labels), (judged_logits, judged_labels) = sets
    temperature = fit_temperature(logits, labels)
    threshold = fit_threshold((logits / temperature).softmax(1), labels)
    judged = (judged_logits / temperature).softmax(1)
    points = curve(judged, judged_labels, membership)
    at_threshold = said(judged, judged_labels, threshold, membership)
    confidence, choice = judged.max(1)
    bins = [(confidence >= low) & (confidence < low + 0.1) for low in np.arange(0, 1, 0.1)]
    gaps = [
        b.float().mean() * ((choice == judged_labels)[b].float().mean() - confidence[b].mean()).abs()
        for b in bins
        if b.any()
    ]
    result = {
        "temperature": temperature,
        "threshold": threshold,
        "calibration_error": round(float(sum(gaps)), 4),
        "shares_at_threshold": dict(zip(["right_name", "wrong_name", "right_kind", "wrong_kind", "not_sure"], at_threshold, strict=True)),
        "curve": [[round(float(v), 3) for v in point] for point in points],
    }  # fmt: skip
    print(json.dumps(result, indent=1))
    (work / "calibrate.json").write_text(json.dumps(result, indent=1) + "\n")
    plot(points, work / "calibrate.png")
    update({"calibration.temperature": torch.tensor([temperature])}, {"calibration.threshold": round(threshold, 4)})


if __name__ == "__main__":
    main()
