"""Whether the writing of a page is darker than its paper, whatever else is light or dark there.

A desk around a sheet, or a shadow on it, decides how light most of a picture is. Strokes are what
is thin: a closing with a window wider than they are fills the dark ones, an opening takes the light
ones away, and neither changes a sheet's edge or a shadow's (Serra 1982, "Image Analysis and
Mathematical Morphology"; the differences are the bottom hat and the top hat).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digit_ocr.imaging.extremes import extreme_around, with_edge
from digit_ocr.imaging.ink import is_dark_on_light

LONGEST_SIDE, SHORTEST_SIDE = 512, 32
"""Pixels of the largest and the smallest picture that strokes are looked for in, each half as large
as the one before."""
WINDOW = 5
"""Pixels there, wider than a stroke."""
GRAIN = 2
"""Times the median of a picture's differences, which the paper's grain makes up to that."""
LEAST_ODDS = 0.25
"""Of dark to light strokes, in powers of two, from which they decide."""


def is_writing_dark(grey: NDArray[np.uint8]) -> bool:
    """Return whether the strokes of a page (H, W) uint8 are darker than what is around them.

    Where as many are lighter, or there are none, it is decided as for a crop.
    """
    odds = odds_of_dark_strokes(grey)
    return odds > 0 if abs(odds) >= LEAST_ODDS else is_dark_on_light(grey)


def odds_of_dark_strokes(grey: NDArray[np.uint8]) -> float:
    """Return how much more of a page (H, W) uint8 is dark strokes than light ones.

    In powers of two: below 0 where light ones are more.
    """
    factor = math.ceil(max(grey.shape) / LONGEST_SIDE)
    picture = Image.fromarray(grey).reduce(factor).filter(ImageFilter.GaussianBlur(1))
    dark, light, weight = 1.0, 1.0, 1.0
    while True:
        levels = np.asarray(picture)
        dark += weight * _squares(_closed(levels) - levels)
        light += weight * _squares(_closed(255 - levels) - (255 - levels))
        if min(picture.size) < 2 * SHORTEST_SIDE:
            return math.log2(dark / light)
        picture, weight = picture.reduce(2), 2 * weight


def _closed(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture with what is dark and narrower than the window filled."""
    reach = WINDOW // 2
    widened = extreme_around(with_edge(levels, 2 * reach), WINDOW, np.maximum)
    return extreme_around(widened, WINDOW, np.minimum)


def _squares(differences: NDArray[np.uint8]) -> float:
    """Return the sum of the squares of what is beyond the paper's grain."""
    counts = np.bincount(differences.ravel(), minlength=256)
    median = int(counts.cumsum().searchsorted(differences.size / 2))
    beyond = np.maximum(np.arange(256.0) - GRAIN * median, 0)
    return float(counts @ (beyond * beyond))
