"""Writers: where a digit's ink comes from, with one hand's habits kept along a string or a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from digit_ocr.synthesis.displays import draw_display_digit, random_display
from digit_ocr.synthesis.fonts import Font, foot_of, installed_fonts, printed, printed_text
from digit_ocr.synthesis.letters import DESCENDING, WORD_CHARACTERS, draw_letter, random_word
from digit_ocr.synthesis.restyle import (
    add_bar,
    add_serif,
    add_slash,
    add_upstroke,
    change_thickness,
    distort,
    enlarge_mnist,
    half_width,
    set_half_width,
    shear,
    wear,
)
from digit_ocr.synthesis.signs import DRAWN_AS_LETTERS, SIGN_SHARES, sign_strokes
from digit_ocr.synthesis.strokes import HEIGHT_PIXELS, draw_digit, draw_strokes, random_style

Ink = npt.NDArray[np.float32]

KIND_SHARES = {"mnist": 0.55, "strokes": 0.33, "font": 0.12}
HAND_SHARE = 0.25
"""Of all writers, those that write a handwriting font where there are any."""
PRINT_SHARE, DISPLAY_SHARE = 0.08, 0.03
"""Likewise, those that print a fetched font where there are any, and displays of seven segments,
which are no hands but what else numbers are read from."""
UNEVENNESS = 0.025
"""How far a hand strays from its font each time, as a share of a digit's height."""
# 1 and 7 look most unlike MNIST's elsewhere, and a 1 is the easiest to overlook.
DIGIT_SHARES = np.array([1.0, 1.45, 1.0, 1.0, 1.05, 1.0, 1.0, 1.3, 1.0, 1.05])
DIGIT_SHARES /= DIGIT_SHARES.sum()
LONE_ONE_SHARE = 0.2
"""Of the numbers of one digit, those made a 1: alone it looks like a border or a bracket."""


class Hand(Protocol):
    """What writes: digits, letters, signs and words as tight ink, (h, w) float32; a `Writer`."""

    kind: str

    @property
    def sets_words(self) -> bool: ...

    def digit(self, digit: int, rng: np.random.Generator) -> Ink: ...

    def letter(self, rng: np.random.Generator, characters: str = ...) -> Ink: ...

    def sign(self, sign: str, rng: np.random.Generator) -> tuple[Ink, float]: ...

    def word(self, letters: int, rng: np.random.Generator) -> tuple[Ink, float]: ...


class GlyphSource:
    """All that digits are made of: MNIST's training digits, drawn strokes and fonts."""

    def __init__(
        self,
        mnist_images: npt.NDArray[np.uint8],
        mnist_labels: npt.NDArray[np.int64],
        held_back: bool = False,
        hands: Sequence[Font] = (),
        prints: Sequence[Font] = (),
    ) -> None:
        """Take MNIST's training pictures: (n, 28, 28) uint8, ink bright, and labels (n,).

        `held_back` gives the fonts and letters that are kept for tests instead of those for
        training. `hands`, `prints`: fonts that some of the writers write besides.
        """
        self.images = mnist_images
        self.labels = mnist_labels
        self.held_back = held_back
        self.hands = tuple(hands)
        self.prints = tuple(prints)
        self.indices = [np.flatnonzero(mnist_labels == digit) for digit in range(10)]
        self.mean_slants = [
            float(np.mean([slant_of(mnist_images[i]) for i in indices[:200]] or [0.0]))
            for indices in self.indices
        ]

    def writer(self, rng: np.random.Generator, kind: str | None = None) -> Writer:
        """Return a writer of kind mnist, strokes, font, hand or display; by chance where None."""
        # What is kept for tests stays what it was.
        if kind is None and not self.held_back and rng.random() < DISPLAY_SHARE:
            kind = "display"
        if kind is None and self.prints and rng.random() < PRINT_SHARE:
            return Writer(self, "font", rng, self.prints)
        if kind is None and self.hands and rng.random() < HAND_SHARE:
            kind = "hand"
        if kind is None:
            kind = str(rng.choice(list(KIND_SHARES), p=list(KIND_SHARES.values())))
        if kind == "font" and not installed_fonts(self.held_back):
            kind = "strokes"
        fonts = self.hands if kind == "hand" else installed_fonts(self.held_back)
        return Writer(self, kind, rng, fonts)


