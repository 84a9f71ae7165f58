"""Trains the head of manners on pooled features of Whisper's encoder: see README.md beside this file."""

import argparse
import collections
import json

import torch

MANNERS = ["near", "far", "backchannel", "stop", "noise"]


def manner_of(example):
    if example["kind"] == "noise":
        return "noise"
    if example["place"] != "near":
        return "far"
    return example["kind"] if example["kind"] in ("backchannel", "stop") else "near"


def load(path):
    with open(path) as file:
        examples = [json.loads(line) for line in file]
    features = torch.tensor([example["features"] for example in examples])
    labels = torch.tensor([MANNERS.index(manner_of(example)) for example in examples])
    return features, labels, examples


def fit(features, labels, decay):
    """Multinomial logistic regression, all manners weighing the same; weights for features as they come."""
    mean, deviation = features.mean(0), features.std(0) + 1e-3
    inputs = (features - mean) / deviation
    weights = torch.zeros(inputs.shape[1], len(MANNERS), requires_grad=True)
    biases = torch.zeros(len(MANNERS), requires_grad=True)
    balance = 1 / torch.bincount(labels, minlength=len(MANNERS)).float().clamp(min=1)
    optimizer = torch.optim.LBFGS([weights, biases], max_iter=300, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        scores = inputs @ weights + biases
        loss = torch.nn.functional.cross_entropy(scores, labels, weight=balance) + decay * weights.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    plain = (weights / deviation[:, None]).detach()
    return plain, (biases - mean @ plain).detach()


def recalls(scores, labels):
    right = scores.argmax(1) == labels
    shares = [right[labels == index].float().mean().item() for index in range(len(MANNERS))]
    return sum(shares) / len(shares), dict(zip(MANNERS, [round(share, 2) for share in shares]))


def leave_voices_out(features, labels, examples, decay):
    """Each voice judged by a head that never heard it; noises are dealt out evenly."""
    voices = sorted({example["voice"] for example in examples} - {"noise"})
    scores = torch.zeros(len(labels), len(MANNERS))
    dealt = [voices[index % len(voices)] if example["voice"] == "noise" else example["voice"]
             for index, example in enumerate(examples)]
    for voice in voices:
        held = torch.tensor([name == voice for name in dealt])
        weights, biases = fit(features[~held], labels[~held], decay)
        scores[held] = features[held] @ weights + biases
    return scores


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("known")
    parser.add_argument("held_out")
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--checkpoint", required=True, help="fingerprint of the checkpoint, as its graphs are named")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(2)
    features, labels, examples = load(options.known)
    other_features, other_labels, others = load(options.held_out)
    print("known", collections.Counter(map(manner_of, examples)), "held out", collections.Counter(map(manner_of, others)))
    for decay in (0.01, 0.03, 0.1, 0.3, 1.0):
        balanced, shares = recalls(leave_voices_out(features, labels, examples, decay), labels)
        print(f"decay {decay}: other voices, same words: balanced {balanced:.3f} {shares}")
    weights, biases = fit(features, labels, options.decay)
    scores = other_features @ weights + biases
    print("other voices, other words:", *recalls(scores, other_labels))
    for index, manner in enumerate(MANNERS):
        taken = scores.argmax(1)[other_labels == index]
        print(f"  {manner}: {dict(zip(MANNERS, torch.bincount(taken, minlength=len(MANNERS)).tolist()))}")
    head = {
        "checkpoint": options.checkpoint,
        "weights": [[float(f"{value:.4g}") for value in row] for row in weights.T.tolist()],
        "biases": [float(f"{value:.4g}") for value in biases.tolist()],
    }
    with open(options.out, "w") as file:
        json.dump(head, file, separators=(",", ":"))
        file.write("\n")


main()
