"""Signs between numbers: each of its own form, standing where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.synthesis.glyphs import GlyphSource, Writer
from digit_ocr.synthesis.signs import SIGN_SHARES, random_sign
from digit_ocr.synthesis.strokes import HEIGHT_PIXELS

TOPS = {
    ".": (0.6, 1.0), ",": (0.6, 1.0), "-": (0.2, 0.7), "/": (-0.35, 0.2), ":": (0.0, 0.65),
    "=": (0.1, 0.6), "+": (-0.1, 0.5), "x": (-0.1, 0.6),
}  # fmt: skip
"""Where each begins, from and to, in heights of the digits below their top."""
FEET = {
    ".": (0.9, 1.2), ",": (1.0, 1.45), "-": (0.4, 0.8), "/": (0.9, 1.4), ":": (0.8, 1.2),
    "=": (0.5, 1.0), "+": (0.6, 1.2), "x": (0.85, 1.2),
}  # fmt: skip


@pytest.fixture(scope="module")
def source(mnist: Mnist) -> GlyphSource:
    return GlyphSource(mnist.train_images[:100], mnist.train_labels[:100])


@pytest.mark.parametrize("kind", ["strokes", "font"])
@pytest.mark.parametrize("sign", SIGN_SHARES)
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
