"""Digits drawn as strokes: what one writer's hand and pen make of the shapes."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

import cv2
import numpy as np
import numpy.typing as npt

from digit_ocr.synthesis.arcs import Stroke
from digit_ocr.synthesis.digit_shapes import SHAPES
from digit_ocr.synthesis.digit_variants import VARIANTS

Ink = npt.NDArray[np.float32]

HEIGHT_PIXELS = 64
_SUPERSAMPLING = 3
_HABIT_NUMBERS = 24
_SAMPLES = 12

_t = np.linspace(0, 1, _SAMPLES, endpoint=False)
# Catmull and Rom 1974: the cubic through the middle two of four points.
_CURVE = 0.5 * np.stack(
    [
        -_t + 2 * _t**2 - _t**3,
        2 - 5 * _t**2 + 3 * _t**3,
        _t + 4 * _t**2 - 3 * _t**3,
        -(_t**2) + _t**3,
    ],
    axis=1,
)
_VARIANT_SHARES = [(list(table), list(accumulate(table.values()))) for table in VARIANTS]


@dataclass(frozen=True)
class WriterStyle:
    """One writer's hand and pen, and the writer's way of writing each digit."""

    slant: float
    aspect: float
    pen: float
    """Width of the stroke as a share of the digit's height."""
    pressure: float
    """How much the width changes along a stroke, 0 to 1."""
    taper: float
    """How thin the ends of a stroke become, 0 to 1."""
    roundness: float
    wobble: float
    variants: tuple[str, ...]
    """The variant of each digit 0..9."""
    habits: npt.NDArray[np.float64]
    """(10, 24) in 0..1: where this writer lies between the limits of each shape's numbers."""


def random_style(rng: np.random.Generator, pen: float | None = None) -> WriterStyle:
    """Return a new writer's style; `pen` sets the stroke width as a share of the height."""
    if pen is None:
        pen = float(np.exp(rng.uniform(np.log(0.03), np.log(0.15))))
    # Some write with the left hand, or upright letters that lean back.
    middle, spread = (-0.15, 0.12) if rng.random() < 0.15 else (0.12, 0.16)
    slant = float(np.clip(rng.normal(middle, spread), -0.4, 0.6))
    variants = tuple(_pick_variant(digit, rng) for digit in range(10))
    return WriterStyle(
        slant=slant,
        aspect=float(np.exp(rng.normal(0.0, 0.2))),
        pen=pen,
        pressure=float(rng.uniform(0, 0.5)) if rng.random() < 0.6 else 0.0,
        taper=float(rng.uniform(0, 0.7)) if rng.random() < 0.4 else 0.0,
        roundness=float(rng.uniform(0, 1) ** 1.5),
        wobble=float(rng.uniform(0.2, 1.0) ** 2),
        variants=variants,
        habits=rng.random((10, _HABIT_NUMBERS)),
    )


def draw_digit(digit: int, rng: np.random.Generator, style: WriterStyle | None = None) -> Ink:
    """Return the digit as this writer writes it.

    The ink is (about 64, width) float32, ink 1.0 on paper 0.0, cropped tight.
    """
    style = style or random_style(rng)
    variant = style.variants[digit]
    if rng.random() < 0.06:
        variant = _pick_variant(digit, rng)
    noise = rng.normal(0, 0.1, _HABIT_NUMBERS)
    numbers = iter(np.clip(style.habits[digit] + noise, 0, 1).tolist())

    def between(low: float, high: float) -> float:
        return low + (high - low) * float(next(numbers, 0.5))

    return draw_strokes(SHAPES[digit](variant, between), rng, style)


