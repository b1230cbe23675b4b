"""Digits drawn as strokes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digit_ocr.synthesis.digit_shapes import SHAPES
from digit_ocr.synthesis.digit_variants import VARIANTS
from digit_ocr.synthesis.strokes import WriterStyle, draw_digit, random_style


def _style(seed: int, **changes: object) -> WriterStyle:
    return replace(random_style(np.random.default_rng(seed)), **changes)  # type: ignore[arg-type]


def _with_variant(style: WriterStyle, digit: int, variant: str) -> WriterStyle:
    variants = list(style.variants)
    variants[digit] = variant
    return replace(style, variants=tuple(variants))


@pytest.mark.parametrize("digit", range(10))
def test_every_variant_of_a_digit_is_drawn_as_tight_ink(digit: int) -> None:
    rng = np.random.default_rng(digit)
    for variant in VARIANTS[digit]:
        ink = draw_digit(digit, rng, _with_variant(random_style(rng), digit, variant))
        assert ink.dtype == np.float32
        assert 0 <= ink.min() <= ink.max() <= 1
        assert 40 <= ink.shape[0] <= 100
        for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]):
            assert edge.max() > 0.05


def test_the_same_seed_draws_the_same_pixels() -> None:
    first, second = (draw_digit(5, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)


def test_one_writer_varies_less_than_two_writers() -> None:
    rng = np.random.default_rng(0)

    def spread(styles: list[WriterStyle]) -> float:
        widths = [draw_digit(0, rng, style).shape[1] for style in styles]
        return float(np.std(widths))

    same = np.mean([spread([style] * 12) for style in (_style(i) for i in range(8))])
    different = spread([_style(100 + i) for i in range(40)])
    assert same < 0.6 * different


def test_a_broader_pen_leaves_more_ink() -> None:
    thin = draw_digit(3, np.random.default_rng(1), _style(1, pen=0.03))
    thick = draw_digit(3, np.random.default_rng(1), _style(1, pen=0.12))
    assert thick.sum() > 2 * thin.sum()


def test_slant_leans_the_digit_to_the_right() -> None:
    plain = _with_variant(_style(2, slant=0.5, wobble=0.1), 1, "plain")
    ink = draw_digit(1, np.random.default_rng(0), plain)
    columns = np.arange(ink.shape[1])
    top = (ink[:8] * columns).sum() / ink[:8].sum()
    bottom = (ink[-8:] * columns).sum() / ink[-8:].sum()
    assert top > bottom + 10


def test_the_upstroke_of_a_european_1_starts_clearly_below_its_top() -> None:
    for seed in range(200):
        numbers = np.random.default_rng(seed)
        shape = SHAPES[1]("upstroke", numbers.uniform)
        start, top = shape[0][0][0], shape[0][0][-1]
        assert start[1] >= top[1] + 0.18
        assert start[0] < top[0]


@pytest.mark.parametrize("variant", ["tick", "tick round", "tick foot"])
def test_the_tick_of_a_1_is_as_good_as_level_and_shorter_than_the_top_of_a_7(variant: str) -> None:
    for seed in range(200):
        numbers = np.random.default_rng(seed)
        start = SHAPES[1](variant, numbers.uniform)[0][0][0]
        bar = SHAPES[7]("plain", numbers.uniform)[0][0]
        assert 0 < start[1] < 0.13
        assert 0 < 0.3 - start[0] < 0.2 < bar[-1][0] - bar[0][0]


def test_the_top_of_a_7_is_flat_where_the_upstroke_of_a_1_is_steep() -> None:
    for seed in range(200):
        numbers = np.random.default_rng(seed)
        bar = SHAPES[7]("plain", numbers.uniform)[0][0]
        assert abs(bar[0][1] - bar[-1][1]) < 0.4 * (bar[-1][0] - bar[0][0])
