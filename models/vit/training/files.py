"""Where the weights lie, and reading and writing them (safetensors, fp16, configuration in its metadata)."""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from stem import Stem

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"


def weights_file():
    return WEIGHTS / "hybrid-vit.safetensors"


def names_file():
    return WEIGHTS / "imagenet-names.json"


def read(path):
    """-> (tensors fp32, metadata)"""
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name).float() for name in file.keys()}, dict(file.metadata() or {})


def write(path, tensors, metadata):
    """Everything as fp16, under a temporary name first: a reader never sees half a file."""
    temporary = Path(f"{path}.part")
    halves = {name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in sorted(tensors.items())}
    save_file(halves, temporary, {key: str(value) for key, value in metadata.items()})
    temporary.chmod(0o644)
    temporary.rename(path)


def update(tensors, metadata):
    """Replaces the tensors and metadata of the weights file that share the first word of a name with new ones."""
    old, old_metadata = read(weights_file()) if weights_file().exists() else ({}, {})
    replaced = {name.split(".")[0] for name in tensors}
    kept = {name: tensor for name, tensor in old.items() if name.split(".")[0] not in replaced}
    write(weights_file(), kept | tensors, old_metadata | metadata)


def load_stem():
    tensors, metadata = read(weights_file())
    stem = {name: tensor for name, tensor in tensors.items() if name.startswith("stem.")}
    return Stem(stem, json.loads(metadata["stem.blocks"])).eval()
