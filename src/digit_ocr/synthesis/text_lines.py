"""A piece of a page of text without a digit, printed or by hand, whichever way up it lies."""

from __future__ import annotations

import numpy as np

from digit_ocr.synthesis import clutter
from digit_ocr.synthesis.glyphs import Hand
from digit_ocr.synthesis.string_scene import Ink, Scene, beside_digits

LONGEST_WORD = 11
TURNS = (0.7, 0.07, 0.16, 0.07)
"""How often it lies turned by so many quarters: upside down it must not read as numbers either."""


def text_lines(hand: Hand, height: float, room: float, rng: np.random.Generator) -> Scene:
    """Return three lines of a hand that sets words, `writing` a piece of the middle one.

    `height` in pixels is that of the font's digits, `room` the pixels all around that piece.
    """
    turns = int(rng.choice(4, p=TURNS))
    # What is found on a page is often a part of a word, and of a line on its side a letter or two;
    # less of an upright one may well be an o or an l, which is a 0 or a 1 too.
    wide = height * (rng.uniform(0.6, 2.0) if turns % 2 else np.exp(rng.uniform(0.6, 2.1)))
    shape = int(np.ceil(height + 2 * room)) + 1, int(np.ceil(wide + 2 * room)) + 1
    ink = np.zeros(shape, np.float32)
    pitch = height * rng.uniform(1.4, 2.6)
    for foot in (room + height - pitch, room + height, room + height + pitch):
        _set_line(ink, hand, height, foot, rng)
    top, bottom = room, room + height
    left, right = room, room + wide
    for _ in range(turns):
        # A quarter turn to the left: what is right comes to lie on top.
        ink, (left, top, right, bottom) = (
            np.rot90(ink),
            (top, ink.shape[1] - right, bottom, ink.shape[1] - left),
        )
    box = left, top, right, bottom
    return Scene(np.ascontiguousarray(ink), box, height, [box])


def _set_line(ink: Ink, hand: Hand, height: float, foot: float, rng: np.random.Generator) -> None:
    """Set words across all of the ink, the first one cut anywhere."""
    space = rng.uniform(0.25, 0.5) * height
    x = -rng.uniform(0, 4) * height
    while x < ink.shape[1]:
        letters = int(rng.integers(2, LONGEST_WORD + 1))
        word, top = beside_digits(*hand.word(letters, rng), height)
        clutter.paste(ink, word, x, foot - height + top)
        x += word.shape[1] + space
