"""Signs beside numbers: each of its own form, standing where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.synthesis import string_scene as scenes
from digit_ocr.synthesis.glyphs import GlyphSource, Writer
from digit_ocr.synthesis.signs import (
    SIGN_SHARES,
    SIGNS_AFTER,
    SIGNS_BEFORE,
    random_sign,
    random_unit_sign,
)
from digit_ocr.synthesis.string_furniture import add_unit
from digit_ocr.synthesis.strokes import HEIGHT_PIXELS

TOPS = {
    ".": (0.6, 1.0), ",": (0.6, 1.0), "-": (0.2, 0.7), "/": (-0.35, 0.2), ":": (0.0, 0.65),
    "=": (0.1, 0.6), "+": (-0.1, 0.5), "x": (-0.1, 0.6), "%": (-0.25, 0.2), "#": (-0.2, 0.2),
    "$": (-0.35, 0.15), "€": (-0.2, 0.2), "°": (-0.3, 0.2),
}  # fmt: skip
"""Where each begins, from and to, in heights of the digits below their top."""
FEET = {
    ".": (0.9, 1.2), ",": (1.0, 1.45), "-": (0.4, 0.8), "/": (0.9, 1.4), ":": (0.8, 1.2),
    "=": (0.5, 1.0), "+": (0.6, 1.2), "x": (0.85, 1.2), "%": (0.85, 1.25), "#": (0.85, 1.2),
    "$": (0.85, 1.4), "€": (0.8, 1.2), "°": (0.1, 0.6),
}  # fmt: skip


@pytest.fixture(scope="module")
def source(mnist: Mnist) -> GlyphSource:
    return GlyphSource(mnist.train_images[:100], mnist.train_labels[:100])


@pytest.mark.parametrize("kind", ["strokes", "font"])
@pytest.mark.parametrize("sign", sorted({*SIGN_SHARES, *SIGNS_BEFORE, *SIGNS_AFTER}))
def test_signs_stand_where_they_belong_beside_a_digit(
    source: GlyphSource, sign: str, kind: str
) -> None:
    for seed in range(25):
        rng = np.random.default_rng(seed)
        ink, foot = Writer(source, kind, rng).sign(sign, rng)
        top = foot - ink.shape[0] / HEIGHT_PIXELS
        assert TOPS[sign][0] <= top <= TOPS[sign][1]
        assert FEET[sign][0] <= foot <= FEET[sign][1]
        assert ink.max() > 0.5


def test_every_sign_is_drawn_by_chance() -> None:
    rng = np.random.default_rng(0)
    assert {random_sign(rng) for _ in range(300)} == set(SIGN_SHARES)
    assert {random_unit_sign(rng, right=True) for _ in range(100)} == set(SIGNS_AFTER)
    assert {random_unit_sign(rng, right=False) for _ in range(100)} == set(SIGNS_BEFORE)


@pytest.mark.parametrize("right", [True, False])
def test_what_a_number_counts_is_written_whole_and_belongs_to_the_writing(
    source: GlyphSource, right: bool
) -> None:
    widened = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        hand = Writer(source, "strokes", rng)
        scene = scenes.lay_out(hand, [[4, 2]], 40.0, 60.0, rng)
        before, (x0, _, x1, _) = scene.ink.copy(), scene.writing
        add_unit(scene, hand, rng, right)
        left, _, end, _ = scene.writing
        new = np.flatnonzero((scene.ink > before).any(axis=0))
        widened += end > x1 if right else left < x0
        if new.size:
            assert left - 1 <= new.min()
            assert new.max() <= end + 1
    assert widened > 20


def test_no_half_of_a_sign_is_written_where_there_is_no_room(source: GlyphSource) -> None:
    rng = np.random.default_rng(0)
    hand = Writer(source, "strokes", rng)
    scene = scenes.lay_out(hand, [[4, 2]], 40.0, 4.0, rng)
    before, writing = scene.ink.copy(), scene.writing
    add_unit(scene, hand, rng, right=True)
    np.testing.assert_array_equal(scene.ink, before)
    assert scene.writing == writing
