"""Digits as displays show them: seven segments that are lit or not."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from digit_ocr.synthesis.strokes import HEIGHT_PIXELS

Ink = npt.NDArray[np.float32]

SEGMENTS = "abcdefg"
"""From the top clockwise, the middle last, as data sheets name them."""
LIT = ("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg")
SHORT = {6: "cdefg", 9: "abcfg"}
"""A 6 without its top and a 9 without its foot, as some displays show them."""
HOOKED = {7: "abcf"}
CORNERS = {
    "a": ((0.0, 0.0), (1.0, 0.0)),
    "b": ((1.0, 0.0), (1.0, 0.5)),
    "c": ((1.0, 0.5), (1.0, 1.0)),
    "d": ((0.0, 1.0), (1.0, 1.0)),
    "e": ((0.0, 0.5), (0.0, 1.0)),
    "f": ((0.0, 0.0), (0.0, 0.5)),
    "g": ((0.0, 0.5), (1.0, 0.5)),
}
"""Where a segment begins and ends, as shares of a digit's width and height."""
_SUPERSAMPLING = 4


@dataclass(frozen=True)
class Display:
    """How one display looks. Lengths are shares of a digit's height."""

    width: float
    bar: float
    is_joined: bool
    """Whether segments run into one another; else they end in a gap each."""
    gap: float
    point: float
    """How far a segment's end is pointed: 0 is cut straight, 1 ends in a point."""
    slant: float
    unlit: float
    """How dark a segment is that is not lit; mostly 0."""
    keeps_cell: bool
    """Whether a 1 stands at the right of a cell as wide as that of other digits."""
    shapes: tuple[str, ...]
    """The lit segments of each digit 0..9."""


def random_display(rng: np.random.Generator) -> Display:
    """Return a new display."""
    shapes = list(LIT)
    for share, others in ((0.2, SHORT), (0.25, HOOKED)):
        if rng.random() < share:
            for digit, shape in others.items():
                shapes[digit] = shape
    return Display(
        width=float(rng.uniform(0.42, 0.62)),
        bar=float(rng.uniform(0.06, 0.16)),
        is_joined=bool(rng.random() < 0.3),
        gap=float(rng.uniform(0.005, 0.03)),
        point=float(rng.random()) if rng.random() < 0.7 else 0.0,
        slant=float(rng.uniform(0.03, 0.2)) if rng.random() < 0.6 else 0.0,
        unlit=float(rng.uniform(0.04, 0.2)) if rng.random() < 0.2 else 0.0,
        keeps_cell=bool(rng.random() < 0.7),
        shapes=tuple(shapes),
    )


def draw_display_digit(digit: int, display: Display) -> Ink:
    """Return the digit as the display shows it: (64, width) float32, ink 1.0 on 0.0.

    Without room beside it, but for a 1 that keeps its cell: that stands at the cell's right.
    """
    scale = HEIGHT_PIXELS * _SUPERSAMPLING
    bar = display.bar * scale
    tall, wide = scale - bar, max(display.width * scale - bar, bar)
    lean = display.slant * scale
    size = round(wide + bar + lean) + 1, scale
    canvas = np.zeros((size[1], size[0]), np.float32)
    lit = display.shapes[digit]
    for segment in sorted(SEGMENTS, key=lit.__contains__):
        level = 1.0 if segment in lit else display.unlit
        corners = np.array(CORNERS[segment]) * (wide, tall) + bar / 2
        outline = _outline(corners, display, scale)
        outline[:, 0] += display.slant * (scale - outline[:, 1])
        cv2.fillPoly(canvas, [np.round(outline * 16).astype(np.int32)], level, cv2.LINE_AA, 4)
    shape = -(-size[0] // _SUPERSAMPLING), HEIGHT_PIXELS
    ink = np.asarray(cv2.resize(canvas, shape, interpolation=cv2.INTER_AREA), np.float32)
    if display.keeps_cell and digit == 1:
        return ink
    columns = np.flatnonzero((ink > display.unlit + 0.1).any(axis=0))
    return np.ascontiguousarray(ink[:, columns[0] : columns[-1] + 1])


def _outline(
    corners: npt.NDArray[np.float64], display: Display, scale: float
) -> npt.NDArray[np.float64]:
    """Return the outline (6, 2) of a segment between two corners (2, 2)."""
    first, last = corners
    along = (last - first) / np.linalg.norm(last - first)
    half = display.bar * scale / 2
    across = np.array([-along[1], along[0]]) * half
    if display.is_joined:
        tip = shoulder = -half
    else:
        # Pointed ends meet in the corner; straight ones keep clear of the neighbour's side.
        tip = display.gap * scale + (1 - display.point) * half
        shoulder = tip + display.point * half
    a, b = first + along * tip, last - along * tip
    c, d = first + along * shoulder, last - along * shoulder
    return np.stack([a, c + across, d + across, b, d - across, c - across])