def draw_strokes(
    strokes: list[Stroke],
    rng: np.random.Generator,
    style: WriterStyle,
    height_pixels: int = HEIGHT_PIXELS,
) -> Ink:
    """Return strokes in unit coordinates as ink of one hand and pen, cropped tight, float32 0..1.

    A unit is `height_pixels` high.
    """
    paths = [_path(stroke, rng, style) for stroke in strokes]
    everything = np.concatenate(paths)
    pen = style.pen * float(np.exp(rng.normal(0, 0.06)))
    scale = height_pixels * _SUPERSAMPLING
    margin = pen * scale * 0.8 + 2 * _SUPERSAMPLING
    low = everything.min(axis=0) * scale - margin
    size = np.ceil(everything.max(axis=0) * scale + margin - low).astype(int)
    width, height = (-(-size // _SUPERSAMPLING) * _SUPERSAMPLING).tolist()
    canvas = np.zeros((height, width), np.uint8)
    for path in paths:
        _draw_path(canvas, path * scale - low, pen * scale, rng, style)
    if style.pen > 0.08 and style.habits[0, -1] < 0.2:
        canvas = _chisel(canvas, pen * scale, style)
    ink = cv2.resize(
        canvas, (width // _SUPERSAMPLING, height // _SUPERSAMPLING), interpolation=cv2.INTER_AREA
    )
    return crop_tight(ink.astype(np.float32) / 255)


def crop_tight(ink: Ink, threshold: float = 0.1) -> Ink:
    """Return the ink's bounding box; the picture itself where there is no ink."""
    marked = ink > threshold
    rows = np.flatnonzero(marked.any(axis=1))
    columns = np.flatnonzero(marked.any(axis=0))
    if rows.size == 0:
        return ink
    return np.ascontiguousarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _pick_variant(digit: int, rng: np.random.Generator) -> str:
    names, shares = _VARIANT_SHARES[digit]
    return names[bisect(shares, rng.random() * shares[-1])]


def _path(stroke: Stroke, rng: np.random.Generator, style: WriterStyle) -> npt.NDArray[np.float64]:
    """Return points (n, 2) along the stroke with the hand's unsteadiness, slant and aspect."""
    pieces = []
    previous_end = None
    for arc in stroke:
        points = np.array(arc, np.float64)
        points += rng.normal(0, 0.014 * style.wobble, points.shape)
        if previous_end is not None:
            points[0] = previous_end
        previous_end = points[-1]
        pieces.append(smooth_curve(points))
    path = np.concatenate(pieces)
    reach = round(1 + 8 * style.roundness)
    if len(path) > 4 * reach:
        path = _rounded(path, reach)
    x = (path[:, 0] - 0.3) * style.aspect - (path[:, 1] - 0.5) * style.slant
    return np.stack([x, path[:, 1]], axis=1)


def smooth_curve(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return samples (n, 2) of the smooth curve through the points (k, 2)."""
    first = 2 * points[0] - points[1]
    last = 2 * points[-1] - points[-2]
    extended = np.concatenate([first[None], points, last[None]])
    windows = np.stack([extended[i : i + len(points) - 1] for i in range(4)], axis=1)
    curve = np.einsum("tk,skc->stc", _CURVE, windows).reshape(-1, 2)
    return np.concatenate([curve, points[-1:]])


def _rounded(path: npt.NDArray[np.float64], reach: int) -> npt.NDArray[np.float64]:
    """Return the path with its corners rounded; its ends stay."""
    padded = np.concatenate([np.repeat(path[:1], reach, 0), path, np.repeat(path[-1:], reach, 0)])
    sums = np.cumsum(np.concatenate([np.zeros((1, 2)), padded]), axis=0)
    width = 2 * reach + 1
    smooth = (sums[width:] - sums[:-width]) / width
    smooth[0], smooth[-1] = path[0], path[-1]
    return np.asarray(smooth, np.float64)


def _draw_path(
    canvas: npt.NDArray[np.uint8],
    path: npt.NDArray[np.float64],
    pen_pixels: float,
    rng: np.random.Generator,
    style: WriterStyle,
) -> None:
    fixed = np.round(path * 16).astype(np.int32)
    width = max(1, round(pen_pixels))
    if (style.pressure == 0 and style.taper == 0) or len(path) < 8:
        cv2.polylines(canvas, [fixed.reshape(-1, 1, 2)], False, 255, width, cv2.LINE_8, 4)
        return
    along = np.linspace(0, 1, len(path))
    wave = np.sin(2 * np.pi * (along * rng.uniform(0.5, 1.6) + rng.random()))
    widths = 1 + 0.5 * style.pressure * wave
    ends = np.minimum(1, np.minimum(along, 1 - along) / 0.2)
    widths *= 1 - style.taper * (1 - ends) * 0.8
    widths_pixels = np.maximum(1, np.round(widths * pen_pixels)).astype(int)
    step = 5
    for i in range(0, len(fixed) - 1, step):
        piece = fixed[i : i + step + 1].reshape(-1, 1, 2)
        cv2.polylines(canvas, [piece], False, 255, int(widths_pixels[i]), cv2.LINE_8, 4)


def _chisel(
    canvas: npt.NDArray[np.uint8], pen_pixels: float, style: WriterStyle
) -> npt.NDArray[np.uint8]:
    """Return the drawing with the tip of a broad felt pen: wider along one direction."""
    size = max(3, round(pen_pixels * 0.5)) | 1
    kernel = np.zeros((size, size), np.uint8)
    falls = style.habits[0, -2] < 0.5
    cv2.line(kernel, (0, 0 if falls else size - 1), (size - 1, size - 1 if falls else 0), 1, 2)
    return np.asarray(cv2.dilate(canvas, kernel), np.uint8)
