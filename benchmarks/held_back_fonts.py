"""Numbers and digits in fonts held back from training, photographed: handwriting, print, displays.

The fonts are there once `digit-ocr data fetch fonts` has fetched them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
SEED = 71
NUMBERS_OF_HAND, NUMBERS_OF_PRINT, NUMBERS_OF_DISPLAY, DIGITS_OF_HAND = 13, 10, 25, 30
LONGEST = 6
HEIGHTS = (0.4, 1.0)
"""Of digits, as shares of the 64 pixels that they are drawn at."""
STRENGTH = 0.4
"""How bad paper, light and camera are, of 1."""


def hand_numbers() -> Iterator[tuple[Grey, str]]:
    """Yield photographed numbers of one to six digits in each held-back hand, and their text."""
    yield from _numbers(installed_hands(held_back=True), NUMBERS_OF_HAND, SEED)


def print_numbers() -> Iterator[tuple[Grey, str]]:
    """Yield the same of held-back print."""
    yield from _numbers(installed_prints(held_back=True), NUMBERS_OF_PRINT, SEED + 2)


def display_numbers() -> Iterator[tuple[Grey, str]]:
    """Yield the same of displays, half of them light on dark."""
    numbers = _numbers(installed_displays(), NUMBERS_OF_DISPLAY, SEED + 3)
    for place, (picture, text) in enumerate(numbers):
        yield picture if place % 2 else 255 - picture, text


def hand_digits() -> Iterator[tuple[Grey, int]]:
    """Yield each digit three times in each held-back hand, and which it is."""
    for place, font in enumerate(installed_hands(held_back=True)):
        rng = np.random.default_rng((SEED + 1, place))
        for count in range(DIGITS_OF_HAND):
            yield _photographed(str(count % 10), font, rng), count % 10


def _numbers(fonts: Sequence[Font], count: int, seed: int) -> Iterator[tuple[Grey, str]]:
    """Yield `count` photographed numbers of one to six digits in each font, and their text."""
    for place, font in enumerate(fonts):
        rng = np.random.default_rng((seed, place))
        for _ in range(count):
            text = "".join(map(str, rng.integers(0, 10, rng.integers(1, LONGEST + 1))))
            yield _photographed(text, font, rng), text


def _photographed(text: str, font: Font, rng: np.random.Generator) -> Grey:
    ink, _ = printed_text(text, font)
    margins = [tuple(rng.integers(12, 48, 2).tolist()) for _ in range(2)]
    height = rng.uniform(*HEIGHTS)
    whole = np.pad(ink, margins)
    size = max(8, round(whole.shape[1] * height)), max(8, round(whole.shape[0] * height))
    return photograph(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), rng, STRENGTH)
