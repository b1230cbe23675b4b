"""Digits made harder in fifteen named ways at five strengths, in the manner of MNIST-C.

Mu and Gilmer 2019, "MNIST-C: A Robustness Benchmark for Computer Vision"; the strengths are ours.
Each corruption takes ink (n, 28, 28) float32, 1 on paper 0, and a level, and returns the same kind.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Ink = NDArray[np.float32]
Floats = NDArray[np.float64]
Generator = np.random.Generator

STRENGTHS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Corruption:
    """One way to spoil a picture: `levels` holds its parameter at strengths 1 to 5."""

    apply: Callable[[Ink, float, Generator], Ink]
    levels: tuple[float, float, float, float, float]
    unit: str

    @property
    def describe(self) -> str:
        """The levels and what they measure, such as `6 – 30 degrees`."""
        return f"{self.levels[0]:g} – {self.levels[-1]:g} {self.unit}"


def corrupt(
    images: NDArray[np.uint8], name: str, strength: int, seed: int = 0
) -> NDArray[np.uint8]:
    """Return images (n, 28, 28) uint8, ink 255 on paper 0, spoilt by one of CORRUPTIONS.

    Each name and strength draws from its own generator: the same pictures, whatever else is run.
    """
    corruption = CORRUPTIONS[name]
    rng = np.random.default_rng([seed, list(CORRUPTIONS).index(name), strength])
    ink = np.divide(images, 255, dtype=np.float32)
    return _as_grey(corruption.apply(ink, corruption.levels[strength - 1], rng))


def rotate(ink: Ink, degrees: float, rng: Generator) -> Ink:
    """Return each picture turned by so many degrees, to either side."""
    angles = np.radians(degrees) * _signs(rng, len(ink))
    cosine, sine = np.cos(angles), np.sin(angles)
    matrices: Floats = np.stack([cosine, -sine, sine, cosine], axis=1).reshape(-1, 2, 2)
    return warp(ink, matrices)


def shrink(ink: Ink, factor: float, rng: Generator) -> Ink:
    """Return each picture's digit at `factor` times its size."""
    return warp(ink, np.tile(np.eye(2) / factor, (len(ink), 1, 1)))


def shift(ink: Ink, pixels: float, rng: Generator) -> Ink:
    """Return each picture moved by so many pixels in any direction."""
    angles = rng.uniform(0, 2 * np.pi, len(ink))
    offsets = pixels * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return warp(ink, np.tile(np.eye(2), (len(ink), 1, 1)), offsets)


def shear(ink: Ink, amount: float, rng: Generator) -> Ink:
    """Return each picture slanted to either side by `amount` pixels a row."""
    matrices = np.tile(np.eye(2), (len(ink), 1, 1))
    matrices[:, 1, 0] = amount * _signs(rng, len(ink))
    return warp(ink, matrices)


def change_stroke_width(ink: Ink, pixels: float, rng: Generator) -> Ink:
    """Return each picture's strokes thicker, or half as much thinner, by about `pixels` a side."""
    thicker = rng.random(len(ink)) < 0.5
    result = np.empty_like(ink)
    result[thicker] = _grow(ink[thicker], pixels)
    result[~thicker] = 1 - _grow(1 - ink[~thicker], pixels / 2)
    return result


def add_noise(ink: Ink, deviation: float, rng: Generator) -> Ink:
    """Return the pictures with normal noise of that standard deviation."""
    return ink + rng.normal(0, deviation, ink.shape).astype(np.float32)


