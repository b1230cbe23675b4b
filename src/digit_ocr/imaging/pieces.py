"""Which pieces of ink are the digit: the most central one, less its lines, with its parts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.components import Components, describe_components, label_components
from digit_ocr.imaging.ruling import without_lines

CENTRE_SPREAD = 0.2
"""Standard deviation, in picture sides, of the weight that ink has around the middle."""

EDGE_WEIGHT = 0.4
"""Weight of a piece that reaches in from the picture's edge beside one that lies inside."""

SPLIT_THRESHOLD = 0.3
"""Share of the digit's own darkness below which ink does not join pieces."""


def parts_of_digit(ink: NDArray[np.float32], labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the mask (H, W) of the digit in ink (H, W), whose pieces are labelled from 1 on.

    Raises: NoDigitFound: lines alone.
    """
    pieces = describe_components(labels)
    main = most_central(ink, pieces)
    if _touches_edge(pieces, main):
        labels = _without_lines(labels, main)
        pieces = describe_components(labels)
        if len(pieces) == 0:
            raise NoDigitFound("no digit found: only lines")
        main = most_central(ink, pieces)
    members = [index + 1 for index in _members(main, pieces)]
    mask: NDArray[np.bool_] = np.isin(labels, members)
    return mask


def most_central(ink: NDArray[np.float32], pieces: Components) -> int:
    """Return the index of the piece with the most ink near the picture's middle."""
    height, width = ink.shape
    weights = ink * _bell(height)[:, None] * _bell(width)
    mass = np.bincount(pieces.labels.ravel(), weights.ravel(), len(pieces) + 1)[1:]
    inside = [not _touches_edge(pieces, index) for index in range(len(pieces))]
    return int(np.argmax(mass * np.where(inside, 1.0, EDGE_WEIGHT)))


def _bell(count: int) -> NDArray[np.float32]:
    places = (np.arange(count, dtype=np.float32) + 0.5) / count - 0.5
    return np.exp(-(places**2) / (2 * CENTRE_SPREAD**2))


def _touches_edge(pieces: Components, index: int) -> bool:
    left, top, right, bottom = pieces.boxes[index]
    height, width = pieces.labels.shape
    return bool(left == 0 or top == 0 or right == width or bottom == height)


def _without_lines(labels: NDArray[Any], main: int) -> NDArray[Any]:
    """Return new labels with the lines taken off the piece `main`, if it is more than lines."""
    mask = labels == main + 1
    bare = without_lines(mask)
    if bare.all() == mask.all() and np.array_equal(bare, mask):
        return labels
    return label_components((labels > 0) & ~(mask & ~bare))[0]


def _members(main: int, pieces: Components) -> list[int]:
    """Return the indices of the pieces that belong to the digit `main`, itself among them."""
    left, top, right, bottom = pieces.boxes[main].tolist()
    size = max(right - left, bottom - top)
    members = [main]
    for index, (x0, y0, x1, y1) in enumerate(pieces.boxes.tolist()):
        if index == main or _touches_edge(pieces, index):
            continue
        gap = max(x0 - right, left - x1, y0 - bottom, top - y1, 0)
        shared = min(x1, right) - max(x0, left)
        is_speck = max(x1 - x0, y1 - y0) < 0.12 * size
        is_underline = y0 >= bottom and y1 - y0 < 0.25 * (x1 - x0)
        if is_speck or is_underline:
            nearest = 0.04 * size
        elif shared >= 0.5 * (x1 - x0):
            nearest = 0.2 * size
        else:
            nearest = 0.1 * size if y1 - y0 < 0.6 * size else 0.0
        if gap <= nearest:
            members.append(index)
    return members
