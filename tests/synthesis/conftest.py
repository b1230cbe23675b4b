"""A small source of digits for the tests of synthesis."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.strokes import draw_digit, random_style


@pytest.fixture(scope="session")
def glyph_source() -> GlyphSource:
    """Return a source whose "MNIST" is 60 drawn digits, sized and placed as MNIST's are."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(10), 6).astype(np.int64)
    images = np.zeros((60, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        ink = draw_digit(int(label), rng, random_style(rng, pen=0.1))
        width = min(20, max(3, round(20 * ink.shape[1] / ink.shape[0])))
        small = cv2.resize(ink, (width, 20), interpolation=cv2.INTER_AREA)
        left = 14 - width // 2
        image[4:24, left : left + width] = np.round(small * 255)
    return GlyphSource(images, labels)
