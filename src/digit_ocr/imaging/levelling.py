"""A line of writing that slopes in its crop: found by where its pieces stand, and levelled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digit_ocr.imaging.components import Components
from digit_ocr.imaging.region import Corners, point_within

FEWEST_PIECES = 4
"""That tell a slope; of fewer, one digit that hangs low looks like one."""
LOWEST_PIECE, LOWEST_DIGIT = 0.15, 0.6
"""In heights of the crop, and of the usual digit."""
WIDEST_PIECE = 2.5
"""In its own height: two digits may touch, a rule is wider."""
STEEPEST = 0.2
"""Rows to a column; more is no line of writing that somebody cut out."""
LEAST_RISE = 0.3
"""From the first digit to the last, in their heights, from which a line is levelled."""
FARTHEST = 0.6
"""From the line that a digit may stand, in heights of digits: farther is another line's. But of one
that the crop cuts."""
ROOM = 1.8
"""Height of the box around the line, in heights of its digits."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A line of writing in a crop (H, W), its middle at y = middle + fall * (x - W / 2).

    height: of its digits
    """

    fall: float
    middle: float
    height: float


def find_slope(pieces: Components) -> Slope | None:
    """Return how the line of writing in a crop (H, W) slopes; None where it is level, or no line.

    By the median of the slopes between all pairs of its pieces (Sen 1968, "Estimates of the
    Regression Coefficient Based on Kendall's Tau"). A whole piece as large as a digit that stands
    off it is of another line, and then nothing slopes.

    pieces: of its strokes
    """
    height, width = pieces.labels.shape
    left, top, right, bottom = pieces.boxes.T
    tall = bottom - top
    may_be = (tall >= LOWEST_PIECE * height) & (right - left <= WIDEST_PIECE * tall)
    if may_be.sum() < FEWEST_PIECES:
        return None
    usual = float(np.quantile(tall[may_be], 0.75))
    may_be &= tall >= LOWEST_DIGIT * usual
    xs, ys = ((left + right) / 2)[may_be], ((top + bottom) / 2)[may_be]
    across = xs[:, None] - xs
    is_pair = across >= usual / 2
    if len(xs) < FEWEST_PIECES or not is_pair.any():
        return None
    fall = float(np.median((ys[:, None] - ys)[is_pair] / across[is_pair]))
    offsets = ys - fall * (xs - width / 2)
    middle = float(np.median(offsets))
    is_whole = ((top > 0) & (bottom < height))[may_be]
    is_off = np.abs(offsets - middle) > FARTHEST * usual
    if (is_whole & is_off).any() or abs(fall) > STEEPEST:
        return None
    return Slope(fall, middle, usual) if abs(fall) * np.ptp(xs) >= LEAST_RISE * usual else None


def levelled(corners: Corners, slope: Slope, shape: tuple[int, int]) -> Corners:
    """Return the box along a line of writing in a box that was seen as a crop of that shape."""
    height, width = shape
    reach = ROOM / 2 * slope.height * np.hypot(1, slope.fall)
    ends = [
        (u, (slope.middle + slope.fall * (u - 0.5) * width + v) / height)
        for u, v in ((0.0, -reach), (1.0, -reach), (1.0, reach), (0.0, reach))
    ]
    top_left, top_right, low_right, low_left = (point_within(corners, *end) for end in ends)
    return top_left, top_right, low_right, low_left
