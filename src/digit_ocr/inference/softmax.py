"""From what a network says to probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def softmax(logits: ArrayLike, temperature: float = 1.0) -> NDArray[np.float64]:
    """Return probabilities (..., classes) float64 of logits, which are divided by `temperature`."""
    powers: NDArray[np.float64] = np.asarray(logits, np.float64) / temperature
    powers -= powers.max(axis=-1, keepdims=True)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers
