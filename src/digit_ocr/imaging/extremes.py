"""The largest or smallest value within a window, at a cost that hardly grows with the window."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def extreme_of_rows(values: NDArray[Any], window: int, extreme: np.ufunc) -> NDArray[Any]:
    """Return np.maximum or np.minimum over each `window` rows: (H - window + 1, W)."""
    # Spans of 1, 2, 4, … rows: a few array operations instead of a look at every neighbour.
    span = 1
    while 2 * span <= window:
        values = extreme(values[:-span], values[span:])
        span *= 2
    if window > span:
        values = extreme(values[: span - window], values[window - span :])
    return values


def extreme_around(values: NDArray[Any], window: int, extreme: np.ufunc) -> NDArray[Any]:
    """Return it over each window x window pixels that fit: (H - window + 1, W - window + 1)."""
    return extreme_of_rows(extreme_of_rows(values, window, extreme).T, window, extreme).T


def with_edge(values: NDArray[Any], reach: int) -> NDArray[Any]:
    """Return the picture (H, W) with its edge repeated: `np.pad` takes several times as long."""
    rows, columns = (np.arange(-reach, side + reach).clip(0, side - 1) for side in values.shape)
    return values.take(rows, axis=0).take(columns, axis=1)
