"""Displays of seven segments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digit_ocr.synthesis.displays import Display, draw_display_digit, random_display
from digit_ocr.synthesis.strokes import HEIGHT_PIXELS


@pytest.fixture
def display() -> Display:
    """A plain one: upright, straight ends, its 1 in a cell of its own."""
    plain = random_display(np.random.default_rng(0))
    shapes = (
        "abcdef",
        "bc",
        "abdeg",
        "abcdg",
        "bcfg",
        "acdfg",
        "acdefg",
        "abc",
        "abcdefg",
        "abcdfg",
    )
    return replace(
        plain, width=0.5, bar=0.1, is_joined=False, slant=0, unlit=0, keeps_cell=True, shapes=shapes
    )


def lit(display: Display, digit: int) -> str:
    """Return which segments are dark in the middle, by where they stand."""
    # Every digit reaches the right of its cell, not every one the left.
    ink = np.pad(draw_display_digit(digit, display), ((0, 0), (HEIGHT_PIXELS, 0)))
    left, middle, right = (ink.shape[1] - share * HEIGHT_PIXELS for share in (0.45, 0.25, 0.05))
    places = {
        "a": (0.05, middle), "b": (0.27, right), "c": (0.73, right), "d": (0.95, middle),
        "e": (0.73, left), "f": (0.27, left), "g": (0.5, middle),
    }  # fmt: skip
    return "".join(
        name for name, (y, x) in places.items() if ink[int(y * HEIGHT_PIXELS), int(x)] > 0.9
    )


@pytest.mark.parametrize("digit", range(10))
def test_the_segments_of_a_digit_are_lit_and_no_others(display: Display, digit: int) -> None:
    assert lit(display, digit) == display.shapes[digit]


def test_digits_are_as_high_as_the_display_and_as_wide_as_what_is_lit(display: Display) -> None:
    for digit in range(10):
        ink = draw_display_digit(digit, display)
        assert ink.dtype == np.float32
        assert ink.shape[0] == HEIGHT_PIXELS
        assert ink.shape[1] == pytest.approx(0.5 * HEIGHT_PIXELS, abs=0.1 * HEIGHT_PIXELS)
    assert draw_display_digit(1, replace(display, keeps_cell=False)).shape[1] < 10


def test_segments_that_are_not_lit_may_show(display: Display) -> None:
    ghostly = replace(display, unlit=0.2)
    eight = draw_display_digit(8, display) > 0.9
    assert draw_display_digit(1, ghostly)[eight].min() > 0.15
    assert draw_display_digit(1, display)[eight].min() == 0


def test_joined_segments_leave_no_gap(display: Display) -> None:
    def row(is_joined: bool) -> np.ndarray:
        return draw_display_digit(8, replace(display, is_joined=is_joined, gap=0.03))[:, 2]

    assert row(is_joined=True).min() > 0.9
    assert row(is_joined=False).min() < 0.1


def test_a_display_shows_a_digit_the_same_each_time_and_another_otherwise() -> None:
    one, other = (random_display(np.random.default_rng(seed)) for seed in (1, 2))
    assert np.array_equal(draw_display_digit(4, one), draw_display_digit(4, one))
    assert draw_display_digit(4, one).tobytes() != draw_display_digit(4, other).tobytes()
