"""Printed words that are no numbers: spaced as their font spaces them, whichever way up."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.synthesis import sheet as sheet_module
from digit_ocr.synthesis import strings
from digit_ocr.synthesis import text_lines as text_lines_module
from digit_ocr.synthesis.fonts import installed_fonts, printed_text
from digit_ocr.synthesis.glyphs import GlyphSource, Writer
from digit_ocr.synthesis.letters import UNLIKE_DIGITS, random_word
from digit_ocr.synthesis.sheet import Repertoire, Sheet
from digit_ocr.synthesis.string_scene import Scene
from digit_ocr.synthesis.strings import photograph_number
from digit_ocr.synthesis.text_lines import text_lines


@pytest.fixture
def printer(glyph_source: GlyphSource) -> Writer:
    return glyph_source.writer(np.random.default_rng(0), "font")


def test_word_has_as_many_letters_as_asked_and_one_that_is_no_digit() -> None:
    rng = np.random.default_rng(1)
    for letters in list(range(1, 9)) * 40:
        word = random_word(rng, letters)
        assert len(word.rstrip(",.;:!?")) == letters
        assert set(word) & set(UNLIKE_DIGITS)


def test_letters_of_a_printed_word_keep_their_fonts_pitch() -> None:
    for font in installed_fonts():
        two, three, four = (printed_text("n" * count, font)[0].shape[1] for count in (2, 3, 4))
        assert four - three == pytest.approx(three - two, abs=1)
        assert three > two > printed_text("n", font)[0].shape[1]


def test_printed_text_ends_where_its_letters_do() -> None:
    for font in installed_fonts():
        assert printed_text("8", font)[1] == 1
        assert printed_text("H", font)[1] == pytest.approx(1, abs=0.1)
        assert printed_text("-", font)[1] < 0.9


def test_lines_of_text_may_lie_upside_down(
    printer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every word of this printer is a foot, as wide as it has room.
    foot = np.zeros((64, 400), np.float32)
    foot[54:] = 1.0
    monkeypatch.setattr(Writer, "word", lambda *_: (foot, 1.0))
    for turns, edge in ((0, 3), (1, 2), (2, 1), (3, 0)):
        monkeypatch.setattr(text_lines_module, "TURNS", np.eye(4)[turns])
        scene = text_lines(printer, 40.0, 30.0, np.random.default_rng(turns))
        left, top, right, bottom = (round(v) for v in scene.writing)
        ink = scene.ink[top:bottom, left:right]
        dark = [ink[:, :4], ink[:4], ink[:, -4:], ink[-4:]]
        assert max(range(4), key=lambda side: dark[side].mean()) == edge


def test_a_piece_of_a_page_of_text_is_no_number(
    glyph_source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strings, "EMPTY_SHARE", 1.0)
    scenes: list[Scene] = []

    def seen(printer: Writer, height: float, room: float, rng: np.random.Generator) -> Scene:
        scenes.append(text_lines(printer, height, room, rng))
        return scenes[-1]

    monkeypatch.setattr(strings, "text_lines", seen)
    targets = [
        photograph_number(glyph_source, np.random.default_rng(seed))[2] for seed in range(40)
    ]
    assert len(scenes) > 5
    assert targets == [[]] * 40


def test_word_set_on_a_sheet_is_other_ink_and_no_number(
    printer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_module, "SET_WORD_SHARE", 1.0)
    sheet = Sheet(400, 1.0)
    hand = Repertoire(printer)
    end = sheet.write_word(hand, 5, 40, 100, 30, np.random.default_rng(2))
    columns = np.flatnonzero(sheet.other.any(axis=0))
    assert columns[0] == pytest.approx(40, abs=2)
    assert columns[-1] + 1 == pytest.approx(end, abs=2)
    assert not sheet.digits.any()
    assert not sheet.numbers
