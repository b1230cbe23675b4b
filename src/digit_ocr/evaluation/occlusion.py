"""Where in a picture the ink is that decided the answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_ocr.inference.digit import DigitReader

PATCH = 5
STEP = 2


def map_occlusion(
    reader: DigitReader, images: NDArray[np.uint8], classes: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return (n, 28, 28) float32 in 0..1: how much hiding each place speaks against `classes` (n,).

    A square of paper moves over the picture; each place gets the mean fall of the log-odds of the
    class while it was hidden, 1 where most. Zeiler and Fergus 2014, "Visualizing and Understanding
    Convolutional Networks", section 4.2; log-odds, because sure answers hardly move in probability.
    """
    size = images.shape[1]
    maps = np.zeros(images.shape, np.float32)
    starts = range(-PATCH // 2 + 1, size - PATCH // 2, STEP)
    corners = [(top, left) for top in starts for left in starts]
    for place, picture, wanted in zip(maps, images, classes, strict=True):
        ink = np.divide(picture, 255, dtype=np.float32)
        hidden = np.repeat(ink[None], len(corners) + 1, axis=0)
        for copy, corner in zip(hidden[1:], corners, strict=True):
            copy[_patch(corner)] = 0
        chance = np.clip(reader.classify(hidden)[:, wanted], 1e-9, 1 - 1e-9)
        odds = np.log(chance / (1 - chance))
        total, times = np.zeros((size, size)), np.zeros((size, size))
        for corner, fall in zip(corners, odds[0] - odds[1:], strict=True):
            total[_patch(corner)] += max(0.0, float(fall))
            times[_patch(corner)] += 1
        mean = total / np.maximum(times, 1)
        place[:] = mean / max(float(mean.max()), 1e-6)
    return maps


def _patch(corner: tuple[int, int]) -> tuple[slice, slice]:
    top, left = corner
    return slice(max(0, top), top + PATCH), slice(max(0, left), left + PATCH)
