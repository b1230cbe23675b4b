"""Digits with their labels, ready for a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.digit import SIZE, PreparedDigit, prepare_leniently


@dataclass(frozen=True, slots=True, eq=False)
class LabelledDigits:
    """Pictures of one digit each, in MNIST's form.

    images: (n, 28, 28) uint8, ink 255 on paper 0. labels: (n,) int64, 0..9. `source` says where
    they come from, `sha256` which they are. `ambiguous`: those of which imaging has more to say
    than one image shows, by their place.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    source: str
    sha256: str
    ambiguous: Mapping[int, PreparedDigit] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)


def as_bytes(digit: PreparedDigit | None) -> npt.NDArray[np.uint8]:
    """Return what imaging made of a picture as (28, 28) uint8, ink 255; None is blank."""
    if digit is None:
        return np.zeros((SIZE, SIZE), np.uint8)
    return np.rint(np.clip(digit.image, 0.0, 1.0) * 255).astype(np.uint8)


def prepare_if_found(grey: npt.NDArray[np.uint8], or_none: bool = True) -> PreparedDigit | None:
    """Return what imaging makes of grey (H, W), None where it finds no digit.

    Raises: NoDigitFound: it finds none, and not `or_none`.
    """
    try:
        return prepare_leniently(grey)
    except NoDigitFound:
        if not or_none:
            raise
        return None


def prepare_all(
    pictures: Iterable[npt.NDArray[np.uint8]], count: int
) -> tuple[npt.NDArray[np.uint8], dict[int, PreparedDigit]]:
    """Return `count` grey pictures after imaging, and the ambiguous ones by their place.

    (count, 28, 28) uint8, blank where imaging finds no digit: the reader's mistake, which counts.
    """
    images = np.zeros((count, SIZE, SIZE), np.uint8)
    ambiguous: dict[int, PreparedDigit] = {}
    for place, grey in enumerate(pictures):
        digit = prepare_if_found(grey)
        images[place] = as_bytes(digit)
        if digit is not None and digit.is_ambiguous:
            ambiguous[place] = digit
    return images, ambiguous
