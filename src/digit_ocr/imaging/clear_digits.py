"""Digits of a strip that stand clear of all else, in MNIST's form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.components import Components, find_components, grown
from digit_ocr.imaging.digit import RIM_THRESHOLD, box_of, centre_digit

INK = 0.3
"""Of a strip, from which it makes a piece."""
SPECK = 6
"""Pixels below which a piece is no stroke."""
OVERLAP = 0.5
"""Of the narrower of two pieces' columns, from which they are parts of one digit."""
LEAST_HEIGHT, MOST_WIDTH = 0.45, 1.4
"""Of a digit, as shares of the strip's height."""


@dataclass(frozen=True, slots=True)
class ClearDigit:
    """What may be a digit, (28, 28) float32, ink 1.0, and the box that it covers in the strip."""

    image: NDArray[np.float32]
    left: int
    top: int
    right: int
    bottom: int


def clear_digits(strip: NDArray[np.float32]) -> list[ClearDigit]:
    """Return what stands clear in a strip and has the size of a digit, from left to right.

    strip: (32, width) float32, ink 1.0 on paper 0.0, as `prepare_line` makes it. Writing has room
    above and below there: what reaches its edges is a border, or cut, and what hangs together with
    a neighbour or a ruled line is too wide.
    """
    pieces = find_components(strip > INK)
    found = []
    for own in _together(pieces):
        left, top = pieces.boxes[own, :2].min(axis=0).tolist()
        right, bottom = pieces.boxes[own, 2:].max(axis=0).tolist()
        height, width = strip.shape
        runs_on = left == 0 or top == 0 or right == width or bottom == height
        has_size = bottom - top >= LEAST_HEIGHT * height and right - left <= MOST_WIDTH * height
        if has_size and not runs_on:
            # With the rim of its strokes, which is their anti-aliasing.
            window = slice(left - 1, right + 1)
            ink = strip[:, window] * grown(np.isin(pieces.labels[:, window], own + 1), 1)
            x0, y0, x1, y1 = box_of(ink > RIM_THRESHOLD * float(ink.max()))
            pixels = np.ascontiguousarray(ink[y0:y1, x0:x1])
            found.append(ClearDigit(centre_digit(pixels), left, top, right, bottom))
    return found


def _together(pieces: Components) -> list[NDArray[np.int64]]:
    """Return the indices of the pieces of each digit, from left to right, without specks."""
    strokes = np.flatnonzero(pieces.areas >= SPECK)
    groups: list[tuple[int, int, list[int]]] = []
    for index in strokes[pieces.boxes[strokes, 0].argsort(kind="stable")].tolist():
        start, _, end, _ = pieces.boxes[index].tolist()
        if groups:
            left, right, members = groups[-1]
            if min(right, end) - start > OVERLAP * min(right - left, end - start):
                groups[-1] = left, max(right, end), [*members, index]
                continue
        groups.append((start, end, [index]))
    return [np.array(members) for *_, members in groups]
