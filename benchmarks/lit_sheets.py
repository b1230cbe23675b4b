"""Drawn sheets of handwritten numbers: under a shadow, or on a desk darker than they are.

The digits are held back from training.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
LINES = 4
SIZES = ((800, 600), (1200, 900), (600, 900))
"""Width and height of a picture."""


def shadowed_sheets(
    images: Grey, labels: NDArray[np.int64], count: int
) -> Iterator[tuple[Grey, str]]:
    """Yield a sheet that fills the picture and has a shadow on it, and its lines joined by `|`.

    The shadow takes a quarter to three fifths of the light; its edge is 1 to 25 pixels wide.
    images: (n, 28, 28) digits to write with, light on dark; labels: (n,)
    """
    for index in range(count):
        rng = np.random.default_rng((81, index))
        size = SIZES[index % len(SIZES)]
        sheet, text = _written(size, images, labels, rng)
        y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
        x, y, middle = x / size[0], y / size[1], rng.uniform(0.25, 0.75, 2)
        shapes = (
            x < middle[0],
            x + y < 2 * middle[0],
            ((x - middle[0]) / 0.3) ** 2 + ((y - middle[1]) / 0.35) ** 2 < 1,
        )
        shadow = cv2.GaussianBlur(
            shapes[rng.integers(3)].astype(np.float32), (0, 0), rng.uniform(1, 25)
        )
        yield _taken(sheet * (1 - rng.uniform(0.25, 0.6) * shadow), rng), text


def sheets_on_desks(
    images: Grey, labels: NDArray[np.int64], count: int
) -> Iterator[tuple[Grey, str]]:
    """Yield a sheet on a desk about half as light or less, some of it out of view, likewise."""
    for index in range(count):
        rng = np.random.default_rng((82, index))
        width, height = SIZES[index % len(SIZES)]
        size = round(0.75 * width), round(0.75 * height)
        sheet, text = _written(size, images, labels, rng)
        corners = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32)
        angle = np.deg2rad(rng.uniform(-10, 10))
        turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
        seen = (corners - np.divide(size, 2)) @ turn + rng.uniform(-0.03, 0.03, (4, 2)) * size
        # The sheet's margins may be out of view, its writing not.
        room = np.divide((width, height), 2) - 0.4 * np.array(size)
        seen += np.divide((width, height), 2) + rng.uniform(-room, room)
        view = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
        desk = float(rng.uniform(15, 90))
        picture = cv2.warpPerspective(sheet, view, (width, height), borderValue=desk)
        yield _taken(picture, rng), text


def _written(
    size: tuple[int, int], images: Grey, labels: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.float32], str]:
    """Return a sheet (H, W) float32, a number of two to five digits on each line."""
    width, height = size
    ink, texts = np.zeros((height, width), np.float32), []
    side = round(0.12 * height)
    for line in range(LINES):
        chosen = rng.integers(0, len(images), rng.integers(2, 6))
        left = round(width * rng.uniform(0.12, 0.3))
        top = round(height * (0.12 + 0.2 * line))
        for place, digit in enumerate(chosen):
            x = left + round(0.72 * side * place)
            glyph = cv2.resize(images[digit], (side, side), interpolation=cv2.INTER_CUBIC)
            box = ink[top : top + side, x : x + side]
            np.maximum(box, glyph[:, : box.shape[1]] / np.float32(255), out=box)
        texts.append("".join(str(labels[digit]) for digit in chosen))
    paper, pen = rng.uniform(170, 240), rng.uniform(20, 100)
    return (paper + (pen - paper) * ink.clip(0, 1)).astype(np.float32), "|".join(texts)


def _taken(light: NDArray[np.float32], rng: np.random.Generator) -> Grey:
    """Return what a camera makes of it: a little noise, a little blur."""
    noisy = light + rng.normal(0, 4, light.shape)
    return cv2.GaussianBlur(noisy, (0, 0), 1.0).clip(0, 255).astype(np.uint8)
