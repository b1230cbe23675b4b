"""Signs between the numbers of a line: points, commas, colons, dashes, slashes, pluses.

The line reader reads past most of them. What it takes for a digit, a slash for a 1 and a plus for
a 4, is told by its form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.components import Components, find_components
from digit_ocr.imaging.line import LineStrip
from digit_ocr.imaging.writing import without_lines
from digit_ocr.inference.number_line import STROKE, LineDigit, LineReading

LEAST_DOT, DOT = 0.13, 0.36
"""Side of a point or comma in heights of the writing, from and to."""
COMMA, COMMA_TOP = (0.3, 0.5), 0.75
"""Width and height of a comma, at most, and from where on down it stands, in the same."""
DASH_HEIGHT, DASH_WIDTH = 0.43, (0.25, 0.9)
HYPHEN = 0.35
"""Of a minus, in heights of the writing; a narrower one is flatter, as in print."""
FOOT, MIDST = 0.75, (0.35, 0.75)
"""Where the middle of a point stands, from the top of the writing on down, and that of a minus."""
SLASH, PLUS = 1, 2
SLASH_TALL, SLASH_OVER, SLASH_UNDER = 1.05, -0.02, 0.04
"""Of a slash, in heights of the other pieces; by how much it stands out above and below them.
In print it begins level with the digits and ends below them.
"""
SLASH_LEAN = 0.22
"""Of a slash: columns for a row."""
SLASH_BEND, SLASH_WIDTH = 0.05, 0.25
"""Of a slash, in its own heights, at most: off the straight line, and across."""
PLUS_TALL = 0.8
"""Of a plus, in heights of the other pieces, at most."""
CROSS_FORM = (0.6, 1.7)
"""Width of a plus in its own heights, from and to."""
CROSS_CORNERS, CROSS_ARM = 0.12, 0.08
"""Shares of a plus's ink: in the four corners of its box at most, and in each arm at least."""
LEAST_COLON_DOT, COLON_DOT = 0.1, 0.28
"""Side of a colon's dots in heights of the writing, from and to."""
COLON_LEVELS, COLON_LEAN = (0.3, 0.62, 0.8), 0.3
"""Where the upper dot stands, from and to, and the lower from; how far aside for their distance."""
COVERED = 0.5
"""Share of a mark's columns that have other ink, from which it is a piece of a broken digit."""
SMALLEST_DIGIT = 8
"""Rows of a strip: what is lower is no digit."""


def pieces_of(strip: LineStrip) -> Components:
    """Return the connected strokes of a strip, but for underlines and borders."""
    return find_components(without_lines(strip.image, STROKE) > STROKE)


def marks_between(
    digits: Sequence[LineDigit], pieces: Components, top: float, bottom: float
) -> NDArray[np.bool_]:
    """Return for each two neighbouring digits whether a point or a sign stands between them.

    top, bottom: first and last row of the writing. A point, comma or dash has no other ink above
    or below it: there it would be a piece of a broken digit. Other signs are told by their form.
    """
    height = max(bottom - top, 1.0)
    left, upper, right, lower = pieces.boxes.T
    wide, tall = (right - left) / height, (lower - upper) / height
    level = ((upper + lower) / 2 - top) / height
    filled = pieces.areas / ((right - left) * (lower - upper))
    long, short = np.maximum(wide, tall), np.minimum(wide, tall)
    is_dot = (long < DOT) & (long < 2.1 * short)
    is_dot &= (pieces.areas >= (LEAST_DOT * height) ** 2) & (filled > 0.6)
    is_comma = (wide < COMMA[0]) & (tall < COMMA[1]) & ((upper - top) / height > COMMA_TOP)
    is_comma &= pieces.areas >= (LEAST_DOT * height) ** 2
    is_dash = (tall < DASH_HEIGHT) & (wide > DASH_WIDTH[0]) & (wide < DASH_WIDTH[1])
    is_dash &= wide > np.where(wide < HYPHEN, 2.2, 1.45) * tall
    is_small = is_dot | is_comma | is_dash
    is_mark = (
        is_comma | (is_dot & (level > FOOT)) | (is_dash & (level > MIDST[0]) & (level < MIDST[1]))
    )
    is_sign = (signs_among(pieces) > 0) | lower_dots_of_colons(pieces, height, level)
    covered = np.zeros(int(right.max(initial=0)))
    for start, end in pieces.boxes[~is_small][:, [0, 2]]:
        covered[start:end] = 1
    middles = [middle_of(digit) for digit in digits]
    marks = np.zeros(len(digits) + 1, bool)
    for (start, end), is_sure in zip(
        pieces.boxes[is_mark | is_sign][:, [0, 2]], is_sign[is_mark | is_sign], strict=True
    ):
        if is_sure or covered[start:end].mean() < COVERED:
            marks[np.searchsorted(middles, (start + end) / 2)] = True
    return marks[1:-1]


