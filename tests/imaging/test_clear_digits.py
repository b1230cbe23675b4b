"""What stands clear in a strip is cut out; what touches something is not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_ocr.imaging.clear_digits import clear_digits


@pytest.fixture
def strip() -> NDArray[np.float32]:
    """An upright bar and a ring, both ten columns wide."""
    strip = np.zeros((32, 60), np.float32)
    strip[4:28, 10:20] = strip[4:28, 30:40] = 1.0
    strip[10:22, 33:37] = 0.0
    return strip


def columns(strip: NDArray[np.float32]) -> list[tuple[int, int]]:
    return [(digit.left, digit.right) for digit in clear_digits(strip)]


def test_each_digit_comes_in_the_form_of_mnist(strip: NDArray[np.float32]) -> None:
    bar, ring = (digit.image for digit in clear_digits(strip))
    assert columns(strip) == [(10, 20), (30, 40)]
    assert bar.shape == ring.shape == (28, 28)
    assert bar.max() == ring.max() == pytest.approx(1.0)
    rows = np.flatnonzero(bar.any(axis=1))
    assert (rows[0], rows[-1]) == (4, 23)
    assert bar[14, 14] == pytest.approx(1.0)
    assert ring[14, 14] == 0.0


def test_digits_that_touch_each_other_are_left(strip: NDArray[np.float32]) -> None:
    wide = np.pad(strip, ((0, 0), (0, 40)))
    wide[4:28, 60:70] = 1.0
    wide[25:27, 18:68] = 1.0
    assert columns(wide) == []


def test_a_border_is_no_digit_and_hides_none(strip: NDArray[np.float32]) -> None:
    strip[:, 24:26] = 1.0
    assert columns(strip) == [(10, 20), (30, 40)]


@pytest.mark.parametrize("rows", [slice(0, 28), slice(4, 32)])
def test_what_is_cut_by_an_edge_is_left(strip: NDArray[np.float32], rows: slice) -> None:
    strip[rows, 10:20] = 1.0
    assert columns(strip) == [(30, 40)]
    assert columns(strip[:, 10:]) == [(20, 30)]


def test_a_ruled_line_through_both_leaves_neither(strip: NDArray[np.float32]) -> None:
    strip[15:17] = 1.0
    assert columns(strip) == []


def test_both_pieces_of_a_broken_digit_are_its_own(strip: NDArray[np.float32]) -> None:
    strip[12:16, 10:20] = 0.0
    broken = clear_digits(strip)[0].image
    inked = broken.any(axis=1)
    assert (inked.argmax(), 27 - inked[::-1].argmax()) == (4, 23)
    assert not inked[4:24].all()


def test_specks_and_low_marks_are_no_digits(strip: NDArray[np.float32]) -> None:
    strip[30, 22:25] = 1.0
    strip[24:28, 50:54] = 1.0
    assert columns(strip) == [(10, 20), (30, 40)]
    assert columns(np.zeros((32, 40), np.float32)) == []
