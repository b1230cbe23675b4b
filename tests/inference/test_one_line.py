"""One line of writing, or two: drawn strips, made-up digits."""

from __future__ import annotations

import numpy as np

from digit_ocr.imaging.line import LineStrip
from digit_ocr.inference.number_line import LineDigit
from digit_ocr.inference.one_line import is_one_line

TOP, BOTTOM = 4, 28


def strip_of(*digits: tuple[int, int]) -> tuple[LineStrip, list[LineDigit]]:
    """Return a strip with a block of ink for each digit, from a left to a right column."""
    image = np.zeros((32, digits[-1][1] + 10), np.float32)
    for left, right in digits:
        image[TOP:BOTTOM, left:right] = 1
    width = float(image.shape[1])
    corners = ((0.0, 0.0), (width, 0.0), (width, 32.0), (0.0, 32.0))
    read = [LineDigit(8, 0.99, left, right) for left, right in digits]
    return LineStrip(image, corners, (TOP, BOTTOM)), read


def test_digits_side_by_side_are_one_line() -> None:
    strip, read = strip_of((10, 24), (28, 42))
    assert is_one_line(read, strip)


def test_a_faint_stroke_within_a_digit_leaves_it_one_line() -> None:
    strip, read = strip_of((10, 24), (28, 42))
    strip.image[7:9, 28:42] = 0
    assert is_one_line(read, strip)


def test_digits_one_above_the_other_are_not_one_line() -> None:
    strip, read = strip_of((10, 24), (28, 42))
    strip.image[14:18] = 0
    assert not is_one_line(read, strip)


def test_writing_below_what_was_read_is_another_line() -> None:
    strip, read = strip_of((10, 24), (60, 74))
    strip.image[16:, :40] = 0
    strip.image[:17, 40:] = 0
    assert not is_one_line(read[:1], strip)
