"""Rings and frames drawn around what is written: they hold it and are no part of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.components import Components, filled, find_components, grown

LEAST_HEIGHT = 6
"""Pixels of what a ring holds; less is a speck."""
LEAST_HELD = 0.35
"""Height of what a ring holds, in heights of the ring; a 0 may have a dot in it."""
EDGES = 4
"""Of a ring's two sides in most rows of pixels; of boxes side by side there are more."""
WITHIN = 0.5
"""Share of a piece that must have the ring on all four sides: where it is open, some has not."""
LEAST_TOUCHING = 0.35
"""Height of what touches a ring inside and stays, in heights of what stands clear in it."""
THINNER = 0.25
"""Share of the places at which a ring's line is thinner than it is taken to be."""


def without_rings(ink: NDArray[np.float32], pieces: Components) -> NDArray[np.float32]:
    """Return the ink (H, W) without rings and frames around other ink; itself where none is.

    Of a digit that touches its ring nothing goes but what lies in the ring's line.

    pieces: of its strokes
    """
    heights = heights_held(pieces)
    if not heights.any():
        return ink
    rings = np.zeros(ink.shape, np.bool_)
    for index in np.flatnonzero(heights):
        x0, y0, x1, y1 = pieces.boxes[index].tolist()
        own = pieces.labels[y0:y1, x0:x1] == index + 1
        rings[y0:y1, x0:x1] |= own & ~_touching(own, LEAST_TOUCHING * heights[index])
    # With its rim, but nothing of what else is a stroke.
    return np.where(grown(rings, 1) & ((pieces.labels == 0) | rings), np.float32(0), ink)


def heights_held(pieces: Components) -> NDArray[np.int64]:
    """Return how high the highest is that each piece (n,) goes around, or nearly so; 0: no ring.

    A ring that touches all that it holds is one piece with it, and is not found; boxes in a row,
    which say where digits may stand, are none.
    """
    left, top, right, bottom = pieces.boxes.T
    heights = np.zeros(len(pieces), np.int64)
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
        held &= within >= WITHIN * pieces.areas
        heights[index] = (bottom - top)[held].max(initial=0)
    return heights


def _touching(ring: NDArray[np.bool_], least_height: float) -> NDArray[np.bool_]:
    """Return what of a ring (H, W) lies farther in than its line, where it is so high."""
    line = max(1, round(_line_width(ring)))
    outside = grown(~np.pad(filled(ring), line), line)[line:-line, line:-line]
    parts = find_components(ring & ~outside)
    heights = parts.boxes[:, 3] - parts.boxes[:, 1]
    return np.concatenate([[False], heights >= least_height]).take(parts.labels)


def _line_width(ring: NDArray[np.bool_]) -> float:
    """Return about how many pixels wide the line of a ring (H, W) is: mostly it is a bit wider."""
    widths = []
    for mask in (ring, ring[:, ::-1], ring.T, ring.T[:, ::-1]):
        rows = mask[mask.any(axis=1)]
        # Of the first ink of each row.
        beyond = np.logical_or.accumulate(rows, axis=1) & ~rows
        ends = np.where(beyond.any(axis=1), beyond.argmax(axis=1), rows.shape[1])
        widths.append(ends - rows.argmax(axis=1))
    return float(np.quantile(np.concatenate(widths), THINNER))
