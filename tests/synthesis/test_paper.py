"""Photos and scans of clean ink."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.synthesis.paper import photograph, stroke_width


def _ink() -> np.ndarray:
    ink = np.zeros((60, 90), np.float32)
    ink[20:40, 40:46] = 1
    return ink


def test_a_photo_has_the_size_of_its_ink_and_is_grey() -> None:
    for seed in range(40):
        photo = photograph(_ink(), np.random.default_rng(seed))
        assert photo.shape == (60, 90)
        assert photo.dtype == np.uint8


def test_the_same_seed_takes_the_same_photo() -> None:
    first, second = (photograph(_ink(), np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, second)


def test_without_strength_paper_is_white_and_ink_black() -> None:
    photo = photograph(_ink(), np.random.default_rng(0), 0.0, light_on_dark=False, one_bit=False)
    assert np.array_equal(photo < 128, _ink() > 0.5)
    assert photo.max() == 255
    assert photo.min() == 0


def test_light_on_dark_makes_the_ink_the_brighter_side() -> None:
    photo = photograph(_ink(), np.random.default_rng(1), 0.3, light_on_dark=True, one_bit=False)
    assert photo[_ink() > 0].mean() > photo[_ink() == 0].mean()


def test_one_bit_scans_hold_black_and_white_alone() -> None:
    for seed in range(10):
        photo = photograph(_ink(), np.random.default_rng(seed), one_bit=True)
        assert set(np.unique(photo)) <= {0, 255}


def test_both_polarities_and_scans_occur() -> None:
    photos = [photograph(_ink(), np.random.default_rng(seed)) for seed in range(150)]
    dark = np.mean([photo[_ink() > 0].mean() > photo[_ink() == 0].mean() for photo in photos])
    scans = np.mean([len(np.unique(photo)) <= 2 for photo in photos])
    assert 0.04 < dark < 0.25
    assert 0.02 < scans < 0.2


def test_ink_stays_visible_in_nearly_every_photo() -> None:
    shown = 0
    for seed in range(100):
        photo = photograph(_ink(), np.random.default_rng(seed)).astype(float)
        beside = np.concatenate([photo[20:40, 30:37].ravel(), photo[20:40, 49:56].ravel()])
        shown += abs(np.median(photo[20:40, 41:45]) - np.median(beside)) > 12
    assert shown >= 95


@pytest.mark.parametrize("width", [2, 6, 11])
def test_stroke_width_is_measured_from_the_ink(width: int) -> None:
    ink = np.zeros((80, 80), np.float32)
    ink[5:75, 30 : 30 + width] = 1
    assert stroke_width(ink) == pytest.approx(1.2 * width, rel=0.2)
