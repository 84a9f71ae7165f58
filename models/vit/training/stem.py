"""EfficientNet-Lite2 with its batch norms folded in: the frozen convolutional stem of the hybrid ViT.

Tan and Le 2019 (EfficientNet); the Lite variants drop squeeze-and-excitation and use ReLU6.
Input [n, 3, 260, 260] RGB, (value - 127) / 128; output feature map [n, 1280, 9, 9].
"""

import json

import torch
from torch import nn
from torch.nn import functional as F

INPUT_SIZE = 260
FEATURES = 1280
GRID = 9

# (kernel, stride) of each inverted residual block; channels follow from the weights, and a block has a
# residual exactly where its stride is 1 and its channels stay the same.
STAGES = [(3, 1, 1), (3, 2, 3), (5, 2, 3), (3, 2, 4), (5, 1, 4), (5, 2, 5), (3, 1, 1)]  # kernel, first stride, repeats
BLOCKS = [
    {"kernel": kernel, "stride": stride if i == 0 else 1}
    for kernel, stride, repeats in STAGES
    for i in range(repeats)
]


def same_padding(x, kernel, stride):
    """TensorFlow's "same" padding: the odd pixel goes to the right and the bottom."""
    pads = []
    for size in (x.shape[3], x.shape[2]):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads) if any(pads) else x


class Stem(nn.Module):
    """The stem, its parameters in a flat dictionary under the names of the weights file."""

    def __init__(self, tensors, blocks=None):
        super().__init__()
        self.blocks = blocks or BLOCKS
        for name, tensor in tensors.items():
            self.register_buffer(name.replace(".", "/"), tensor)

    def tensor(self, name):
        return self._buffers.get(name.replace(".", "/"))

    def convolve(self, x, name, kernel=1, stride=1, groups=1):
        weight, bias = self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")
        return F.conv2d(same_padding(x, kernel, stride), weight, bias, stride=stride, groups=groups)

    def forward(self, x):
        x = F.relu6(self.convolve(x, "stem.conv", kernel=3, stride=2))
        for i, block in enumerate(self.blocks):
            x = self.block(x, f"stem.blocks.{i}", **block)
        return F.relu6(self.convolve(x, "stem.head"))

    def block(self, x, name, kernel, stride):
        y = x
        if self.tensor(f"{name}.expand.weight") is not None:
            y = F.relu6(self.convolve(y, f"{name}.expand"))
        y = F.relu6(self.convolve(y, f"{name}.depthwise", kernel=kernel, stride=stride, groups=y.shape[1]))
        y = self.convolve(y, f"{name}.project")
        return x + y if y.shape == x.shape else y

    def classify(self, cells):
        """The published classifier on features [..., 1280]: a mean gives logits, a cell its class activation."""
        return F.linear(cells, self.tensor("stem.classifier.weight"), self.tensor("stem.classifier.bias"))


def fold(weight, state, norm, epsilon=1e-3):
    """A convolution without bias followed by a batch norm is a convolution with bias."""
    scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + epsilon)
    bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
    return weight * scale[:, None, None, None], bias


def fold_state(state):
    """The published state dictionary -> the tensors of the weights file, fp32."""
    tensors = {}

    def put(name, convolution, norm):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = fold(state[f"{convolution}.weight"], state, norm)

    put("stem.conv", "_conv_stem", "_bn0")
    for i in range(len(BLOCKS)):
        block = f"_blocks.{i}"
        if f"{block}._expand_conv.weight" in state:
            put(f"stem.blocks.{i}.expand", f"{block}._expand_conv", f"{block}._bn0")
        put(f"stem.blocks.{i}.depthwise", f"{block}._depthwise_conv", f"{block}._bn1")
        put(f"stem.blocks.{i}.project", f"{block}._project_conv", f"{block}._bn2")
    put("stem.head", "_conv_head", "_bn1")
    tensors["stem.classifier.weight"] = state["_fc.weight"]
    tensors["stem.classifier.bias"] = state["_fc.bias"]
    return tensors


def stem_metadata():
    return {"stem.blocks": json.dumps(BLOCKS), "stem.input_size": str(INPUT_SIZE)}
