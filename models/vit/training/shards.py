"""Reading the cached features."""

import json
from pathlib import Path

import numpy as np
import torch

from files import names_file


def tiny_classes(data):
    """The indices among the 1,000 classes of Tiny-ImageNet's, sorted."""
    index = {c["wnid"]: i for i, c in enumerate(json.loads(names_file().read_text()))}
    return sorted(index[wnid] for wnid in set((Path(data) / "wnids.txt").read_text().split()))


def shard_paths(cache, split):
    return [path for path in sorted(cache.glob(f"{split}-????.npy"))]


def read_shard(path, device):
    """-> cells [256, 81, 1280] fp16, truth rows [256, 3 + labels]"""
    cells = torch.from_numpy(np.load(path)).to(device)
    truth = torch.from_numpy(np.load(path.with_suffix(".truth.npy"))).long().to(device)
    return cells, truth


def batches(cache, split, size, seed, device):
    """One pass over what is cached, in another order for every seed."""
    rng = np.random.default_rng(seed)
    for path in rng.permutation(shard_paths(cache, split)):
        cells, truth = read_shard(Path(path), device)
        order = torch.from_numpy(rng.permutation(len(cells))).to(device)
        for rows in order.split(size):
            yield cells[rows].float(), truth[rows]
