"""Pictures of one digit with what surrounds it, and what a reader's imaging makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.digit import PreparedDigit, centre_digit, prepare_leniently
from digit_ocr.synthesis import clutter
from digit_ocr.synthesis.glyphs import GlyphSource, Writer
from digit_ocr.synthesis.not_digits import LEAST_UPRIGHT, draw_no_digit
from digit_ocr.synthesis.paper import photograph
from digit_ocr.synthesis.restyle import change_thickness
from digit_ocr.synthesis.scenes import draw_scene

Ink = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

NO_DIGIT = 10
NO_DIGIT_SHARE = 0.16
SCENE_SHARE = 0.35
"""Of the pictures without a digit, the photos of something else than writing."""
SCENE_SIDES = (24.0, 128.0)
"""Their shortest and longest side in pixels."""
PICTURES_PER_WRITER = 8

RING_SHARE = 0.12
"""Of digits in wide pictures, cells and lines of writing, those in a ring drawn around them."""

THICK_SHARE = 0.15
"""Of tight crops, those of a digit whose strokes have run."""

LEAST_INK_SHARE = 0.75
"""Share of the ink that imaging must have found; the bar of a 5 may be missing, no more."""

LEAST_LIKENESS = 0.7
"""Correlation of the prepared picture with the ink alone: below, it shows something else."""

ALL_INK_SHARE = 0.3
"""Of the pictures of which imaging leaves out some ink, those that are learned from with it: the
reader looks at both."""

LEAST_PROMINENCE = 0.6
"""Longer side of a digit in that of all ink around it, from which it is learned there."""


@dataclass(frozen=True)
class Picture:
    """A picture of one digit: grey (H, W) uint8; label 0..9, or 10 for no digit.

    `ink` (H, W) float32 is that of the digit (or of what is none) alone; `box` is where it lies:
    left, top, right, bottom. `is_scene`: it is a photo of something else, whatever is found in it.
    """

    grey: Grey
    label: int
    box: tuple[int, int, int, int]
    ink: Ink
    is_scene: bool = False


@dataclass(frozen=True)
class DigitPictures:
    """images: (n, 28, 28) uint8, ink 255 on paper 0, as MNIST; labels: (n,) int64 0..10."""

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]


def compose_digits(
    count: int,
    seed: int,
    source: GlyphSource,
    strength: float = 1.0,
    no_digit_share: float = NO_DIGIT_SHARE,
) -> DigitPictures:
    """Return `count` composed pictures as the reader's imaging hands them to a model.

    A picture is left out, and another made, where imaging finds nothing or something else than
    what the label means; in some all ink is seen, as the reader sees it too.
    """
    rng = np.random.default_rng(seed)
    images = np.empty((count, 28, 28), np.uint8)
    labels = np.empty(count, np.int64)
    pictures = generate_pictures(rng, source, strength, no_digit_share)
    done = 0
    while done < count:
        picture = next(pictures)
        try:
            prepared = prepare_leniently(picture.grey)
        except NoDigitFound:
            continue
        seen = learned_from(prepared, picture, rng)
        if seen is None:
            continue
        images[done] = np.round(seen.image * 255).astype(np.uint8)
        labels[done] = picture.label
        done += 1
    return DigitPictures(images, labels)


def generate_pictures(
    rng: np.random.Generator, source: GlyphSource, strength: float, no_digit_share: float
) -> Iterator[Picture]:
    """Yield composed pictures without end, a few by each writer."""
    while True:
        writer = source.writer(rng)
        for _ in range(PICTURES_PER_WRITER):
            yield _compose(rng, writer, strength, no_digit_share)


def learned_from(
    prepared: PreparedDigit, picture: Picture, rng: np.random.Generator
) -> PreparedDigit | None:
    """Return what a model learns of a picture, None where that is not what its label means."""
    ways = [way for way in (prepared, prepared.all_ink) if way is not None]
    if picture.is_scene:
        way = ways[int(rng.integers(len(ways)))]
        left, top, right, bottom = way.box
        return None if bottom - top > LEAST_UPRIGHT * (right - left) else way
    if not prepared.is_doubtful and prepared.all_ink is not None and rng.random() < ALL_INK_SHARE:
        ways.reverse()
        if holds(ways[0], picture):
            return ways[0]
    for way in ways:
        if shows(way, picture):
            return way
    if prepared.is_doubtful:
        return None
    # What hangs together with a frame or a neighbour has no other way to be seen.
    return next((way for way in ways if holds(way, picture)), None)


def holds(prepared: PreparedDigit, picture: Picture) -> bool:
    """Return whether imaging has found most of the ink that the label is for, large among other."""
    prominence = _longer_side(picture.box) / _longer_side(prepared.box)
    return prominence >= LEAST_PROMINENCE and _has_most_of(prepared, picture)


def _has_most_of(prepared: PreparedDigit, picture: Picture) -> bool:
    left, top, right, bottom = prepared.box
    inside = picture.ink[top:bottom, left:right]
    return float(inside.sum()) >= LEAST_INK_SHARE * float(picture.ink.sum())


def _longer_side(box: tuple[int, int, int, int]) -> int:
    left, top, right, bottom = box
    return max(right - left, bottom - top)


def shows(prepared: PreparedDigit, picture: Picture) -> bool:
    """Return whether imaging has found most of the ink that the label is for, and little else."""
    if not _has_most_of(prepared, picture):
        return False
    left, top, right, bottom = prepared.box
    inside = picture.ink[top:bottom, left:right]
    return likeness(prepared.image, centre_digit(inside)) >= LEAST_LIKENESS


def likeness(first: Ink, second: Ink) -> float:
    """Return the correlation of two pictures (28, 28), a little blurred, -1 to 1."""
    first, second = (cv2.GaussianBlur(image, (0, 0), 1.0) for image in (first, second))
    first, second = first - first.mean(), second - second.mean()
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float((first * second).sum()) / size if size > 0 else 0.0


def _compose(
    rng: np.random.Generator, writer: Writer, strength: float, no_digit_share: float
) -> Picture:
    if rng.random() < no_digit_share:
        if rng.random() < SCENE_SHARE:
            return _scene(rng, strength)
        label, glyph = NO_DIGIT, draw_no_digit(rng, writer)
    else:
        label = int(rng.integers(10))
        glyph = writer.digit(label, rng)
    size = float(np.exp(rng.uniform(np.log(10), np.log(84))))
    if rng.random() < 0.12:
        size = float(rng.uniform(9, 17))
    size *= float(rng.uniform(0.85, 1.1)) / max(1.0, glyph.shape[1] / glyph.shape[0])
    glyph = clutter.scale_to(glyph, max(8.0, size), float(np.exp(rng.normal(0, 0.08))))
    chance = rng.random()
    if chance < 0.28:
        return _tight(rng, glyph, label, strength)
    if chance < 0.5:
        return _alone(rng, glyph, label, strength)
    if chance < 0.75:
        return _in_cell(rng, writer, glyph, label, strength)
    return _in_writing(rng, writer, glyph, label, strength)


def _scene(rng: np.random.Generator, strength: float) -> Picture:
    """Return a photo of something else."""
    height, width = (int(np.exp(rng.uniform(*np.log(SCENE_SIDES)))) for _ in range(2))
    ink = draw_scene(height, height if rng.random() < 0.5 else width, rng)
    grey = photograph(ink, rng, strength * rng.uniform(0, 0.8), None, one_bit=rng.random() < 0.04)
    return Picture(grey, NO_DIGIT, (0, 0, ink.shape[1], ink.shape[0]), ink, is_scene=True)


def _tight(rng: np.random.Generator, glyph: Ink, label: int, strength: float) -> Picture:
    """Return a crop that ends where the ink ends, or nearly; sometimes squeezed to a square."""
    if label != NO_DIGIT and rng.random() < THICK_SHARE:
        # Small scans of broad pens, in which the rings of 0s and 8s are nearly filled.
        glyph = change_thickness(glyph, rng.uniform(0.02, 0.07) * glyph.shape[0])
    margins = rng.integers(0, 3, 4) if rng.random() < 0.5 else np.zeros(4, np.int64)
    top, bottom, left, right = (int(margin) for margin in margins)
    if rng.random() < 0.35:
        side = int(rng.choice([16, 20, 24, 28, 32, 32, 40, 64]))
        glyph = _stretched(rng, glyph, max(6, side - left - right), max(6, side - top - bottom))
    height, width = glyph.shape
    ink = np.pad(glyph, ((top, bottom), (left, right)))
    if rng.random() < 0.5:
        side = max(ink.shape)
        spare_x, spare_y = side - ink.shape[1], side - ink.shape[0]
        ink = np.pad(
            ink, ((spare_y // 2, spare_y - spare_y // 2), (spare_x // 2, spare_x - spare_x // 2))
        )
        left, top = left + spare_x // 2, top + spare_y // 2
    box = (left, top, left + width, top + height)
    one_bit = bool(rng.random() < 0.5)
    inverted = bool(rng.random() < 0.35)
    grey = photograph(ink, rng, strength * rng.uniform(0, 0.8), inverted, one_bit)
    return Picture(grey, label, box, ink)


def _stretched(rng: np.random.Generator, glyph: Ink, width: int, height: int) -> Ink:
    """Return the digit stretched to a size, as data sets are that let go of proportions.

    Narrow digits are stretched less: a 1 stays a bar, if sometimes a stout one, and now and then
    a block.
    """
    narrow = glyph.shape[1] / glyph.shape[0]
    if narrow < 0.45 and rng.random() < 0.15:
        width = max(3, round(min(width, height * rng.uniform(0.4, 0.65))))
    elif narrow < 0.45:
        width = max(2, round(width * min(0.5, narrow * rng.uniform(1.0, 2.5))))
    if rng.random() < 0.4:
        # Few pixels made many: edges become steps.
        coarse_height = max(8, min(height, round(height * rng.uniform(0.5, 1.0))))
        coarse_width = max(2, min(width, round(coarse_height * max(narrow, 0.2))))
        coarse = cv2.resize(glyph, (coarse_width, coarse_height), interpolation=cv2.INTER_AREA)
        bits = (coarse > rng.uniform(0.25, 0.5)).astype(np.float32)
        if bits.any():
            return np.asarray(
                cv2.resize(bits, (width, height), interpolation=cv2.INTER_NEAREST), np.float32
            )
    return np.asarray(cv2.resize(glyph, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _alone(rng: np.random.Generator, glyph: Ink, label: int, strength: float) -> Picture:
    """Return a digit anywhere in an empty picture, small or large in it, with a dot or two."""
    height, width = glyph.shape
    side = max(height, width) / rng.uniform(0.25, 0.9)
    canvas = np.zeros((round(side * rng.uniform(0.9, 1.1)) + 2, round(side) + 2), np.float32)
    left, top = _place(rng, canvas, glyph, spread=0.6)
    # A scanner shows faint pencil on clean paper; a camera's noise would drown it.
    faint_scan = rng.random() < 0.25
    level = float(rng.uniform(0.12, 0.5)) if faint_scan else _pen_level(rng)
    box = _boxed(clutter.paste(canvas, glyph, left, top, level))
    ink = canvas.copy()
    if rng.random() < 0.3:
        clutter.dots(canvas, rng, height, level, int(rng.integers(1, 4)))
    if rng.random() < 0.15:
        clutter.box_corners(canvas, rng, _around(rng, box, height), height, rng.uniform(0.2, 1))
    if rng.random() < RING_SHARE:
        clutter.ring(canvas, rng, box, height)
    inverted = bool(rng.random() < 0.2)
    own_strength = strength * rng.uniform(0, 0.2 if faint_scan else 1.0)
    return Picture(photograph(canvas, rng, own_strength, inverted), label, box, ink)


def _in_cell(
    rng: np.random.Generator, writer: Writer, glyph: Ink, label: int, strength: float
) -> Picture:
    """Return a digit in a cell of a form, table or puzzle whose borders the crop may show."""
    height, width = glyph.shape
    reach = max(height, width)
    canvas_height = round(reach * rng.uniform(1.1, 1.9)) + 4
    canvas_width = round(max(width * 1.15, reach * rng.uniform(0.85, 1.9))) + 4
    canvas = np.zeros((canvas_height, canvas_width), np.float32)
    left, top = _place(rng, canvas, glyph, spread=0.45)
    level = _pen_level(rng)
    box = _boxed(clutter.paste(canvas, glyph, left, top, level))
    ink = canvas.copy()
    cell = _around(rng, box, height)
    if rng.random() < RING_SHARE / 2:
        clutter.ring(canvas, rng, box, height)
    border_level = rng.uniform(0.25, 1.0)
    clutter.cell_borders(canvas, rng, cell, height, border_level)
    if rng.random() < 0.2:
        clutter.dots(canvas, rng, height, border_level, int(rng.integers(1, 4)))
    if rng.random() < 0.2:
        # A puzzle's candidates: small, faint digits in the cell's upper corners.
        for x in (cell[0] + 0.12 * height, cell[2] - 0.4 * height):
            if rng.random() < 0.6:
                small = clutter.scale_to(writer.digit(int(rng.integers(10)), rng), 0.28 * height)
                y = cell[1] + rng.uniform(0.03, 0.2) * height
                clutter.paste(canvas, small, x, y, level * rng.uniform(0.15, 0.6))
    return Picture(photograph(canvas, rng, strength * rng.uniform(0.2, 1), None), label, box, ink)


def _in_writing(
    rng: np.random.Generator, writer: Writer, glyph: Ink, label: int, strength: float
) -> Picture:
    """Return a digit cut from a line of writing: neighbours, rules, underlines reach in."""
    height, width = glyph.shape
    canvas_height = round(height * rng.uniform(1.05, 1.6)) + 2
    canvas_width = round(width + height * rng.uniform(0.1, 1.0)) + 2
    canvas = np.zeros((canvas_height, canvas_width), np.float32)
    left, top = _place(rng, canvas, glyph, spread=0.35)
    level = _pen_level(rng)
    box = _boxed(clutter.paste(canvas, glyph, left, top, level))
    ink = canvas.copy()
    if rng.random() < 0.65:

        def neighbour() -> Ink:
            if rng.random() < 0.2:
                return writer.letter(rng)
            return writer.digit(int(rng.integers(10)), rng)

        clutter.cut_neighbours(canvas, rng, neighbour, box, height, level * rng.uniform(0.7, 1.1))
    if rng.random() < RING_SHARE:
        clutter.ring(canvas, rng, box, height)
    if rng.random() < 0.4:
        y = box[3] + rng.normal(0, 0.12) * height if rng.random() < 0.75 else None
        clutter.ruled_lines(canvas, rng, height, rng.uniform(0.12, 0.8), y)
    if rng.random() < 0.1:
        clutter.underline(canvas, rng, box, height, level)
    if rng.random() < 0.1:
        clutter.smear(canvas, rng, height, rng.uniform(0.05, 0.25) * level)
    if rng.random() < 0.08:
        clutter.specks(canvas, rng, 0.004)
    return Picture(photograph(canvas, rng, strength * rng.uniform(0.2, 1), None), label, box, ink)


def _pen_level(rng: np.random.Generator) -> float:
    """Return how dark the pen is beside printed lines."""
    return float(rng.uniform(0.25, 0.6) if rng.random() < 0.2 else rng.uniform(0.6, 1.0))


def _place(rng: np.random.Generator, canvas: Ink, glyph: Ink, spread: float) -> tuple[float, float]:
    """Return the left and top edge of the glyph near the canvas's middle, all of it inside."""
    spare_y, spare_x = canvas.shape[0] - glyph.shape[0], canvas.shape[1] - glyph.shape[1]
    left = spare_x * float(np.clip(rng.normal(0.5, spread / 2), 0, 1))
    top = spare_y * float(np.clip(rng.normal(0.5, spread / 2), 0, 1))
    return left, top


def _around(
    rng: np.random.Generator, box: tuple[int, int, int, int], unit: float
) -> tuple[float, float, float, float]:
    """Return a cell around the digit at any distance; a side may touch or cut the digit a bit."""
    left, top, right, bottom = (unit * float(rng.uniform(-0.04, 0.45)) for _ in range(4))
    return (box[0] - left, box[1] - top, box[2] + right, box[3] + bottom)


def _boxed(box: clutter.Box) -> tuple[int, int, int, int]:
    return (int(box[0]), int(box[1]), int(box[2]), int(box[3]))