def blur(ink: Ink, sigma: float, rng: Generator) -> Ink:
    """Return the pictures blurred by a Gaussian of `sigma` pixels."""
    reach = math.ceil(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    for axis in (1, 2):
        offsets = [(step, 0) if axis == 1 else (0, step) for step in range(-reach, reach + 1)]
        ink = _weighted_sum(ink, offsets, kernel / kernel.sum())
    return ink


def blur_motion(ink: Ink, length: float, rng: Generator) -> Ink:
    """Return each picture smeared over `length` pixels along one of eight directions."""
    result = np.empty_like(ink)
    directions = rng.integers(0, 8, len(ink))
    steps = np.linspace(-length / 2, length / 2, int(length) + 1)
    for direction in range(8):
        angle = math.pi * direction / 8
        offsets = [(round(s * math.sin(angle)), round(s * math.cos(angle))) for s in steps]
        chosen = directions == direction
        weights = np.full(len(steps), 1 / len(steps))
        result[chosen] = _weighted_sum(ink[chosen], offsets, weights)
    return result


def lower_resolution(ink: Ink, pixels: float, rng: Generator) -> Ink:
    """Return the pictures as if taken only `pixels` wide and high, then enlarged again."""
    height, width = ink.shape[1:]
    small = (int(pixels), int(pixels))

    def lower(picture: Image.Image) -> Image.Image:
        less = picture.resize(small, Image.Resampling.BOX)
        return less.resize((width, height), Image.Resampling.BILINEAR)

    return _by_pillow(ink, lower)


def lower_contrast(ink: Ink, contrast: float, rng: Generator) -> Ink:
    """Return the pictures with ink and paper only `contrast` apart, around mid grey."""
    return (0.5 + (ink - 0.5) * contrast).astype(np.float32)


def compress(ink: Ink, quality: float, rng: Generator) -> Ink:
    """Return the pictures after JPEG at that quality (1 to 95)."""

    def through_jpeg(picture: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=int(quality))
        return Image.open(buffer)

    return _by_pillow(ink, through_jpeg)


def cast_shadow(ink: Ink, darkness: float, rng: Generator) -> Ink:
    """Return each picture with a soft-edged shadow over about half of it; 1 would be black."""
    rows, columns = _centred_grid(ink)
    angles = rng.uniform(0, 2 * np.pi, (len(ink), 1, 1))
    edge = rng.uniform(-4, 4, (len(ink), 1, 1))
    distance = rows * np.sin(angles) + columns * np.cos(angles) - edge
    light = 1 - darkness / (1 + np.exp(-distance))
    return (1 - (1 - ink) * light).astype(np.float32)


def rule_lines(ink: Ink, darkness: float, rng: Generator) -> Ink:
    """Return each picture with one to three thin ruled lines across it, level or upright."""
    result = ink.copy()
    for picture in result:
        lines = picture if rng.random() < 0.5 else picture.T
        for position in rng.integers(1, len(lines) - 1, rng.integers(1, 4)):
            lines[position] = np.maximum(lines[position], darkness)
    return result


def occlude(ink: Ink, pixels: float, rng: Generator) -> Ink:
    """Return each picture with a bare square of paper, so many pixels wide, over the digit."""
    side, size = int(pixels), ink.shape[1]
    result = ink.copy()
    corners = rng.integers(4, size - 4 - side + 1, (len(ink), 2))
    for picture, (top, left) in zip(result, corners, strict=True):
        picture[top : top + side, left : left + side] = 0
    return result


def invert(ink: Ink, contrast: float, rng: Generator) -> Ink:
    """Return the pictures with ink and paper swapped, `contrast` apart."""
    return lower_contrast(1 - ink, contrast, rng)


CORRUPTIONS: dict[str, Corruption] = {
    "rotation": Corruption(rotate, (6, 12, 18, 24, 30), "degrees"),
    "scale": Corruption(shrink, (0.85, 0.7, 0.6, 0.5, 0.4), "of its size"),
    "shift": Corruption(shift, (1, 2, 3, 4, 5), "pixels"),
    "shear": Corruption(shear, (0.1, 0.2, 0.3, 0.4, 0.5), "pixels a row"),
    "stroke width": Corruption(change_stroke_width, (0.4, 0.8, 1.2, 1.6, 2.0), "pixels a side"),
    "noise": Corruption(add_noise, (0.1, 0.2, 0.3, 0.4, 0.5), "standard deviation"),
    "blur": Corruption(blur, (0.6, 1.0, 1.4, 1.8, 2.2), "pixels sigma"),
    "motion blur": Corruption(blur_motion, (3, 5, 7, 9, 11), "pixels"),
    "low resolution": Corruption(lower_resolution, (18, 14, 11, 9, 7), "pixels across"),
    "contrast": Corruption(lower_contrast, (0.6, 0.4, 0.25, 0.15, 0.08), "of the range"),
    "JPEG": Corruption(compress, (20, 10, 5, 2, 1), "quality"),
    "shadow": Corruption(cast_shadow, (0.25, 0.4, 0.55, 0.7, 0.85), "darkness"),
    "ruled lines": Corruption(rule_lines, (0.2, 0.4, 0.6, 0.8, 1.0), "darkness"),
    "occlusion": Corruption(occlude, (4, 6, 8, 10, 12), "pixels"),
    "inversion": Corruption(invert, (1.0, 0.8, 0.6, 0.4, 0.2), "of the range"),
}


def warp(ink: Ink, matrices: Floats, offsets: Floats | None = None) -> Ink:
    """Return each picture resampled bilinearly, paper outside.

    `matrices` (n, 2, 2) take an (x, y) of the result, from the centre, to one of the source;
    `offsets` (n, 2) then move the result by so many pixels.
    """
    size = ink.shape[1]
    rows, columns = _centred_grid(ink)
    if offsets is None:
        offsets = np.zeros((len(ink), 2))
    x = columns - offsets[:, 0, None, None]
    y = rows - offsets[:, 1, None, None]
    centre = (size - 1) / 2
    source_x = matrices[:, 0, 0, None, None] * x + matrices[:, 1, 0, None, None] * y + centre
    source_y = matrices[:, 0, 1, None, None] * x + matrices[:, 1, 1, None, None] * y + centre
    # One pixel of paper around: whatever lies outside clamps to it.
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    source_x, source_y = (np.clip(s + 1, 0, size + 0.999) for s in (source_x, source_y))
    left, top = source_x.astype(np.intp), source_y.astype(np.intp)
    right_share, bottom_share = source_x - left, source_y - top
    picture = np.arange(len(ink))[:, None, None]
    upper: Floats = padded[picture, top, left] * (1 - right_share)
    upper += padded[picture, top, left + 1] * right_share
    lower = padded[picture, top + 1, left] * (1 - right_share)
    lower += padded[picture, top + 1, left + 1] * right_share
    upper += (lower - upper) * bottom_share
    return upper.astype(np.float32)


def _centred_grid(ink: Ink) -> tuple[Floats, Floats]:
    size = ink.shape[1]
    axis = np.arange(size) - (size - 1) / 2
    return axis[None, :, None], axis[None, None, :]


def _signs(rng: Generator, count: int) -> Floats:
    return np.where(rng.random(count) < 0.5, -1.0, 1.0)


def _grow(ink: Ink, pixels: float) -> Ink:
    """Return the brightest of each cross-shaped neighbourhood; a fraction of a pixel blends."""
    while pixels > 0 and len(ink):
        padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)), mode="edge")
        grown = np.maximum(padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
        grown = np.maximum.reduce([ink, grown, padded[:, :-2, 1:-1], padded[:, 2:, 1:-1]])
        ink = ink + np.float32(min(1.0, pixels)) * (grown - ink)
        pixels -= 1
    return ink


def _weighted_sum(ink: Ink, offsets: list[tuple[int, int]], weights: Floats) -> Ink:
    reach = max(max(abs(row), abs(column)) for row, column in offsets)
    size = ink.shape[1]
    padded = np.pad(ink, ((0, 0), (reach, reach), (reach, reach)))
    total = np.zeros_like(ink)
    for (row, column), weight in zip(offsets, weights, strict=True):
        top, left = reach + row, reach + column
        total += np.float32(weight) * padded[:, top : top + size, left : left + size]
    return total


def _by_pillow(ink: Ink, change: Callable[[Image.Image], Image.Image]) -> Ink:
    result = ink.copy()
    for place, picture in zip(result, _as_grey(ink), strict=True):
        place[:] = np.asarray(change(Image.fromarray(picture)), np.float32) / 255
    return result


def _as_grey(ink: Ink) -> NDArray[np.uint8]:
    return np.rint(np.clip(ink, 0, 1) * 255).astype(np.uint8)
