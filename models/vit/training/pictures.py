"""The pictures of the training: Tiny-ImageNet, collages of it, rendered shapes, frames of nothing.

Every picture is an RGB PIL image of 260 x 260 with a truth: the class on its left and right side (equal for
a photo of one thing, -1 for none) and the scene labels (1 yes, 0 no, -1 not known).
"""

import csv
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from stem import INPUT_SIZE as SIZE

STATES = ["dark", "blank", "blurred", "covered", "noise"]
COLOURS = {
    "red": (205, 30, 35), "orange": (245, 140, 25), "yellow": (245, 220, 40), "green": (40, 150, 60),
    "blue": (35, 75, 200), "purple": (125, 45, 160), "pink": (245, 130, 180), "brown": (115, 70, 35),
    "black": (18, 18, 18), "white": (245, 245, 245), "gray": (130, 130, 130),
}  # fmt: skip
SHAPES = ["circle", "square", "triangle", "star"]
COUNTS = ["one", "two", "three", "four", "five or more"]
SCENE_LABELS = STATES + list(COLOURS) + SHAPES + COUNTS
GROUPS = {"state": STATES, "colour": list(COLOURS), "shape": SHAPES, "count": COUNTS}

SINGLE, COLLAGE, RENDERED, NOTHING = range(4)


class Truth:
    """What is in a picture; all of it as integers, to be stored beside its features."""

    def __init__(self, kind, left=-1, right=-1, scene=None):
        self.kind, self.left, self.right = kind, left, right
        self.scene = np.full(len(SCENE_LABELS), -1, np.int8)
        for name, value in (scene or {}).items():
            self.scene[SCENE_LABELS.index(name)] = value

    def row(self):
        return np.concatenate([[self.kind, self.left, self.right], self.scene]).astype(np.int16)


def no(names):
    return dict.fromkeys(names, 0)


class TinyImageNet:
    """`root`: the folder tiny-imagenet-200; `wnids`: the 1,000 WordNet ids in index order."""

    def __init__(self, root, wnids):
        root, index = Path(root), {wnid: i for i, wnid in enumerate(wnids)}
        self.classes = sorted(index[w] for w in (root / "wnids.txt").read_text().split())
        self.train = sorted(
            (path, index[path.parts[-3]]) for path in (root / "train").glob("n*/images/*.JPEG")
        )
        with open(root / "val" / "val_annotations.txt") as lines:
            self.val = [
                (root / "val" / "images" / row[0], index[row[1]]) for row in csv.reader(lines, delimiter="\t")
            ]


def open_rgb(path):
    return Image.open(path).convert("RGB")


def crop_centre(image, size=SIZE):
    """The published evaluation: short side to size / 0.875, then the centre."""
    scale = int(size / 0.875) / min(image.size)
    image = image.resize([round(side * scale) for side in image.size], Image.BICUBIC)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    return image.crop((left, top, left + size, top + size))


def stretch(image, size=(SIZE, SIZE)):
    return image.resize(size, Image.BICUBIC)


