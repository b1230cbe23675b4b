"""Fetched fonts as writers: their digits, letters and words, a hand's never twice the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digit_ocr.data.font_packages import fonts_folder
from digit_ocr.synthesis import fetched_fonts, glyphs
from digit_ocr.synthesis.fetched_fonts import (
    DISPLAYS,
    HANDS,
    PRINTS,
    installed_displays,
    installed_hands,
    installed_prints,
    packages,
)
from digit_ocr.synthesis.fonts import TRAINING_FONTS, Font, is_installed, printed
from digit_ocr.synthesis.glyphs import DISPLAY_SHARE, HAND_SHARE, PRINT_SHARE, GlyphSource, Writer
from digit_ocr.synthesis.pool import pool_hash
from digit_ocr.synthesis.restyle import distort


@pytest.fixture
def hand() -> Font:
    """A font that every installation has, in the place of a handwriting one."""
    return TRAINING_FONTS[0]


@pytest.fixture
def source(glyph_source: GlyphSource, hand: Font) -> GlyphSource:
    return GlyphSource(glyph_source.images, glyph_source.labels, hands=[hand])


@pytest.fixture
def all_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All fonts, as if they had been fetched."""
    caches = installed_hands, installed_prints, installed_displays
    monkeypatch.setattr(fetched_fonts, "is_installed", lambda font: True)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("all_fonts")
@pytest.mark.parametrize(
    ("fonts", "installed"), [(HANDS, installed_hands), (PRINTS, installed_prints)]
)
def test_every_fourth_font_is_held_back_and_none_both_ways(
    fonts: tuple[Font, ...], installed: Callable[..., tuple[Font, ...]]
) -> None:
    trained, held_back = installed(), installed(held_back=True)
    assert not set(trained) & set(held_back)
    assert set(trained) | set(held_back) == set(fonts)
    assert len(trained) == pytest.approx(3 * len(held_back), abs=3)


@pytest.mark.usefixtures("all_fonts")
def test_no_display_is_learned_from() -> None:
    assert installed_displays() == DISPLAYS
    assert not set(DISPLAYS) & {*installed_hands(), *installed_prints(), *TRAINING_FONTS}


def test_every_font_has_a_package_and_an_open_licence() -> None:
    files = [(package.name, file) for package in packages() for file in package.files]
    fonts = HANDS + PRINTS + DISPLAYS
    assert files == [(font.package, font.file) for font in fonts]
    assert len(set(files)) == len(fonts)
    assert {font.licence for font in fonts} == {"OFL-1.1", "Apache-2.0"}


def test_fetched_font_is_found_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGIT_OCR_DATA", str(tmp_path))
    font = replace(HANDS[0], file="files/only-this-test.woff")
    place = fonts_folder() / font.package / font.file
    assert place.is_relative_to(tmp_path)
    place.parent.mkdir(parents=True)
    place.touch()
    assert is_installed(font)


def test_writers_write_hands_only_where_the_source_has_some(
    source: GlyphSource, glyph_source: GlyphSource
) -> None:
    def kinds(some: GlyphSource) -> Counter[str]:
        return Counter(some.writer(np.random.default_rng(seed)).kind for seed in range(400))

    assert kinds(source)["hand"] == pytest.approx(400 * HAND_SHARE, abs=40)
    assert kinds(glyph_source)["hand"] == 0


def test_writers_print_what_the_source_has_and_displays_are_learned_not_judged_by(
    glyph_source: GlyphSource, hand: Font
) -> None:
    def writers(held_back: bool, *prints: Font) -> list[Writer]:
        images, labels = glyph_source.images, glyph_source.labels
        source = GlyphSource(images, labels, held_back, prints=prints)
        return [source.writer(np.random.default_rng(seed)) for seed in range(1000)]

    def share(writers: list[Writer], kind: str, font: Font | None) -> float:
        return sum(writer.kind == kind and writer.font == font for writer in writers) / 1000

    printed_font = replace(hand, file="mpl-data/fonts/ttf/STIXGeneral.ttf")
    assert share(writers(False, printed_font), "font", printed_font) == pytest.approx(
        PRINT_SHARE, abs=0.03
    )
    assert share(writers(False), "display", None) == pytest.approx(DISPLAY_SHARE, abs=0.02)
    assert share(writers(True), "display", None) == 0


def test_hand_writes_a_digit_differently_each_time_yet_about_the_same(
    source: GlyphSource,
) -> None:
    writer = source.writer(np.random.default_rng(1), "hand")
    rng = np.random.default_rng(2)
    fours = [writer.digit(4, rng) for _ in range(6)]
    assert len({four.tobytes() for four in fours}) == 6
    areas = [float(four.sum()) for four in fours]
    assert max(areas) < 1.3 * min(areas)


def test_hand_sets_words_and_a_drawn_one_does_not(source: GlyphSource) -> None:
    rng = np.random.default_rng(3)
    assert source.writer(rng, "hand").sets_words
    assert source.writer(rng, "font").sets_words
    assert not source.writer(rng, "strokes").sets_words
    ink, foot = source.writer(rng, "hand").word(4, rng)
    assert ink.shape[1] > ink.shape[0] > 20
    assert 0.8 < foot < 1.6


def test_character_that_a_font_lacks_is_drawn_otherwise(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glyphs, "printed", lambda character, font: None)
    rng = np.random.default_rng(4)
    writer = source.writer(rng, "hand")
    for ink in (writer.digit(4, rng), writer.letter(rng, "K"), writer.sign("%", rng)[0]):
        assert ink.shape[0] > 20
        assert ink.max() > 0.4


def test_a_character_that_no_font_has_is_lacking(hand: Font) -> None:
    assert printed("\U000f1234", hand) is None
    assert printed("4", hand) is not None


def test_ink_distorted_by_nothing_stays_as_it_is() -> None:
    ink = np.zeros((64, 40), np.float32)
    ink[10:50, 8:14] = ink[44:50, 8:34] = 1.0
    same = distort(ink, np.random.default_rng(0), 0.0)
    assert np.array_equal(same, ink[10:50, 8:34])
    other = distort(ink, np.random.default_rng(0), 2.0)
    assert other.shape != same.shape or not np.array_equal(other, same)
    assert float(other.sum()) == pytest.approx(float(same.sum()), rel=0.25)


def test_pool_with_other_fonts_is_another_pool(
    source: GlyphSource, glyph_source: GlyphSource
) -> None:
    both = GlyphSource(source.images, source.labels, hands=source.hands, prints=TRAINING_FONTS[1:2])
    names = {pool_hash("numbers", 10, 1, some, {}) for some in (glyph_source, source, both)}
    assert len(names) == 3
