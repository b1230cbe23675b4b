"""Whether what is light in a picture is a sheet with dark writing that lies on something dark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.components import filled, find_components
from digit_ocr.imaging.extremes import extreme_around

LEAST_SHARE = 0.5
"""Of the picture's height and of its width, that a sheet takes."""
RECTANGULAR = 0.88
"""Share of the smallest rectangle around it that a sheet fills, whose corners perspective moves;
an ellipse, or a thick 0, fills 0.79."""
ANGLES = np.deg2rad(np.arange(-44, 45, 4))
"""Of that rectangle's sides."""
WRITTEN = (0.01, 0.35)
"""Shares of a sheet, between which what is written on it lies."""
BARE = 0.2
"""Of the sheet's longer side: somewhere a square as large is bare, as in no light stroke."""


def is_sheet_on_dark(is_light: NDArray[np.bool_]) -> bool:
    """Return whether the largest light piece of a picture (H, W) is a sheet that is written on.

    It is a rectangle, maybe tilted, some of it bare.
    """
    pieces = find_components(is_light)
    if not len(pieces):
        return False
    largest = int(pieces.areas.argmax())
    left, top, right, bottom = pieces.boxes[largest].tolist()
    if min((right - left) / is_light.shape[1], (bottom - top) / is_light.shape[0]) < LEAST_SHARE:
        return False
    light = pieces.labels[top:bottom, left:right] == largest + 1
    sheet = filled(light)
    written = 1 - float(light[sheet].mean())
    if not WRITTEN[0] <= written <= WRITTEN[1] or _rectangularity(sheet) < RECTANGULAR:
        return False
    side = max(3, round(BARE * max(light.shape)))
    return side <= min(light.shape) and bool(extreme_around(light, side, np.minimum).any())


def _rectangularity(mask: NDArray[np.bool_]) -> float:
    """Return which share of the smallest rectangle around it a mask fills."""
    rows = np.flatnonzero(mask.any(axis=1))
    first, last = mask[rows].argmax(axis=1), mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    x, y = np.concatenate([first, last] * 2), np.concatenate([rows, rows, rows + 1, rows + 1])
    cos, sin = np.cos(ANGLES)[:, None], np.sin(ANGLES)[:, None]
    areas = np.ptp(x * cos + y * sin, axis=1) * np.ptp(y * cos - x * sin, axis=1)
    return float(mask.sum() / areas.min())
