"""Cell borders and ruled lines in a mask, without the strokes that cross them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.extremes import extreme_of_rows

LEAST_COVERAGE = 0.9
"""Share of the picture's side that a line covers; a digit's own strokes rarely span so much."""

MAX_TILT = 0.1
"""Rise of a line over its length: 0.1 is 6 degrees."""

MAX_LINES = 4
"""Lines of one direction in a picture of one digit, at most."""

MAX_THICKNESS = 0.15
"""Thickness of a line over the picture's side; what is thicker is a shadow or a blot."""

BORDER_BAND = 0.25
"""Upright lines count this near to the picture's sides: further in, they are a digit's strokes.
Level ones count everywhere, as ruled paper has them."""

BENDING_SIDE = 48
"""Pixels of a picture's side from which on a line's bend may show."""


def find_lines(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the part of the mask (H, W) that is lines running from side to side, either way."""
    bare = mask.copy()
    _erase_rows(bare, band=0.5)
    turned = np.ascontiguousarray(bare.T)
    _erase_rows(turned, band=BORDER_BAND)
    return mask & ~turned.T


def _erase_rows(mask: NDArray[np.bool_], band: float) -> None:
    """Erase, in place, lines from the left side to the right within `band` of top and bottom."""
    for _ in range(MAX_LINES):
        line = _find_row(mask, band)
        if line is None or not _erase_row(mask, line):
            return


def _find_row(mask: NDArray[np.bool_], band: float) -> NDArray[np.intp] | None:
    """Return the y (W,) at every x of the straightest line across the mask, if there is one."""
    height, width = mask.shape
    reach = max(1, int(MAX_TILT * width))
    # Most digits are narrower than a line.
    if min(height, width) < 8 or np.count_nonzero(mask.any(axis=0)) < LEAST_COVERAGE * width:
        return None
    thick = np.zeros((height + 2 * reach + 2, width), np.bool_)
    thick[reach + 1 : reach + 1 + height] = mask
    if height >= BENDING_SIDE:
        # Lines in photographs bend by a pixel: let the rows above and below count.
        thick[1:-1] |= thick[2:] | thick[:-2]
    rows = np.arange(height)
    rows = rows[np.minimum(rows, height - 1 - rows) < band * height]
    # A quick look first: every line lies in a band as high as its steepest rise.
    in_band = extreme_of_rows(thick, reach + 1, np.maximum)
    if int(in_band.sum(axis=1).max()) < LEAST_COVERAGE * width:
        return None
    columns = np.arange(0, width, 1 + width // 100)
    rises = np.arange(-reach, reach + 1, 1 + reach // 6)
    shifts = np.round(rises[:, None] * (columns / (width - 1) - 0.5)).astype(np.intp)
    # Of every rise and row, the ink along the line: (rises, rows, columns), then (rises, rows).
    y = (rows + (reach + 1))[:, None] + shifts[:, None, :]
    coverage = thick.ravel().take(y * width + columns).sum(axis=2)
    best = int(coverage.argmax())
    if coverage.ravel()[best] < LEAST_COVERAGE * len(columns):
        return None
    rise, row = int(rises[best // len(rows)]), int(rows[best % len(rows)])
    line = row + np.round(rise * (np.arange(width) / (width - 1) - 0.5))
    inside: NDArray[np.intp] = line.clip(0, height - 1).astype(np.intp)
    return inside


def _erase_row(mask: NDArray[np.bool_], line: NDArray[np.intp]) -> bool:
    """Erase the line from the mask, in place, but for strokes that cross it.

    Returns whether it was a line: what is too thick is left as it is.
    """
    height, width = mask.shape
    columns = np.arange(width)
    y = np.arange(height)[:, None]
    # Where the line bends, its ink is one row off.
    for near in (line - 1, line + 1):
        near = near.clip(0, height - 1)
        line = np.where(mask[line, columns] | ~mask[near, columns], line, near)
    inked = mask[line, columns]
    # The run of ink through the line in each column: up to the first gap above and below.
    first = np.where(~mask & (y <= line), y, -1).max(axis=0) + 1
    last = np.where(~mask & (y >= line), y, height).min(axis=0) - 1
    runs = last - first + 1
    thickness = int(np.median(runs[inked])) if inked.any() else 0
    if thickness == 0 or thickness > max(2, MAX_THICKNESS * height):
        return False
    plain = inked & (runs <= 1.5 * thickness + 1)
    above = int(np.median((line - first)[plain]))
    top, bottom = line - above - 1, line - above + thickness
    crossing = inked & ~plain & (first < top) & (last > bottom)
    erase_first = np.where(plain, first, np.maximum(top, first))
    erase_last = np.where(plain, last, np.minimum(bottom, last))
    mask &= ~((y >= erase_first) & (y <= erase_last) & inked & ~crossing)
    return True
