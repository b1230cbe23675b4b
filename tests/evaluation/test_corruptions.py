from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.evaluation.corruptions import CORRUPTIONS, STRENGTHS, corrupt


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_keeps_form_and_grows_with_its_strength(name, digits):
    images = digits.images[:40]
    clean = images.astype(float)
    changes = []
    for strength in STRENGTHS:
        spoilt = corrupt(images, name, strength)
        assert spoilt.shape == images.shape
        assert spoilt.dtype == np.uint8
        # What low contrast leaves after inversion is nearer to the original, not farther.
        reference = 255 - clean if name == "inversion" else clean
        changes.append(np.abs(spoilt - reference).mean())
    assert changes[0] < changes[-1]
    assert changes[-1] > 3


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_same_pictures_come_out_whatever_else_is_run(name, digits):
    images = digits.images[:5]
    first = corrupt(images, name, 3)
    corrupt(images, "noise", 3)
    np.testing.assert_array_equal(corrupt(images, name, 3), first)


def test_pictures_that_come_in_stay_as_they_were(digits):
    before = digits.images[:5].copy()
    for name in CORRUPTIONS:
        corrupt(digits.images[:5], name, 5)
    np.testing.assert_array_equal(digits.images[:5], before)


def test_a_shift_moves_the_centre_of_mass_by_its_pixels():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 12:16, 12:16] = 255
    for strength in STRENGTHS:
        moved = corrupt(image, "shift", strength)[0].astype(float)
        rows, columns = np.indices(moved.shape)
        centre = np.array([(rows * moved).sum(), (columns * moved).sum()]) / moved.sum()
        assert np.hypot(*(centre - 13.5)) == pytest.approx(strength, abs=0.05)


def test_full_inversion_is_exact(digits):
    np.testing.assert_array_equal(
        corrupt(digits.images[:3], "inversion", 1), 255 - digits.images[:3]
    )


def test_strokes_become_thicker_or_thinner():
    image = np.zeros((200, 28, 28), np.uint8)
    image[:, 4:24, 12:16] = 255
    ink = corrupt(image, "stroke width", 3).sum(axis=(1, 2)) / image[0].sum()
    assert (ink > 1.3).any()
    assert (ink < 0.9).any()
