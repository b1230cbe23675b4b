"""Cell borders and ruled lines taken off a mask, leaving the strokes that cross them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_COVERAGE = 0.85
"""Share of the picture's side that a line covers; a digit's own strokes rarely span so much."""

MAX_TILT = 0.1
"""Rise of a line over its length: 0.1 is 6 degrees."""

MAX_LINES = 4
"""Lines of one direction in a picture of one digit, at most."""

MAX_THICKNESS = 0.15
"""Thickness of a line over the picture's side; what is thicker is a shadow or a blot."""


def without_lines(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a copy of the mask (H, W) without lines that run from side to side, either way."""
    bare = mask.copy()
    _erase_rows(bare)
    _erase_rows(bare.T)
    return bare


def _erase_rows(mask: NDArray[np.bool_]) -> None:
    """Erase, in place, lines that run from the left side to the right."""
    for _ in range(MAX_LINES):
        line = _find_row(mask)
        if line is None or not _erase_row(mask, line):
            return


def _find_row(mask: NDArray[np.bool_]) -> NDArray[np.intp] | None:
    """Return the y (W,) at every x of the straightest line across the mask, if there is one."""
    height, width = mask.shape
    reach = int(MAX_TILT * width)
    if height < 4 or width < 4:
        return None
    # Lines in photographs bend by a pixel: let the rows above and below count.
    thick = mask.copy()
    thick[1:] |= mask[:-1]
    thick[:-1] |= mask[1:]
    # A quick look first: a line leaves ink in nearly every column of some band.
    padded = np.pad(thick, ((reach, reach), (0, 0)))
    columns = np.arange(width)
    best_coverage, best = 0.0, None
    for rise in range(-reach, reach + 1, max(1, reach // 6)):
        shift = np.round(rise * (columns / (width - 1) - 0.5)).astype(np.intp)
        starts = (np.arange(height) + reach)[:, None] + shift
        coverage = padded[starts, columns].sum(axis=1)
        row = int(coverage.argmax())
        if coverage[row] > best_coverage:
            best_coverage, best = float(coverage[row]), row + shift
    if best is None or best_coverage < LEAST_COVERAGE * width:
        return None
    return best.clip(0, height - 1)


def _erase_row(mask: NDArray[np.bool_], line: NDArray[np.intp]) -> bool:
    """Erase the line from the mask, in place, but for strokes that cross it; False if too thick."""
    height, width = mask.shape
    columns = np.arange(width)
    y = np.arange(height)[:, None]
    # The run of ink through the line in each column: up to the first gap above and below.
    gap = ~mask
    above = np.where(gap & (y <= line), y, -1)
    below = np.where(gap & (y >= line), y, height)
    first = above.max(axis=0) + 1
    last = below.min(axis=0) - 1
    runs = last - first + 1
    inked = mask[line, columns]
    if not inked.any():
        # Only the widened rows touch it: look one row up and down.
        return False
    thickness = int(np.median(runs[inked]))
    if thickness > max(2, MAX_THICKNESS * height):
        return False
    plain = inked & (runs <= 1.5 * thickness + 1)
    middle_first = int(np.median((first - line)[plain])) if plain.any() else -(thickness // 2)
    top = line + middle_first - 1
    bottom = top + thickness + 1
    crossing = inked & ~plain & (first < top) & (last > bottom)
    erase_first = np.where(plain, first, np.maximum(top, first))
    erase_last = np.where(plain, last, np.minimum(bottom, last))
    erased = (y >= erase_first) & (y <= erase_last) & inked & ~crossing
    mask &= ~erased
    return True
