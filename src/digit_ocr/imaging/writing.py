"""Where the writing stands in the ink of one line, among borders, rules and neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.components import find_components, grown

Mask = NDArray[np.bool_]

CLOSE = 0.12
"""In heights of the writing: digits no farther from an edge of their crop than they vary by."""


def find_writing(ink: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of the writing; all of the picture where none stands out.

    Rules, borders, specks and what a neighbouring line leaves at the edge do not count for the
    height; every ink but specks counts for the width.
    """
    height, width = ink.shape
    whole = (0.0, 0.0, float(width), float(height))
    mask = ink > max(0.15, 0.4 * strong_ink(ink, max(3, ink.size // 200)))
    if not mask.any():
        return whole
    parts = _Parts(mask)
    clear = parts.area >= max(3, 0.003 * height * height)
    if not clear.any():
        return whole
    left, right = float(parts.left[clear].min()), float(parts.right[clear].max())

    lines = _lines(mask)
    writing = _Parts(mask & ~lines) if lines.any() else parts
    kept = _writing_parts(writing, height, width)
    if not kept.any():
        writing, kept = parts, clear
    top, bottom = float(writing.top[kept].min()), float(writing.bottom[kept].max())
    # A dash or a dot is not the height of the line.
    least = min(float(height), max(6.0, 0.2 * height))
    if bottom - top < least:
        middle = (top + bottom) / 2
        top, bottom = middle - least / 2, middle + least / 2
    return left, top, right, bottom


def without_lines(ink: NDArray[np.float32], stroke: float) -> NDArray[np.float32]:
    """Return the ink (H, W) of one line without underlines, rules and borders at its sides.

    stroke: ink from which it is part of a stroke
    """
    lines = _lines(ink > stroke)
    return np.where(lines, np.float32(0), ink) if lines.any() else ink


def ink_beyond(
    ink: NDArray[np.float32], stroke: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the rows of ink (W,) with which a crop (H, W) goes on above it, and below.

    What runs off a crop is a border or another line's ink and goes on, so that it is as high as no
    digit. Where most of the writing comes near to that edge, the crop is cut that close, and digits
    end there; what runs from edge to edge is one of them only if most of them touch both.

    stroke: ink from which it is part of a stroke
    """
    mask = ink > stroke
    if not (mask[0].any() or mask[-1].any()):
        return ink[0], ink[-1]
    lines = _lines(mask)
    parts = find_components(mask & ~lines)
    left, top, right, bottom = parts.boxes.T
    gaps = top, len(ink) - bottom
    tall = bottom - top
    tallest = max(tall, default=0)
    wide = np.where(tall >= 0.4 * tallest, right - left, 0)

    def are_most(within: Mask) -> bool:
        return bool(2 * wide[within].sum() > wide.sum())

    touch_both = all(are_most(gap == 0) for gap in gaps)
    crosses = tall == len(ink)
    rows = []
    for edge, gap in zip((0, -1), gaps, strict=True):
        ends = np.where(crosses, touch_both, are_most(gap <= CLOSE * tallest))
        ending = np.append(False, ends)[parts.labels[[edge]]]
        # The pale sides of its strokes end with it.
        (ending,) = grown(ending, 2)
        rows.append(np.where(ending & ~lines[edge], np.float32(0), ink[edge]))
    return rows[0], rows[1]


class _Parts:
    """Connected parts of a mask as arrays, one entry each: box (right, bottom exclusive), area."""

    def __init__(self, mask: Mask) -> None:
        parts = find_components(mask)
        self.area = parts.areas
        self.left, self.top, self.right, self.bottom = parts.boxes.T


def _writing_parts(parts: _Parts, height: int, width: int) -> Mask:
    """Return which parts give the line its height."""
    tall, wide = parts.bottom - parts.top, parts.right - parts.left
    clear = parts.area >= max(3, 0.003 * height * height)
    at_edge = (parts.top == 0) | (parts.bottom == height)
    # Remains of rules and of the lines above and below: flat, or cut by the edge and small.
    flat = (wide > 4 * tall) & (tall < 0.2 * height)
    remains = at_edge & (tall < 0.3 * height)
    # Remains of a border: a thin upright along the side of the picture.
    beside = ((parts.left <= 0.04 * width) | (parts.right >= 0.96 * width)) & (
        wide < 0.15 * tall + 2
    )
    candidates = clear & ~flat & ~remains
    if (candidates & ~beside).any():
        candidates &= ~beside | ((tall < 0.85 * height) & ~at_edge)
    if not candidates.any():
        return np.zeros(len(tall), bool)
    # Dots, commas and other small marks near the digits do not count.
    tallest = tall[candidates].max()
    kept: Mask = candidates & (tall >= 0.4 * tallest)
    return kept


def _lines(mask: Mask) -> Mask:
    """Return which ink belongs to long straight lines: rules across, borders at the sides."""
    height, width = mask.shape
    lines = np.zeros_like(mask)
    least = max(1.2 * height, min(0.55 * width, 2.5 * height))
    # Along the top and the foot, what crosses all of a narrow cell is its border.
    edge = max(2, round(0.15 * height))
    for row, start, end in _long_runs(mask, min(least, 0.85 * width)):
        at_edge = (row < edge or row >= height - edge) and end - start >= 0.85 * width
        if at_edge or end - start >= least:
            lines[row, start:end] = True
    # An upright that fills the height may be a 1, except along the sides.
    side = max(2, round(min(0.12 * width, 0.3 * height)))
    for column, start, end in _long_runs(mask[:, : side + 1].T, 0.9 * height):
        if column < side:
            lines[start:end, column] = True
    first = max(0, width - side - 1)
    for column, start, end in _long_runs(mask[:, first:].T, 0.9 * height):
        if first + column >= width - side:
            lines[start:end, first + column] = True
    return lines & mask


def _long_runs(mask: Mask, min_length: float) -> list[tuple[int, int, int]]:
    """Return row, start and end of the unbroken horizontal runs of at least this length."""
    rows, columns = mask.shape
    if min_length > columns:
        return []
    # Lines wander over rows by tilt: join each row with its neighbours before measuring runs.
    joined = np.zeros((rows, columns + 2), np.int8)
    inner = joined[:, 1:-1]
    inner[:] = mask
    inner[1:] |= mask[:-1]
    inner[:-1] |= mask[1:]
    # A row with less ink than that has no such run.
    full = np.flatnonzero(inner.sum(axis=1, dtype=np.int32) >= min_length)
    if full.size == 0:
        return []
    steps = np.diff(joined[full], axis=1)
    places, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    long = ends - starts >= min_length
    found = zip(full[places[long]], starts[long], ends[long], strict=True)
    return [(int(row), int(start), int(end)) for row, start, end in found]


def strong_ink(ink: NDArray[np.float32], count: int) -> float:
    """Return the ink that this many pixels reach."""
    values = ink.ravel()
    count = min(count, values.size)
    # Strokes are few: to put in order them alone is several times as fast.
    dark = values[values > 0.5]
    if dark.size >= count:
        values = dark
    return float(np.partition(values, values.size - count)[values.size - count])
