"""Curves of a training log."""

import json

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


def plot_log(log, image):
    lines = [json.loads(line) for line in open(log)]
    names = [name for name in dict.fromkeys(k for line in lines for k in line) if name not in ("step", "seconds")]
    columns = 4
    rows = -(-len(names) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(4 * columns, 2.6 * rows), squeeze=False)
    for axis, name in zip(axes.flat, names, strict=False):
        points = [(line["step"], line[name]) for line in lines if name in line]
        axis.plot(*zip(*points, strict=True))
        axis.set_title(name, fontsize=9)
    figure.tight_layout()
    figure.savefig(image, dpi=70)
