"""Pages of text without a digit, photographed, each way up: nothing must be read.

Set in the fonts that are held back from training, those of print and those of handwriting, so
nothing of this was learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digit_ocr.synthesis.fetched_fonts import installed_hands
from digit_ocr.synthesis.fonts import Font, face_of, installed_fonts
from digit_ocr.synthesis.paper import photograph

Grey = NDArray[np.uint8]
SEED = 70
SIZE = (800, 1000)
MARGIN = 60
DIGIT_HEIGHTS = (10, 16, 26)
"""Pixels that a digit of the font would have: three sizes of print."""
HAND_HEIGHT = 20
"""And of handwriting."""
TEXT = (
    "Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in "
    "my purse, and nothing particular to interest me on shore, I thought I would sail about a "
    "little and see the watery part of the world. It is a way I have of driving off the spleen and "
    "regulating the circulation. Whenever I find myself growing grim about the mouth; whenever it "
    "is a damp, drizzly November in my soul; whenever I find myself involuntarily pausing before "
    "coffin warehouses, and bringing up the rear of every funeral I meet; and especially whenever "
    "my hypos get such an upper hand of me, that it requires a strong moral principle to prevent "
    "me from deliberately stepping into the street, and methodically knocking people's hats off, "
    "then, I account it high time to get to sea as soon as I can. "
)
"""The first lines of Moby-Dick (Melville 1851)."""


def printed_pages() -> Iterator[Grey]:
    """Yield a page in each held-back font and size, turned by no to three quarters."""
    yield from _pages(installed_fonts(held_back=True), DIGIT_HEIGHTS)


def handwritten_pages() -> Iterator[Grey]:
    """Yield a page in each held-back handwriting font, turned likewise; none where none is."""
    yield from _pages(installed_hands(held_back=True), (HAND_HEIGHT,))


def _pages(fonts: Sequence[Font], heights: Sequence[int]) -> Iterator[Grey]:
    for place, font in enumerate(fonts):
        for height in heights:
            face = face_of(font, height)
            if face is None:
                continue
            ink = 1 - np.asarray(_set(face, round(2.1 * height)), np.float32) / 255
            page = photograph(ink, np.random.default_rng((SEED, place, height)), 0.4)
            for quarter_turns in range(4):
                yield np.ascontiguousarray(np.rot90(page, quarter_turns))


def _set(face, leading: int) -> Image.Image:  # type: ignore[no-untyped-def]
    """Return a page of the text, as often as it has room, ragged right."""
    page = Image.new("L", SIZE, 255)
    pen = ImageDraw.Draw(page)
    words = TEXT.split()
    x, y, place = MARGIN, MARGIN, 0
    while y < SIZE[1] - MARGIN - leading:
        word = words[place % len(words)]
        wide = round(pen.textlength(word + " ", face))
        if x > MARGIN and x + wide > SIZE[0] - MARGIN:
            x, y = MARGIN, y + leading
            continue
        pen.text((x, y), word, fill=20, font=face)
        x, place = x + wide, place + 1
    return page