def photo(image, rng, augment):
    """A photo of one thing; in training a random crop of at least half of it, flipped half of the time."""
    if not augment:
        return stretch(image)
    side = image.width * rng.uniform(0.7, 1.0)
    width, height = min(side * rng.uniform(0.9, 1.1), image.width), min(side * rng.uniform(0.9, 1.1), image.height)
    x, y = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
    image = image.resize((SIZE, SIZE), Image.BICUBIC, box=(x, y, x + width, y + height))
    return image.transpose(Image.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else image


def collage(left, right, rng):
    """Two pictures side by side, each squeezed, or whole with a border, or its middle."""
    half = SIZE // 2
    canvas = Image.new("RGB", (SIZE, SIZE), rng.choice([(0, 0, 0), (127, 127, 127), (255, 255, 255)]))
    style = rng.choice(["squeezed", "whole", "middle"])
    for x, image in ((0, left), (half, right)):
        if style == "squeezed":
            canvas.paste(stretch(image, (half, SIZE)), (x, 0))
        elif style == "whole":
            canvas.paste(stretch(image, (half, half)), (x, half // 2))
        else:
            canvas.paste(stretch(image).crop((half // 2, 0, half // 2 + half, SIZE)), (x, 0))
    return canvas


def jitter(colour, rng, amount=18):
    return tuple(int(np.clip(c + rng.uniform(-amount, amount), 0, 255)) for c in colour)


def speckle(image, rng, sigma):
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, sigma, (SIZE, SIZE, 3))
    return Image.fromarray(np.clip(np.asarray(image, np.float32) + noise, 0, 255).astype(np.uint8))


def gradient(first, second, rng):
    """A plain wall in uneven light: from one colour to the other along a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE - 0.5
    t = np.clip((x * np.cos(angle) + y * np.sin(angle)) + 0.5, 0, 1)[..., None]
    return Image.fromarray((np.array(first) * (1 - t) + np.array(second) * t).astype(np.uint8))


def outline(shape, x, y, radius, turn):
    """The corners of a square, triangle or star around (x, y)."""
    corners = {"square": 4, "triangle": 3, "star": 10}[shape]
    angles = turn + 2 * np.pi * np.arange(corners) / corners
    radii = np.where(np.arange(corners) % 2, 0.42, 1.0) * radius if shape == "star" else np.full(corners, radius)
    return [(float(x + r * np.sin(a)), float(y - r * np.cos(a))) for a, r in zip(angles, radii, strict=True)]


def rendered(background, rng):
    """One to seven things of one shape and colour on a plain wall or a blurred photo."""
    colour, shape, count = rng.choice(list(COLOURS)), rng.choice(SHAPES), rng.choice([1, 2, 3, 4, 5, 6, 7])
    wall = rng.choice([name for name in COLOURS if name != colour])
    if background is None or colour in ("black", "gray"):
        image = gradient(jitter(COLOURS[wall], rng), jitter(COLOURS[wall], rng), rng)
    else:
        image = background.filter(ImageFilter.GaussianBlur(rng.uniform(4, 12)))
    draw, placed, radius = ImageDraw.Draw(image), [], rng.uniform(0.6, 1.0) * (75 if count == 1 else 95 / count**0.5)
    fill = jitter(COLOURS[colour], rng)
    for _ in range(400):
        x, y = (rng.uniform(radius, SIZE - radius) for _ in "xy")
        if all((x - a) ** 2 + (y - b) ** 2 > (2.1 * radius) ** 2 for a, b in placed):
            placed.append((x, y))
            if shape == "circle":
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
            else:
                turn = np.pi / 4 if shape == "square" else 0.0
                draw.polygon(outline(shape, x, y, radius, turn + rng.uniform(-0.25, 0.25)), fill=fill)
        if len(placed) == count:
            break
    scene = no(SCENE_LABELS) | {colour: 1, shape: 1, COUNTS[min(len(placed), 5) - 1]: 1}
    return speckle(image, rng, rng.uniform(0, 8)), Truth(RENDERED, scene=scene)


def nothing(image, rng):
    """A frame of nothing: too dark, a blank wall, out of focus, a finger on the lens, or static."""
    state = rng.choice(STATES)
    colour = jitter(COLOURS[rng.choice(list(COLOURS))], rng)
    if state == "dark":
        image = Image.fromarray((np.asarray(image, np.float32) * rng.choice([0, 0.02, 0.05, 0.08])).astype(np.uint8))
        image = speckle(image, rng, rng.uniform(0, 6))
    elif state == "blank":
        colour = tuple(max(c, 60) for c in colour)
        image = speckle(gradient(colour, jitter(colour, rng, 40), rng), rng, rng.uniform(0, 6))
    elif state == "blurred":
        image = speckle(image.filter(ImageFilter.GaussianBlur(rng.uniform(9, 22))), rng, rng.uniform(0, 4))
    elif state == "covered":
        skin = (rng.uniform(25, 110), rng.uniform(4, 35), rng.uniform(0, 25))
        image = speckle(gradient(skin, [c * rng.uniform(0.2, 0.8) for c in skin], rng), rng, rng.uniform(0, 8))
    else:
        image = speckle(Image.new("RGB", (SIZE, SIZE), (127, 127, 127)), rng, rng.uniform(50, 110))
    return image, Truth(NOTHING, scene=no(STATES) | no(SHAPES) | no(COUNTS) | {state: 1})


def make(items, number, seed, augment):
    """Picture `number` of a split: a function of the seed and the number alone, so that work can be resumed."""
    rng = random.Random(f"{seed}/{number}")
    share = rng.random()
    path, label = items[(number * 31337 + seed) % len(items)]  # the lists are sorted: a prime stride mixes them
    image = open_rgb(path)
    if share < 0.45:
        return photo(image, rng, augment), Truth(SINGLE, label, label, no(STATES))
    if share < 0.72:
        other, second = path, label
        while second == label:
            other, second = items[rng.randrange(len(items))]
        sides = photo(image, rng, augment), photo(open_rgb(other), rng, augment)
        return collage(*sides, rng), Truth(COLLAGE, label, second, no(STATES))
    if share < 0.90:
        return rendered(photo(image, rng, augment) if rng.random() < 0.5 else None, rng)
    return nothing(photo(image, rng, augment), rng)


def to_input(images):
    """PIL images -> float32 [n, 3, 260, 260], (value - 127) / 128."""
    array = np.stack([np.asarray(image, np.float32) for image in images])
    return np.ascontiguousarray(((array - 127) / 128).transpose(0, 3, 1, 2))