def lower_dots_of_colons(
    pieces: Components, height: float, level: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which pieces are dots with another as large right above and nothing around them.

    height: of the writing; level: of each piece's middle, 0 at its top and 1 at its foot
    """
    left, upper, right, lower = pieces.boxes.T
    wide, tall = right - left, lower - upper
    long, short = np.maximum(wide, tall), np.minimum(wide, tall)
    is_dot = (long < COLON_DOT * height) & (long < 2.1 * short)
    least = np.maximum((LEAST_COLON_DOT * height) ** 2, 0.5 * wide * tall)
    is_dot &= pieces.areas >= least
    below = np.zeros(len(is_dot), bool)
    for low in np.flatnonzero(is_dot & (level > COLON_LEVELS[2])):
        for high in np.flatnonzero(is_dot & (level > COLON_LEVELS[0]) & (level < COLON_LEVELS[1])):
            aside = abs(left[low] + right[low] - left[high] - right[high]) / 2
            first, last = min(left[low], left[high]), max(right[low], right[high])
            around = pieces.labels[upper[high] : lower[low], max(0, first - 1) : last + 1]
            is_above = aside < COLON_LEAN * (level[low] - level[high]) * height
            is_alike = 0.5 < pieces.areas[low] / pieces.areas[high] < 2
            is_alone = np.isin(around, [0, int(low) + 1, int(high) + 1]).all()
            below[low] |= is_above and is_alike and is_alone
    return below


def without_signs(reading: LineReading, pieces: Components) -> LineReading:
    """Return the reading without digits that are a slash, as between day and month, or a plus."""
    inner = reading.digits[1:-1]
    kinds = signs_among(pieces)
    if not (inner and kinds.any()):
        return reading
    kept = [digit for digit in inner if not is_at(digit, pieces.boxes[kinds == PLUS])]
    slashes = pieces.boxes[kinds == SLASH]
    kept = [digit for digit in kept if digit.digit not in (1, 7) or not is_at(digit, slashes)]
    if len(kept) == len(inner):
        return reading
    return replace(reading, digits=(reading.digits[0], *kept, reading.digits[-1]))


def is_at(digit: LineDigit, boxes: NDArray[np.int64]) -> bool:
    """Return whether the middle of a digit is in the columns of one of the boxes (n, 4)."""
    middle = middle_of(digit)
    return bool(((boxes[:, 0] <= middle) & (middle <= boxes[:, 2])).any())


def signs_among(pieces: Components) -> NDArray[np.int8]:
    """Return which pieces are a SLASH or a PLUS: by their form, and higher or lower than digits.

    A 1 of a slanting hand leans as a slash does, but ends where its neighbours do.
    """
    kinds = np.zeros(len(pieces), np.int8)
    rows: list[tuple[int, int]] = pieces.boxes[:, [1, 3]].tolist()
    large = [place for place, (top, foot) in enumerate(rows) if foot - top >= SMALLEST_DIGIT]
    if len(large) < 3:
        return kinds
    for place in large:
        # Of so few, `statistics` has the median in a tenth of numpy's time.
        beside = [rows[other] for other in large if other != place]
        usual = median(foot - top for top, foot in beside)
        over = median(top for top, _ in beside) - rows[place][0]
        under = rows[place][1] - median(foot for _, foot in beside)
        tall = rows[place][1] - rows[place][0]
        stands_out = over > SLASH_OVER * usual and under > SLASH_UNDER * usual
        if tall > SLASH_TALL * usual and stands_out:
            kinds[place] = SLASH * is_leaning_line(mask_of(pieces, place))
        elif tall < PLUS_TALL * usual and max(over, under) < 0:
            kinds[place] = PLUS * is_cross(mask_of(pieces, place))
    return kinds


def mask_of(pieces: Components, place: int) -> NDArray[np.bool_]:
    """Return one piece alone, (its height, its width)."""
    left, upper, right, lower = pieces.boxes[place]
    mask: NDArray[np.bool_] = pieces.labels[upper:lower, left:right] == place + 1
    return mask


def is_leaning_line(mask: NDArray[np.bool_]) -> bool:
    """Return whether a piece (H, W) is one straight stroke, leaning to the right."""
    rows, columns = np.arange(len(mask)), np.arange(mask.shape[1])
    counts = mask.sum(axis=1)
    middles = mask @ columns / np.maximum(counts, 1)
    fall, start = np.polyfit(rows, middles, 1)
    bend = np.abs(middles - (start + fall * rows)).max()
    return bool(
        -fall > SLASH_LEAN
        and bend < SLASH_BEND * len(mask)
        and np.percentile(counts, 90) < SLASH_WIDTH * len(mask)
    )


def is_cross(mask: NDArray[np.bool_]) -> bool:
    """Return whether a piece (H, W) is a level and an upright stroke that cross in the middle."""
    if not CROSS_FORM[0] < mask.shape[1] / mask.shape[0] < CROSS_FORM[1]:
        return False
    thirds = [np.array_split(np.arange(side), 3) for side in mask.shape]
    share = np.array([[mask[np.ix_(y, x)].sum() for x in thirds[1]] for y in thirds[0]])
    share = share / mask.sum()
    corners, arms = share[::2, ::2].sum(), share[[0, 1, 1, 2], [1, 0, 2, 1]]
    return bool(corners < CROSS_CORNERS and arms.min() > CROSS_ARM)


def middle_of(digit: LineDigit) -> float:
    """Return the column of a digit's middle."""
    return (digit.left + digit.right) / 2
