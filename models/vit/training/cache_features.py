"""Run the frozen stem once and keep its feature maps: `python cache_features.py --data .../tiny-imagenet-200`.

Writes shards of 256 pictures to --work/cache: `train-0007.npy` float16 [256, 81, 1280] and the truth rows
beside it (`train-0007.truth.npy`). A shard that exists is kept, so the command can be stopped and started again.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from files import load_stem, names_file
from pictures import TinyImageNet, make, to_input

SHARD, BATCH = 256, 16
SEEDS = {"train": 1, "val": 2}


def stem_for(device):
    """bf16 with channels last: on CPUs with AMX and on GPUs two to four times as fast as fp32."""
    stem = load_stem().to(device, torch.bfloat16)
    for name, tensor in stem.named_buffers():
        if tensor.dim() == 4:
            stem.register_buffer(name, tensor.contiguous(memory_format=torch.channels_last))
    return stem


@torch.inference_mode()
def features(stem, images, device):
    x = torch.from_numpy(to_input(images)).to(device, torch.bfloat16).contiguous(memory_format=torch.channels_last)
    return stem(x).flatten(2).transpose(1, 2).half().cpu().numpy()


def write_shard(path, split, shard, data, stem, device):
    items = data.train if split == "train" else data.val
    maps, truths = [], []
    for start in range(shard * SHARD, (shard + 1) * SHARD, BATCH):
        made = [make(items, n, SEEDS[split], split == "train") for n in range(start, start + BATCH)]
        maps.append(features(stem, [image for image, _ in made], device))
        truths += [truth.row() for _, truth in made]
    np.save(path.with_suffix(".truth.npy"), np.stack(truths))
    temporary = path.with_suffix(".part.npy")
    np.save(temporary, np.concatenate(maps))
    temporary.rename(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", default="work")
    parser.add_argument("--train-shards", type=int, default=72)
    parser.add_argument("--val-shards", type=int, default=24)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    cache = Path(arguments.work) / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    data = TinyImageNet(arguments.data, [c["wnid"] for c in json.loads(names_file().read_text())])
    stem = stem_for(arguments.device)
    # Both splits grow together, so that training and judging can begin on what is there.
    steps = [("val", i, (i + 0.5) / arguments.val_shards) for i in range(arguments.val_shards)]
    steps += [("train", i, (i + 0.5) / arguments.train_shards) for i in range(arguments.train_shards)]
    for split, shard, _ in sorted(steps, key=lambda step: step[2]):
        path, began = cache / f"{split}-{shard:04d}.npy", time.time()
        if not path.exists():
            write_shard(path, split, shard, data, stem, arguments.device)
            print(path.name, f"{SHARD / (time.time() - began):.1f} pictures/s", flush=True)


if __name__ == "__main__":
    main()
