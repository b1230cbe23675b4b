"""Which pieces of ink are the digit: the most central one, less its lines, with its parts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.components import (
    Components,
    describe_components,
    find_components,
    grown,
    label_components,
)
from digit_ocr.imaging.ruling import find_lines

CENTRE_SPREAD = 0.2
"""Standard deviation, in picture sides, of the weight that ink has around the middle."""

BREADTH = 0.4
"""How far a piece's total ink is discounted: at 0 the broadest wins, at 1 the most central."""

BORDER = 0.03
"""Margin of a picture, in its sides, where lines and neighbours reach in."""

BORDER_WEIGHT = 0.4
"""Weight of a piece that reaches into that margin beside one that lies inside."""

SPLIT_THRESHOLD = 0.3
"""Share of the digit's own darkness below which ink does not join pieces."""

LINE_SPAN = 0.85
"""Side of a piece at the border, in picture sides, from which on it is a line or a frame."""

FARTHEST_PART = 0.25
"""Distance of a digit's parts, in sizes of the digit, at most."""

ONE_DIGIT = 0.95
"""Width over height of what may still be one digit; two side by side are wider."""

ONLY_LINES = 0.9
"""Share of a piece that is lines, from which on it is nothing else."""

BAR_OF_5 = 1.3
"""Width over height of a 5 whose bar stands apart, at most."""

LEAST_FREED = 0.3
"""Side of what a digit must be, in picture sides, once the lines that it touched are erased."""


