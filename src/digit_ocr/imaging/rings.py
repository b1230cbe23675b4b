"""Rings and frames drawn around what is written: they hold it and are no part of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.components import Components, filled, grown

LEAST_HEIGHT = 6
"""Pixels of what a ring holds; less is a speck."""
LEAST_HELD = 0.35
"""Height of what a ring holds, in heights of the ring; a 0 may have a dot in it."""
EDGES = 4
"""Of a ring's two sides in most rows of pixels; of boxes side by side there are more."""
WITHIN = 0.5
"""Share of a piece that must have the ring on all four sides: where it is open, some has not."""


def without_rings(ink: NDArray[np.float32], pieces: Components) -> NDArray[np.float32]:
    """Return the ink (H, W) without rings and frames around other ink; itself where none is.

    pieces: of its strokes
    """
    are_rings = find_rings(pieces)
    if not are_rings.any():
        return ink
    rings = np.concatenate([[False], are_rings]).take(pieces.labels)
    # With its rim, but nothing of what else is a stroke.
    return np.where(grown(rings, 1) & ((pieces.labels == 0) | rings), np.float32(0), ink)


def find_rings(pieces: Components) -> NDArray[np.bool_]:
    """Return which of the pieces (n,) go around another one, all around or nearly so.

    A ring that touches what it holds is one piece with it, and is not found; boxes in a row, which
    say where digits may stand, are none.
    """
    left, top, right, bottom = pieces.boxes.T
    are_rings = np.zeros(len(pieces), np.bool_)
    is_large = bottom - top >= LEAST_HEIGHT
    for index in np.flatnonzero(is_large):
        x0, y0, x1, y1 = pieces.boxes[index].tolist()
        held = (left > x0) & (top > y0) & (right < x1) & (bottom < y1) & is_large
        held &= bottom - top >= LEAST_HELD * (y1 - y0)
        if not held.any():
            continue
        labels = pieces.labels[y0:y1, x0:x1]
        own = labels == index + 1
        if np.median(np.diff(own, axis=1, prepend=False, append=False).sum(axis=1)) > EDGES:
            continue
        within = np.bincount(labels[filled(own)], minlength=len(pieces) + 1)[1:]
        are_rings[index] = bool((held & (within >= WITHIN * pieces.areas)).any())
    return are_rings
