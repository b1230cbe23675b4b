"""Digits with their labels, ready for a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class LabelledDigits:
    """Pictures of one digit each, in MNIST's form.

    images: (n, 28, 28) uint8, ink 255 on paper 0. labels: (n,) int64, 0..9. `source` says where
    they come from, `sha256` which they are.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    source: str
    sha256: str

    def __len__(self) -> int:
        return len(self.labels)


def as_bytes(image: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return ink in 0..1 (any shape, float32) as uint8 in 0..255."""
    return np.rint(np.clip(image, 0.0, 1.0) * 255).astype(np.uint8)
