"""Ink that is no digit: letters, words, two digits, scribbles, lines, blots, fragments, noise."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from digit_ocr.synthesis.clutter import draw_line, paste, scale_to, scribble, smear, specks
from digit_ocr.synthesis.glyphs import Writer
from digit_ocr.synthesis.letters import (
    CLEARLY_NO_DIGIT,
    HELD_BACK_LETTERS,
    NO_DIGIT_IN_SCRIPT,
    WORD_CHARACTERS,
)
from digit_ocr.synthesis.paper import smooth_noise
from digit_ocr.synthesis.strokes import crop_tight

Ink = npt.NDArray[np.float32]

LEAST_UPRIGHT = 1.4
"""Height over width of a filled shape from which it may be a 1 in felt pen."""


def draw_no_digit(rng: np.random.Generator, writer: Writer) -> Ink:
    """Return ink that nobody reads as a digit, float32 0..1, usually about 64 pixels high."""
    names = list(_KINDS)
    chances = np.array([_KINDS[name][0] for name in names])
    name = names[int(rng.choice(len(names), p=chances / chances.sum()))]
    return _KINDS[name][1](rng, writer)


def _letter(rng: np.random.Generator, writer: Writer) -> Ink:
    if writer.source.held_back:
        return writer.letter(rng, HELD_BACK_LETTERS)
    return writer.letter(rng, NO_DIGIT_IN_SCRIPT if writer.kind == "hand" else CLEARLY_NO_DIGIT)


def _word(rng: np.random.Generator, writer: Writer) -> Ink:
    """Return two to four letters that touch."""
    canvas = np.zeros((80, 260), np.float32)
    x = 4.0
    for _ in range(int(rng.integers(2, 5))):
        glyph = scale_to(writer.letter(rng, WORD_CHARACTERS), rng.uniform(45, 64))
        paste(canvas, glyph, x, 70 - glyph.shape[0])
        x += glyph.shape[1] - rng.uniform(-3, 6)
    return canvas[:, : min(260, int(x) + 6)]


def draw_pair(rng: np.random.Generator, writer: Writer) -> Ink:
    """Return two digits that touch, or nearly: a number."""
    digits = rng.integers(0, 10, 2)
    while (digits == 1).all():
        # Which may be one digit: a 4, or a 0 that is open.
        digits = rng.integers(0, 10, 2)
    left, right = (scale_to(writer.digit(int(d), rng), rng.uniform(52, 64)) for d in digits)
    x = left.shape[1] + 4 - rng.uniform(-1, 8)
    width = round(x) + right.shape[1] + 4
    canvas = np.zeros((80, width), np.float32)
    for glyph, at in ((left, 4.0), (right, x)):
        paste(canvas, glyph, at, 70 + rng.normal(0, 1) - glyph.shape[0])
    return crop_tight(canvas)


def _scribble(rng: np.random.Generator, writer: Writer) -> Ink:
    canvas = np.zeros((90, 140), np.float32)
    scribble(canvas, rng, 70, 45, 64)
    return canvas


def _lines(rng: np.random.Generator, writer: Writer) -> Ink:
    """Return lines that cross or lie; none alone and upright, for that is a 1."""
    canvas = np.zeros((72, 72), np.float32)
    thickness = writer.style.pen * 64
    kind = rng.integers(4)
    if kind == 0:
        tilt = rng.uniform(-18, 18)
        draw_line(canvas, (2, 36 - tilt), (70, 36 + tilt), thickness)
    elif kind == 1:
        for at in rng.uniform(8, 64, 2):
            draw_line(canvas, (at, 0), (at + rng.normal(0, 3), 72), thickness)
            draw_line(canvas, (0, at), (72, at + rng.normal(0, 3)), thickness)
    elif kind == 2:
        for _ in range(int(rng.integers(3, 9))):
            ends = rng.uniform(0, 72, 4)
            draw_line(canvas, (ends[0], ends[1]), (ends[2], ends[3]), thickness)
    else:
        for y in np.linspace(10, 62, int(rng.integers(2, 5))):
            draw_line(canvas, (2, y), (70, y + rng.normal(0, 2)), thickness)
    return canvas


def _blot(rng: np.random.Generator, writer: Writer) -> Ink:
    canvas = np.zeros((72, 72), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        smear(canvas, rng, 64, rng.uniform(0.5, 1.0))
    return canvas


def _shape(rng: np.random.Generator, writer: Writer) -> Ink:
    """Return a filled shape with uneven edges, as an object in a photo leaves it.

    None is an upright bar: a broad pen writes a 1 so.
    """
    points = _corners(rng)
    while np.ptp(points[:, 1]) > LEAST_UPRIGHT * np.ptp(points[:, 0]):
        points = _corners(rng)
    mask = np.zeros((72, 72), np.uint8)
    cv2.fillPoly(mask, [points.astype(np.int32)], 255)
    ink = mask.astype(np.float32) / np.float32(255)
    if rng.random() < 0.5:
        noise = smooth_noise(72, 72, rng.uniform(2, 20), rng)
        ink *= np.clip(np.float32(0.7) + np.float32(0.3) * noise, 0, 1)
    return ink


def _shadow(rng: np.random.Generator, writer: Writer) -> Ink:
    """Return the edge of a shadow: all that lies beyond a line, or the corner beyond two."""
    y, x = np.mgrid[-1:1:72j, -1:1:72j]
    ink = np.ones((72, 72))
    for _ in range(1 if rng.random() < 0.7 else 2):
        angle, softness = rng.uniform(0, 2 * np.pi), rng.uniform(0.01, 0.15)
        beyond = (np.cos(angle) * x + np.sin(angle) * y - rng.uniform(-0.5, 0.6)) / softness
        ink *= 1 / (1 + np.exp(-beyond.clip(-30, 30)))
    return np.asarray(ink, np.float32)


def _noise(rng: np.random.Generator, writer: Writer) -> Ink:
    """Return what a sensor makes of next to no light: pixels that know nothing of each other."""
    return rng.normal(rng.uniform(0.1, 0.5), 0.25, (72, 72)).clip(0, 1).astype(np.float32)


def _corners(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return the corners (n, 2) of a polygon around the middle."""
    count = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    radii = rng.uniform(12, 34, count)
    return np.stack([36 + radii * np.cos(angles), 36 + radii * np.sin(angles)], axis=1)


def _texture(rng: np.random.Generator, writer: Writer) -> Ink:
    """Return a texture whose dark places are of any size: cloth, wood, foliage, noise."""
    noise = smooth_noise(72, 72, float(np.exp(rng.uniform(0.3, 3.3))), rng)
    if rng.random() < 0.4:
        noise = noise + smooth_noise(72, 72, 3, rng)
    ink: Ink = np.clip(noise - rng.uniform(-0.3, 1.0), 0, 1).astype(np.float32)
    if rng.random() < 0.3:
        specks(ink, rng, 0.02)
    return ink


def _fragment(rng: np.random.Generator, writer: Writer) -> Ink:
    """Return the lower or upper third of a round digit: too little to tell which one."""
    glyph = writer.digit(int(rng.choice([0, 2, 3, 5, 6, 8])), rng)
    kept = max(3, round(glyph.shape[0] * rng.uniform(0.15, 0.33)))
    return glyph[:kept] if rng.random() < 0.5 else glyph[-kept:]


_KINDS: dict[str, tuple[float, Callable[[np.random.Generator, Writer], Ink]]] = {
    "letter": (0.5, _letter),
    "word": (0.1, _word),
    "pair": (0.12, draw_pair),
    "scribble": (0.1, _scribble),
    "lines": (0.09, _lines),
    "blot": (0.05, _blot),
    "shape": (0.05, _shape),
    "texture": (0.07, _texture),
    "fragment": (0.04, _fragment),
    "shadow": (0.04, _shadow),
    "noise": (0.03, _noise),
}
