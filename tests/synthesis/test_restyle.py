"""Other hands' habits drawn onto digits that are there as pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from digit_ocr.synthesis.restyle import (
    add_bar,
    add_serif,
    add_slash,
    add_upstroke,
    change_thickness,
    enlarge_mnist,
    half_width,
    set_half_width,
    shear,
    wear,
)


def _drawing(*lines: tuple[int, int, int, int], thickness: int = 3) -> np.ndarray:
    picture = np.zeros((28, 28), np.uint8)
    for x0, y0, x1, y1 in lines:
        cv2.line(picture, (x0, y0), (x1, y1), 255, thickness)
    return enlarge_mnist(picture)


ONE = _drawing((14, 5, 14, 23))
SEVEN = _drawing((8, 5, 19, 5), (19, 5, 13, 23))


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_an_upstroke_widens_the_upper_part_of_a_1_and_leaves_its_foot() -> None:
    written = add_upstroke(ONE, _rng())
    assert written.shape[1] > ONE.shape[1] + 8
    assert abs(written.shape[0] - ONE.shape[0]) <= 2
    foot = written[-4:] > 0.5
    assert foot.sum(axis=1).max() <= ONE.shape[1] + 1


def test_a_foot_widens_the_lower_end_of_a_1() -> None:
    written = add_upstroke(ONE, _rng(), foot=True) > 0.5
    assert written[-4:].sum(axis=1).max() > 1.5 * ONE.shape[1]


def test_some_upstrokes_are_short_ticks_as_good_as_level() -> None:
    left_ends = []
    for seed in range(60):
        written = add_upstroke(ONE, np.random.default_rng(seed)) > 0.5
        left_ends.append(np.flatnonzero(written[:, :2].any(axis=1)).max() / len(written))
    assert 0.05 < np.mean(np.array(left_ends) < 0.2) < 0.4


def test_a_1_that_has_a_flag_gets_no_second_one() -> None:
    flagged = _drawing((14, 5, 14, 23), (9, 9, 14, 5))
    assert add_upstroke(flagged, _rng()) is flagged


def test_a_bar_crosses_the_stem_of_a_7_but_not_its_top() -> None:
    crossed = add_bar(SEVEN, _rng())
    middle = slice(round(0.4 * SEVEN.shape[0]), round(0.7 * SEVEN.shape[0]))
    assert crossed[middle].sum() > 1.3 * SEVEN[middle].sum()
    assert add_bar(crossed, _rng()) is crossed


def test_a_serif_hangs_from_the_left_end_of_the_top_of_a_7() -> None:
    written = add_serif(SEVEN, _rng())
    left = np.s_[: round(0.3 * SEVEN.shape[0]), : SEVEN.shape[1] // 3]
    assert written[left].sum() > 1.1 * SEVEN[left].sum()
    assert abs(written.shape[0] - SEVEN.shape[0]) <= 2


def test_a_slash_adds_ink_inside_a_0() -> None:
    ring = np.zeros((28, 28), np.uint8)
    cv2.ellipse(ring, (14, 14), (6, 9), 0, 0, 360, 255, 2)
    zero = enlarge_mnist(ring)
    assert add_slash(zero, _rng()).sum() > 1.1 * zero.sum()


@pytest.mark.parametrize("shift", [-1.5, 3.0])
def test_thickness_changes_by_what_was_asked(shift: float) -> None:
    changed = change_thickness(SEVEN, shift)
    assert half_width(changed) == pytest.approx(half_width(SEVEN) + shift, abs=1.0)


def test_thinning_never_erases_a_stroke() -> None:
    hairline = set_half_width(SEVEN, 0.1)
    assert hairline.shape[0] > 0.8 * SEVEN.shape[0]
    assert (hairline > 0.4).any(axis=1).mean() > 0.95


def test_shear_moves_the_top_to_the_right() -> None:
    leaning = shear(ONE, 0.5)
    assert leaning.shape[1] > ONE.shape[1] + 20
    assert leaning[:5, leaning.shape[1] // 2 :].sum() > leaning[:5].sum() * 0.9


def test_worn_ink_is_never_darker_and_most_of_it_stays() -> None:
    for seed in range(10):
        worn = wear(SEVEN, np.random.default_rng(seed))
        assert (worn <= SEVEN + 1e-6).all() or worn.max() <= 1
        assert worn.sum() > 0.3 * SEVEN.sum()
