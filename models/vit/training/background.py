"""What ordinary photos look like to the stem: `python background.py --work work`.

Taught things (`antiphon models fit-projector`) are told from everything else, of which their teacher brings no pictures. So
128 of the training photos' features go with the encoder, and the mean and deviation of all, which features are standardised by.
"""

import argparse
from pathlib import Path

import torch

from files import WEIGHTS, write
from pictures import COLLAGE, SINGLE
from shards import read_shard, shard_paths

PHOTOS, SHARDS = 128, 3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", default="work")
    arguments = parser.parse_args()
    means = []
    for path in shard_paths(Path(arguments.work) / "cache", "train")[:SHARDS]:
        cells, truth = read_shard(path, "cpu")
        photos = (truth[:, 0] == SINGLE) | (truth[:, 0] == COLLAGE)
        means.append(cells[photos].float().mean(1))
    features = torch.cat(means)
    kept = torch.randperm(len(features), generator=torch.Generator().manual_seed(1))[:PHOTOS]
    tensors = {"background.features": features[kept], "background.mean": features.mean(0), "background.deviation": features.std(0)}
    write(WEIGHTS / "background.safetensors", tensors, {})
    print(len(features), "photos, kept", len(kept))


if __name__ == "__main__":
    main()