class Writer:
    """One hand: every digit from the same kind of source, with shared slant, pen and habits."""

    def __init__(
        self, source: GlyphSource, kind: str, rng: np.random.Generator, fonts: Sequence[Font] = ()
    ) -> None:
        """Take one of the fonts where the kind is font or hand."""
        self.source = source
        self.kind = kind
        self.style = random_style(rng)
        self.font: Font | None = None
        # Some strings are of many hands: each picture of MNIST as its own writer left it.
        is_one_hand = rng.random() < 0.75
        self._keeps_slant = is_one_hand and rng.random() < 0.85
        self._keeps_pen = is_one_hand and rng.random() < 0.85
        self._wears = rng.random() < 0.08
        self._upstroke_chance = 0.85 if rng.random() < 0.45 else 0.05
        self._foot_chance = 0.8 if rng.random() < 0.2 else 0.03
        self._bar_chance = 0.9 if rng.random() < 0.35 else 0.03
        self._serif_chance = 0.85 if rng.random() < 0.25 else 0.03
        self._slash_chance = 0.9 if rng.random() < 0.05 else 0.0
        if kind == "display":
            self._display = random_display(rng)
        if kind in ("font", "hand"):
            self.font = fonts[int(rng.integers(len(fonts)))]
            self.style = replace(self.style, slant=self.style.slant * 0.4)
            changes_pen = kind == "hand" or rng.random() < 0.4
            self._thickening = float(rng.normal(0, 1)) if changes_pen else 0.0

    @property
    def sets_words(self) -> bool:
        """Whether this hand has a `word` whose letters stand as they should."""
        return self.font is not None

    def digit(self, digit: int, rng: np.random.Generator) -> Ink:
        """Return the digit in this hand: (about 64, width) float32 ink 1.0 on 0.0, tight."""
        # Of the user's own digits some may be missing: those are drawn.
        if self.kind == "mnist" and len(self.source.indices[digit]):
            ink = self._mnist(digit, rng)
        elif self.font is not None:
            shape = printed(str(digit), self.font)
            ink = draw_digit(digit, rng, self.style) if shape is None else self._as_printed(shape)
            if self.kind == "hand":
                ink = distort(ink, rng, UNEVENNESS * HEIGHT_PIXELS)
        elif self.kind == "display":
            ink = draw_display_digit(digit, self._display)
        else:
            ink = draw_digit(digit, rng, self.style)
        return wear(ink, rng) if self._wears and rng.random() < 0.6 else ink

    def letter(self, rng: np.random.Generator, characters: str = WORD_CHARACTERS) -> Ink:
        """Return one of these letters or signs in this hand, as `digit` returns a digit."""
        character = characters[int(rng.integers(len(characters)))]
        if self.font is not None:
            return self._print(character, rng)
        return draw_letter(character, rng, self.style, held_back=self.source.held_back)

    def sign(self, sign: str, rng: np.random.Generator) -> tuple[Ink, float]:
        """Return a letter or sign as `digit` returns a digit, and where its foot stands.

        In heights of the digits, from their top: 1 is their own foot.
        """
        if self.font is not None and (ink := printed(sign, self.font)) is not None:
            return ink, foot_of(sign, self.font)
        if sign in DRAWN_AS_LETTERS or (sign.isalpha() and sign not in SIGN_SHARES):
            return self.letter(rng, sign), 1.3 if sign in DESCENDING else 1.0
        strokes = sign_strokes(sign, rng)
        # A pen that only touches the paper leaves a dot wider than its line, or no wider.
        swelling = float(rng.uniform(1.0, 1.7)) if sign in ".:" else 1.0
        style = replace(self.style, pen=self.style.pen * swelling, taper=0.0)
        foot = max(y for stroke in strokes for arc in stroke for _, y in arc)
        return draw_strokes(strokes, rng, style), foot + style.pen / 2

    def word(self, letters: int, rng: np.random.Generator) -> tuple[Ink, float]:
        """Return a word of so many letters as the font sets it, in the form of `sign`.

        Only where the hand `sets_words`.
        """
        assert self.font is not None
        ink, foot = printed_text(random_word(rng, letters), self.font)
        return self._as_printed(ink), foot

    def _mnist(self, digit: int, rng: np.random.Generator) -> Ink:
        indices = self.source.indices[digit]
        image = self.source.images[indices[int(rng.integers(len(indices)))]]
        ink = enlarge_mnist(image)
        if self._keeps_slant:
            wanted = self.source.mean_slants[digit] + self.style.slant - 0.1
            change = wanted + rng.normal(0, 0.05) - slant_of(image)
            ink = shear(ink, float(np.clip(change, -0.6, 0.6)))
        if self._keeps_pen:
            wanted_pixels = self.style.pen * HEIGHT_PIXELS / 2 * float(np.exp(rng.normal(0, 0.08)))
            ink = set_half_width(ink, wanted_pixels)
        if digit == 1 and rng.random() < self._upstroke_chance:
            return add_upstroke(ink, rng, foot=bool(rng.random() < self._foot_chance))
        if digit == 7:
            if rng.random() < self._serif_chance:
                ink = add_serif(ink, rng)
            return add_bar(ink, rng) if rng.random() < self._bar_chance else ink
        if digit == 0 and rng.random() < self._slash_chance:
            return add_slash(ink, rng)
        return ink

    def _print(self, character: str, rng: np.random.Generator) -> Ink:
        assert self.font is not None
        ink = printed(character, self.font)
        if ink is None:
            return draw_letter(character, rng, self.style, held_back=self.source.held_back)
        return self._as_printed(ink)

    def _as_printed(self, ink: Ink) -> Ink:
        """Return ink of the font as this writer prints: how slanted, thick and wide."""
        if abs(self.style.slant) > 0.05:
            ink = shear(ink, self.style.slant)
        if self._thickening:
            ink = change_thickness(ink, max(self._thickening * 1.5, -0.4 * half_width(ink)))
        if abs(self.style.aspect - 1) > 0.1:
            width = max(2, round(ink.shape[1] * self.style.aspect))
            ink = cv2.resize(ink, (width, ink.shape[0]), interpolation=cv2.INTER_AREA)
        return np.array(np.minimum(ink, 1), np.float32)


def slant_of(image: npt.NDArray[np.uint8]) -> float:
    """Return by how many pixels a row the ink leans to the right, from its second moments."""
    moments = cv2.moments(image)
    return -float(moments["mu11"] / moments["mu02"]) if moments["mu02"] > 1e-3 else 0.0
