"""The hybrid ViT (Dosovitskiy et al. 2021, section 3.1): a small transformer over the stem's map as 81 patches.

Its heads add to the stem's own classifier and begin at zero, so training starts at the stem's accuracy.
Parameter names are those of the weights file without the leading "vit.".
"""

import torch
from torch import nn
from torch.nn import functional as F

from stem import FEATURES, GRID

HIDDEN, LAYERS, HEADS, MLP, EPSILON, CLASSES = 256, 4, 4, 4, 1e-6, 1000
PATCHES = GRID * GRID


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(HIDDEN, HIDDEN) for _ in range(4))

    def forward(self, x):
        n, tokens, _ = x.shape
        q, k, v = (
            f(x).view(n, tokens, HEADS, HIDDEN // HEADS).transpose(1, 2) for f in (self.query, self.key, self.value)
        )
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.output(mixed.transpose(1, 2).reshape(n, tokens, HIDDEN))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.up, self.down = nn.Linear(HIDDEN, MLP * HIDDEN), nn.Linear(MLP * HIDDEN, HIDDEN)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class Block(nn.Module):
    def __init__(self, drop):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(HIDDEN, EPSILON), nn.LayerNorm(HIDDEN, EPSILON)
        self.attention, self.mlp, self.drop = Attention(), Mlp(), nn.Dropout(drop)

    def forward(self, x):
        x = x + self.drop(self.attention(self.norm1(x)))
        return x + self.drop(self.mlp(self.norm2(x)))


class HybridViT(nn.Module):
    def __init__(self, scene_labels, drop=0.1):
        super().__init__()
        self.patch = nn.Linear(FEATURES, HIDDEN)
        self.class_token = nn.Parameter(torch.zeros(HIDDEN))
        self.positions = nn.Parameter(torch.randn(1 + PATCHES, HIDDEN) * 0.02)
        self.blocks = nn.ModuleList(Block(drop) for _ in range(LAYERS))
        self.norm = nn.LayerNorm(HIDDEN, EPSILON)
        self.class_head, self.patch_head = nn.Linear(HIDDEN, CLASSES), nn.Linear(HIDDEN, CLASSES)
        self.scene_head = nn.Linear(HIDDEN, scene_labels)
        for head in (self.class_head, self.patch_head):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def forward(self, cells):
        """The stem's map as cells [n, 81, 1280] -> class feature [n, 256], patch features [n, 81, 256]."""
        first = self.class_token.expand(len(cells), 1, HIDDEN)
        x = torch.cat([first.to(cells.dtype), self.patch(cells)], 1) + self.positions
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return x[:, 0], x[:, 1:]


def vit_metadata(scene_labels_json):
    return {
        "vit.hidden": HIDDEN,
        "vit.layers": LAYERS,
        "vit.heads": HEADS,
        "vit.norm_epsilon": EPSILON,
        "vit.scene_labels": scene_labels_json,
    }
