"""The same picture as another camera, scanner or hand would have made it.

A few dozen real pictures hardly tell two readers apart: one line more or less is chance. Each of
them changed so little that nobody would read it otherwise shows how much of that was luck.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]
LARGE = 1_500_000
"""Pixels of the picture enlarged, as a camera makes it of a number that fills the view."""


def resized(picture: Grey, factor: float) -> Grey:
    height, width = picture.shape
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def large(picture: Grey) -> Grey:
    return resized(picture, (LARGE / picture.size) ** 0.5)


def compressed(picture: Grey) -> Grey:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=30)
    return np.asarray(Image.open(file))


def exposed(picture: Grey, gamma: float) -> Grey:
    return (255 * (picture / 255) ** gamma).astype(np.uint8)


def pale(picture: Grey) -> Grey:
    return (190 + 0.4 * (picture.astype(float) - 190)).clip(0, 255).astype(np.uint8)


def noisy(picture: Grey) -> Grey:
    noise = np.random.default_rng(1).normal(0, 12, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


def unevenly_lit(picture: Grey) -> Grey:
    """Half as bright at the left."""
    return (picture * np.linspace(0.5, 1, picture.shape[1])).astype(np.uint8)


def turned(picture: Grey, degrees: float) -> Grey:
    paper = int(np.median(picture))
    image = Image.fromarray(picture)
    return np.asarray(image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=paper))


def cut_closer(picture: Grey) -> Grey:
    """A twenty-fifth of its shorter side less on each side."""
    margin = round(0.04 * min(picture.shape))
    return picture[margin : picture.shape[0] - margin, margin : picture.shape[1] - margin]


def cut_wider(picture: Grey) -> Grey:
    return np.pad(picture, round(0.15 * min(picture.shape)), mode="edge")


CHANGES: dict[str, Callable[[Grey], Grey]] = {
    "at 0.5 of its size": lambda picture: resized(picture, 0.5),
    "at 0.7 of its size": lambda picture: resized(picture, 0.7),
    "at 0.85 of its size": lambda picture: resized(picture, 0.85),
    "at 1.2 times its size": lambda picture: resized(picture, 1.2),
    "at 1.6 times its size": lambda picture: resized(picture, 1.6),
    "at 1.5 megapixels": large,
    "JPEG, quality 30": compressed,
    "overexposed": lambda picture: exposed(picture, 0.5),
    "underexposed": lambda picture: exposed(picture, 2.0),
    "pale": pale,
    "noisy": noisy,
    "unevenly lit": unevenly_lit,
    "negative": lambda picture: 255 - picture,
    "turned by 3 degrees": lambda picture: turned(picture, 3),
    "turned by -3 degrees": lambda picture: turned(picture, -3),
    "turned by 8 degrees": lambda picture: turned(picture, 8),
    "cut closer": cut_closer,
    "cut wider": cut_wider,
}


def in_all_ways(picture: Grey) -> list[Grey]:
    """Return the picture (H, W) uint8 changed in each of the ways."""
    return [change(picture) for change in CHANGES.values()]
