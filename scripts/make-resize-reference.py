"""Writes test/fixtures/vision/resize.json: a small random picture and what Pillow makes of it, for vision/resize.ts."""

import json
import pathlib

import numpy
from PIL import Image

WIDTH, HEIGHT = 23, 17
SIZES = [(7, 5), (40, 31), (23, 6)]
KERNELS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}

target = pathlib.Path(__file__).parent.parent / "test/fixtures/vision/resize.json"
pixels = numpy.random.default_rng(7).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=numpy.uint8)
picture = Image.fromarray(pixels)
results = [
    {"kernel": name, "width": width, "height": height, "rgb": list(picture.resize((width, height), kernel).tobytes())}
    for name, kernel in KERNELS.items()
    for width, height in SIZES
]
reference = {"width": WIDTH, "height": HEIGHT, "rgb": list(picture.tobytes()), "results": results}
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(json.dumps(reference, separators=(",", ":")) + "\n")
