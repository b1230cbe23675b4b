"""Whether a strip holds one line of writing, or digits of another above or below."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from digit_ocr.imaging.components import find_components
from digit_ocr.imaging.line import STROKE, LineStrip
from digit_ocr.imaging.writing import without_lines
from digit_ocr.inference.number_line import LineDigit

SHARED = 0.3
"""Of the rows of a piece and of the digit beside it: on one line they share more."""
LARGE_PIECE = 0.2
"""In heights of the writing: a piece above or below another, both higher, is of another line."""


def is_one_line(digits: Sequence[LineDigit], strip: LineStrip) -> bool:
    """Return whether all writing of a strip stands side by side, nothing above or below another.

    Every piece as high as half a digit shares rows with the digit that was read nearest to it.
    """
    rows = [rows_of(digit, strip) for digit in digits]
    if any(len(runs) != 1 for runs in rows):
        return False
    middles = np.array([(digit.left + digit.right) / 2 for digit in digits])
    usual = median([last - first for ((first, last),) in rows])
    if usual < 0.5 * (strip.writing[1] - strip.writing[0]):
        return False
    # Underlines and borders are none of it.
    pieces = find_components(without_lines(strip.image, STROKE) > STROKE)
    for left, upper, right, lower in pieces.boxes:
        if lower - upper < 0.5 * usual:
            continue
        ((first, last),) = rows[int(np.abs(middles - (left + right) / 2).argmin())]
        if min(last, lower) - max(first, upper) < SHARED * min(last - first, lower - upper):
            return False
    return True


def rows_of(digit: LineDigit, strip: LineStrip) -> list[tuple[int, int]]:
    """Return the first and last row of ink in a digit's columns; of each where two are stacked."""
    top, bottom = strip.writing
    inked = (strip.image[:, int(digit.left) : int(digit.right) + 1] > STROKE).any(axis=1)
    edges = np.flatnonzero(np.diff(inked.astype(np.int8), prepend=0, append=0))
    if not len(edges):
        return []
    rows = [int(edges[0])]
    for end, start in edges[1:-1].reshape(-1, 2):
        # A bar of a 5 or a bit of a faint stroke may lie apart; more is another line's digit.
        is_large = min(end - edges[0], edges[-1] - start) > LARGE_PIECE * (bottom - top)
        if is_large and start - end > 1:
            rows += [int(end), int(start)]
    rows.append(int(edges[-1]))
    return list(zip(rows[::2], rows[1::2], strict=True))
