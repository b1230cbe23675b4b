"""Writers, fonts and letters."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.synthesis.fonts import HELD_BACK_FONTS, TRAINING_FONTS, installed_fonts, printed
from digit_ocr.synthesis.glyphs import GlyphSource, slant_of
from digit_ocr.synthesis.letters import (
    CLEARLY_NO_DIGIT,
    HELD_BACK_LETTERS,
    WORD_CHARACTERS,
    draw_letter,
)
from digit_ocr.synthesis.strokes import random_style


@pytest.mark.parametrize("kind", ["mnist", "strokes", "font", "display"])
def test_a_writer_of_each_kind_writes_every_digit_and_letters(
    glyph_source: GlyphSource, kind: str
) -> None:
    rng = np.random.default_rng(0)
    for _ in range(3):
        writer = glyph_source.writer(rng, kind)
        for ink in [*(writer.digit(digit, rng) for digit in range(10)), writer.letter(rng)]:
            assert ink.dtype == np.float32
            assert 0 <= ink.min() <= ink.max() <= 1
            assert ink.max() > 0.4
            assert 8 <= max(ink.shape) <= 220


def test_a_digit_of_which_there_is_no_picture_is_drawn() -> None:
    source = GlyphSource(np.full((1, 28, 28), 255, np.uint8), np.array([7]))
    rng = np.random.default_rng(0)
    assert source.writer(rng, "mnist").digit(9, rng).max() > 0.4


def test_the_same_seed_gives_the_same_hand(glyph_source: GlyphSource) -> None:
    def word(seed: int) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        writer = glyph_source.writer(rng)
        return [writer.digit(digit, rng) for digit in (1, 7, 4)]

    for first, second in zip(word(4), word(4), strict=True):
        assert np.array_equal(first, second)


def test_no_glyph_can_be_changed_through_another(glyph_source: GlyphSource) -> None:
    rng = np.random.default_rng(2)
    writer = glyph_source.writer(rng, "font")
    first = writer.digit(3, rng)
    first[:] = 1
    assert writer.digit(3, rng).min() < 1


def test_letters_that_look_like_digits_are_never_called_no_digit() -> None:
    assert not set("OoIl|SsBbgqZzDQij") & set(CLEARLY_NO_DIGIT + HELD_BACK_LETTERS)


@pytest.mark.parametrize("held_back", [False, True])
def test_every_letter_and_sign_is_drawn(held_back: bool) -> None:
    rng = np.random.default_rng(1)
    for character in WORD_CHARACTERS + CLEARLY_NO_DIGIT:
        ink = draw_letter(character, rng, random_style(rng), held_back)
        assert ink.max() > 0.4


def test_held_back_letters_are_drawn_otherwise_than_in_training() -> None:
    style = random_style(np.random.default_rng(0), pen=0.05)
    for letter in HELD_BACK_LETTERS:
        trained, other = (
            draw_letter(letter, np.random.default_rng(1), style, held_back)
            for held_back in (False, True)
        )
        assert trained.shape != other.shape or not np.array_equal(trained, other)


def test_no_font_is_both_trained_on_and_held_back() -> None:
    assert not set(TRAINING_FONTS) & set(HELD_BACK_FONTS)
    families = {font.package for font in TRAINING_FONTS}
    assert {font.package for font in HELD_BACK_FONTS} - families


def test_printed_digits_are_about_64_pixels_high() -> None:
    for font in installed_fonts():
        ink = printed("8", font)
        assert ink is not None
        assert abs(ink.shape[0] - 64) <= 4


def test_slant_is_measured_from_the_ink() -> None:
    picture = np.zeros((28, 28), np.uint8)
    for y in range(28):
        picture[y, 21 - y // 2] = 255
    assert slant_of(picture) == pytest.approx(0.5, abs=0.05)
    assert slant_of(np.zeros((28, 28), np.uint8)) == 0
