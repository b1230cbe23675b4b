"""A line read as a whole, cut into the numbers that stand on it.

The line reader reads across points, signs and gaps. Where numbers end shows in the strip itself:
a mark between two digits, or a step from one digit to the next that is clearly wider than usual.
Steps are measured from middle to middle as well as from edge to edge: beside a narrow 1 a gap
looks wide, but the digits of one number, also in a form's boxes, keep their pitch.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise
from statistics import median

import numpy as np

from digit_ocr.imaging.components import Components
from digit_ocr.imaging.line import LineStrip
from digit_ocr.inference.number_line import STROKE, LineDigit
from digit_ocr.inference.signs import marks_between, middle_of

WIDE_GAP = 0.9
"""Between two digits, in heights: from here on they are two numbers, unless evenly spaced."""
DOUBTFUL_GAP = 0.7
"""From here on a gap that is not even may end a number."""
WIDEST_PITCH = 2.2
"""From middle to middle, in heights: farther apart no two digits are one number."""
EVEN = 1.6
"""Of the usual pitch of the line, up to which a step keeps to it."""
SHARED = 0.3
"""Of the rows of a piece and of the digit beside it: on one line they share more."""
LARGE_PIECE = 0.2
"""In heights of the writing: a piece above or below another, both higher, is of another line."""


class Step(Enum):
    """What the way from one digit of a line to the next tells."""

    WITHIN = "within one number"
    BETWEEN = "between two numbers"
    UNSURE = "unsure"


def judge_steps(digits: Sequence[LineDigit], strip: LineStrip, pieces: Components) -> list[Step]:
    """Return for each two neighbouring digits of a strip whether a number ends between them."""
    if len(digits) < 2:
        return []
    top, bottom = strip.writing
    height = max(bottom - top, 1.0)
    gaps = [(after.left - before.right) / height for before, after in pairwise(digits)]
    middles = [middle_of(digit) / height for digit in digits]
    pitches = [after - before for before, after in pairwise(middles)]
    marks = marks_between(digits, pieces, top, bottom)
    marks |= np.array([digit.is_apart for digit in digits[1:]])
    return [
        Step.BETWEEN if mark else judge_gap(gap, pitch, [*pitches[:place], *pitches[place + 1 :]])
        for place, (gap, pitch, mark) in enumerate(zip(gaps, pitches, marks, strict=True))
    ]


def judge_gap(gap: float, pitch: float, other_pitches: Sequence[float]) -> Step:
    """Return what a step without a mark tells, beside the other steps of its line."""
    if pitch > WIDEST_PITCH:
        return Step.BETWEEN
    if gap < DOUBTFUL_GAP:
        return Step.WITHIN
    if not other_pitches:
        return Step.UNSURE
    is_even = pitch < EVEN * median(other_pitches)
    if is_even:
        return Step.WITHIN
    return Step.BETWEEN if gap > WIDE_GAP else Step.UNSURE


def is_one_line(digits: Sequence[LineDigit], strip: LineStrip, pieces: Components) -> bool:
    """Return whether all writing of a strip stands side by side, nothing above or below another.

    Every piece as high as half a digit shares rows with the digit that was read nearest to it.
    """
    rows = [rows_of(digit, strip) for digit in digits]
    if any(len(runs) != 1 for runs in rows):
        return False
    middles = np.array([middle_of(digit) for digit in digits])
    usual = median([last - first for ((first, last),) in rows])
    if usual < 0.5 * (strip.writing[1] - strip.writing[0]):
        return False
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