def parts_of_digit(ink: NDArray[np.float32], labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the mask (H, W) of the digit in ink (H, W), whose pieces are labelled from 1 on.

    Raises: NoDigitFound: lines alone.
    """
    whole = labels == most_central(ink, labels)
    # Smudges beside a dark digit, and blurred lines that it nearly touches, fall off here.
    strong = (labels > 0) & (ink > SPLIT_THRESHOLD * _darkness_of(ink, whole))
    pieces = find_components(strong)
    main = most_central(ink, pieces.labels) - 1
    if _reaches_border(pieces, main):
        pieces, main = _freed_of_lines(ink, pieces, main)
    belongs = np.zeros(len(pieces) + 1, np.bool_)
    belongs[[index + 1 for index in _members(main, pieces, whole)]] = True
    mask: NDArray[np.bool_] = belongs.take(pieces.labels)
    # Faint ink that joins the strong pieces is the digit's too.
    faint = whole & ~strong
    if faint.any():
        mask |= faint & grown(mask, 1 + max(mask.shape) // 40)
    return mask


def _darkness_of(ink: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Return the ink that the darkest fifth of the mask has."""
    values = ink[mask]
    place = int(0.8 * (len(values) - 1))
    values.partition(place)
    return float(values[place])


def most_central(ink: NDArray[np.float32], labels: NDArray[Any]) -> int:
    """Return the label of the piece with the most ink near the picture's middle."""
    height, width = ink.shape
    inked = np.flatnonzero(labels > 0)
    numbers, weights = labels.ravel().take(inked), ink.ravel().take(inked)
    central = np.bincount(numbers, weights * _bell(height, width).ravel().take(inked))
    # A thin 1 in the middle has less ink there than a broad neighbour's half.
    score = central / np.maximum(np.bincount(numbers, weights), 1e-6) ** BREADTH
    x, y = int(BORDER * width) + 1, int(BORDER * height) + 1
    at_border = np.zeros(len(score), np.bool_)
    for band in (labels[:y], labels[-y:], labels[:, :x], labels[:, -x:]):
        at_border[band] = True
    score[at_border] *= BORDER_WEIGHT
    return int(score.argmax())


@lru_cache(maxsize=64)
def _bell(height: int, width: int) -> NDArray[np.float32]:
    """Return weights (height, width) that fall off from the middle."""
    y, x = ((np.arange(count) + 0.5) / count - 0.5 for count in (height, width))
    squares: NDArray[np.float64] = (y**2)[:, None] + x**2
    bell = np.exp(-squares / (2 * CENTRE_SPREAD**2)).astype(np.float32)
    bell.setflags(write=False)
    return bell


def _reaches_border(pieces: Components, index: int) -> bool:
    left, top, right, bottom = pieces.boxes[index].tolist()
    height, width = pieces.labels.shape
    x, y = int(BORDER * width), int(BORDER * height)
    return bool(left <= x or top <= y or right >= width - x or bottom >= height - y)


def _freed_of_lines(
    ink: NDArray[np.float32], pieces: Components, main: int
) -> tuple[Components, int]:
    """Return the pieces and the digit among them after the lines that it touches are erased.

    A digit that fills the picture has strokes as long as lines: where what is left of it would
    still reach an edge of the picture (two, beside the corner of a cell), or is too small
    for a digit, nothing is erased.

    Raises: NoDigitFound: the piece is nothing but lines.
    """
    mask = pieces.labels == main + 1
    lines = find_lines(mask)
    if not lines.any():
        return pieces, main
    if lines.sum() > ONLY_LINES * mask.sum():
        raise NoDigitFound("no digit found: only lines")
    labels, count = label_components((pieces.labels > 0) & ~lines)
    if count == 0:
        return pieces, main
    bare = describe_components(labels, count)
    freed = most_central(ink, labels) - 1
    left, top, right, bottom = bare.boxes[freed]
    height, width = mask.shape
    if right - left < LEAST_FREED * width and bottom - top < LEAST_FREED * height:
        return pieces, main
    is_corner = lines.any(axis=0).sum() > LINE_SPAN * width
    is_corner &= lines.any(axis=1).sum() > LINE_SPAN * height
    if _edges_reached(bare, freed) <= (1 if is_corner else 0):
        return bare, freed
    return pieces, main


def _edges_reached(pieces: Components, index: int) -> int:
    left, top, right, bottom = pieces.boxes[index].tolist()
    height, width = pieces.labels.shape
    return int(left == 0) + int(top == 0) + int(right == width) + int(bottom == height)


def _members(main: int, pieces: Components, whole: NDArray[np.bool_]) -> list[int]:
    """Return the indices of the pieces that belong to the digit `main`, itself among them.

    `whole` is what faint ink connects with it.
    """
    box = pieces.boxes[main].tolist()
    size = max(box[2] - box[0], box[3] - box[1])
    members = [main]
    for index, part in enumerate(pieces.boxes.tolist()):
        gap = _gap(part, box)
        if index == main or gap > FARTHEST_PART * size:
            continue
        if _reaches_border(pieces, index):
            belongs = _is_stroke_at_border(main, index, pieces)
        else:
            own = _pixels_of(index, pieces)
            is_connected = bool(whole[part[1] : part[3], part[0] : part[2]][own].any())
            belongs = is_connected or gap <= _reach_to(part, box) * size
        if belongs:
            members.append(index)
    return members


def _gap(part: list[int], box: list[int]) -> int:
    """Return the larger of the distances of two boxes along x and y."""
    return max(part[0] - box[2], box[0] - part[2], part[1] - box[3], box[1] - part[3], 0)


def _pixels_of(index: int, pieces: Components) -> NDArray[np.bool_]:
    """Return the mask of one piece, as large as its box."""
    x0, y0, x1, y1 = pieces.boxes[index].tolist()
    mask: NDArray[np.bool_] = pieces.labels[y0:y1, x0:x1] == index + 1
    return mask


def _is_stroke_at_border(main: int, index: int, pieces: Components) -> bool:
    """Return whether a piece at the picture's border is the digit's, not a line or a neighbour."""
    left, top, right, bottom = pieces.boxes[main].tolist()
    x0, y0, x1, y1 = pieces.boxes[index].tolist()
    height, width = pieces.labels.shape
    if x1 - x0 > LINE_SPAN * width or y1 - y0 > LINE_SPAN * height:
        return False
    own = _pixels_of(index, pieces)
    size = max(right - left, bottom - top)
    above, below = top, bottom
    if _reaches_border(pieces, main):
        # The digit fills the picture, and so may its parts above and below.
        above, below = top - size // 4, bottom + size // 4
    inside = own[max(0, above - y0) : max(0, below - y0), max(0, left - x0) : max(0, right - x0)]
    if inside.sum() > 0.3 * own.sum():
        return True
    is_level = x1 - x0 > 4 * (y1 - y0)
    is_beside = x1 <= left or x0 >= right
    joined_width = max(x1, right) - min(x0, left)
    joined_height = max(y1, bottom) - min(y0, top)
    if is_level or is_beside or joined_width > ONE_DIGIT * joined_height:
        return False
    # Strokes that nearly meet: by their ink, as slanted strokes' boxes overlap.
    reach = max(2, round(0.06 * size))
    around = grown(np.pad(_pixels_of(main, pieces), reach), reach)
    y, x = (places + shift for places, shift in zip(own.nonzero(), (y0, x0), strict=True))
    y, x = y - (top - reach), x - (left - reach)
    near = (y >= 0) & (x >= 0) & (y < around.shape[0]) & (x < around.shape[1])
    return bool(around[y[near], x[near]].any())


def _reach_to(part: list[int], main: list[int]) -> float:
    """Return how far the part may lie from the digit, in sizes of the digit."""
    x0, y0, x1, y1 = part
    left, top, right, bottom = main
    size = max(right - left, bottom - top)
    is_speck = max(x1 - x0, y1 - y0) < 0.12 * size
    is_underline = y0 >= bottom and y1 - y0 < 0.25 * (x1 - x0)
    if is_speck or is_underline:
        return 0.04
    if min(x1, right) - max(x0, left) >= 0.5 * (x1 - x0):
        return 0.2
    joined_width = max(x1, right) - min(x0, left)
    joined_height = max(y1, bottom) - min(y0, top)
    is_bar = max(y1 - top, y1 - y0) < 0.35 * size and y1 - y0 < x1 - x0
    if is_bar and joined_width <= BAR_OF_5 * joined_height:
        return FARTHEST_PART
    # Two strokes of a 4 stand closer than two digits.
    return 0.12 if joined_width <= ONE_DIGIT * joined_height or y1 - y0 < 0.6 * size else 0.0
