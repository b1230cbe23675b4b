"""Numbers and digits in fonts held back from training, photographed: handwriting, print, displays.

The fonts are there once `digit-ocr data fetch fonts` has fetched them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_ocr.synthesis.fetched_fonts import (
    installed_displays,
    installed_hands,
    installed_prints,
)
from digit_ocr.synthesis.fonts import Font, printed_text
from digit_ocr.synthesis.paper import photograph

Grey = NDArray[np.uint8]
LONGEST = 6
HEIGHTS = (0.4, 1.0)
"""Of digits, as shares of the 64 pixels that they are drawn at."""
STRENGTH = 0.4
"""How bad paper, light and camera are, of 1."""


@dataclass(frozen=True, slots=True)
class FontSet:
    """Fonts that nothing has learned from, and how many numbers and digits are read of each."""

    name: str
    fonts: tuple[Font, ...]
    numbers: int
    digits: int
    seeds: tuple[int, int]
    """Of the numbers and of the digits."""


def font_sets() -> list[FontSet]:
    """Return what has been fetched."""
    sets = [
        FontSet("handwriting fonts, held back", installed_hands(held_back=True), 13, 30, (71, 72)),
        FontSet("fonts of print, held back", installed_prints(held_back=True), 10, 20, (73, 75)),
        FontSet("displays of seven segments", installed_displays(), 25, 50, (74, 76)),
    ]
    return [one for one in sets if one.fonts]


def numbers_in(fonts: FontSet) -> Iterator[tuple[Grey, str]]:
    """Yield photographed numbers of one to six digits in each of the fonts, and their text."""
    for place, font in enumerate(fonts.fonts):
        rng = np.random.default_rng((fonts.seeds[0], place))
        for _ in range(fonts.numbers):
            text = "".join(map(str, rng.integers(0, 10, rng.integers(1, LONGEST + 1))))
            yield _photographed(text, font, rng), text


def digits_in(fonts: FontSet) -> Iterator[tuple[Grey, int]]:
    """Yield each digit several times in each of the fonts, and which it is."""
    for place, font in enumerate(fonts.fonts):
        rng = np.random.default_rng((fonts.seeds[1], place))
        for count in range(fonts.digits):
            yield _photographed(str(count % 10), font, rng), count % 10


def _photographed(text: str, font: Font, rng: np.random.Generator) -> Grey:
    ink, _ = printed_text(text, font)
    margins = [tuple(rng.integers(12, 48, 2).tolist()) for _ in range(2)]
    height = rng.uniform(*HEIGHTS)
    whole = np.pad(ink, margins)
    size = max(8, round(whole.shape[1] * height)), max(8, round(whole.shape[0] * height))
    return photograph(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), rng, STRENGTH)
