"""Ink that is no digit, kind by kind."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.synthesis import not_digits
from digit_ocr.synthesis.fonts import TRAINING_FONTS
from digit_ocr.synthesis.glyphs import GlyphSource, Writer
from digit_ocr.synthesis.not_digits import draw_no_digit


@pytest.mark.parametrize("kind", list(not_digits._KINDS))
def test_every_kind_leaves_ink(glyph_source: GlyphSource, kind: str) -> None:
    rng = np.random.default_rng(1)
    draw = not_digits._KINDS[kind][1]
    for _ in range(10):
        ink = draw(rng, glyph_source.writer(rng))
        assert ink.dtype == np.float32
        assert 0 <= ink.min() <= ink.max() <= 1
        assert (ink > 0.2).any()


def test_all_kinds_are_drawn(glyph_source: GlyphSource) -> None:
    rng = np.random.default_rng(2)
    sizes = {draw_no_digit(rng, glyph_source.writer(rng)).shape for _ in range(60)}
    # Words, scribbles and plain squares have sizes of their own, letters one each.
    assert {(90, 140), (72, 72)} <= sizes
    assert len(sizes) > 20


def test_two_digits_are_none_and_stand_side_by_side_not_both_1s(glyph_source: GlyphSource) -> None:
    rng = np.random.default_rng(6)
    drawn: list[int] = []

    class Noting(Writer):
        def digit(self, digit: int, rng: np.random.Generator) -> not_digits.Ink:
            drawn.append(digit)
            return super().digit(digit, rng)

    for _ in range(60):
        writer = Noting(glyph_source, "strokes", rng)
        ink = not_digits._KINDS["pair"][1](rng, writer)
        left, right = drawn[-2:]
        assert (left, right) != (1, 1)
        widths = [writer.digit(digit, rng).shape[1] for digit in (left, right)]
        assert ink.shape[1] > 0.5 * sum(widths)
    assert len(drawn) == 240


def test_a_shadow_begins_at_an_edge_and_goes_on_to_the_rim(glyph_source: GlyphSource) -> None:
    rng = np.random.default_rng(3)
    writer = glyph_source.writer(rng)
    for _ in range(20):
        ink = not_digits._shadow(rng, writer)
        rim = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
        assert ink.max() == pytest.approx(rim.max(), abs=0.05)
        assert ink.min() == pytest.approx(rim.min(), abs=0.05)
        assert np.ptp(ink) > 0.2


def test_pixels_of_noise_know_nothing_of_each_other(glyph_source: GlyphSource) -> None:
    rng = np.random.default_rng(4)
    ink = not_digits._noise(rng, glyph_source.writer(rng))
    beside = np.corrcoef(ink[:, :-1].ravel(), ink[:, 1:].ravel())[0, 1]
    assert abs(beside) < 0.1
    assert ink.std() > 0.1


def test_a_filled_shape_is_no_upright_bar(glyph_source: GlyphSource) -> None:
    rng = np.random.default_rng(5)
    writer = glyph_source.writer(rng)
    for _ in range(40):
        rows, columns = np.nonzero(not_digits._shape(rng, writer) > 0.1)
        assert np.ptp(rows) <= 1.5 * np.ptp(columns)


def test_script_letters_that_look_like_digits_are_not_taught_as_none(
    glyph_source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, str] = {}
    monkeypatch.setattr(
        Writer,
        "letter",
        lambda self, rng, characters: asked.setdefault(self.kind, characters),
    )
    source = GlyphSource(glyph_source.images, glyph_source.labels, hands=[TRAINING_FONTS[0]])
    rng = np.random.default_rng(6)
    for kind in ("hand", "strokes"):
        not_digits._letter(rng, source.writer(rng, kind))
    assert set(asked["strokes"]) - set(asked["hand"]) >= set("EFVk")
    assert set(asked["hand"]) <= set(asked["strokes"])
