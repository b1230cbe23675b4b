"""One line of writing, or two, one number or several: drawn strips, made-up digits, print."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from digit_ocr.imaging.line import LineStrip
from digit_ocr.inference.number_line import LineDigit
from digit_ocr.inference.one_line import is_one_line
from digit_ocr.inference.reader import Reader

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


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def printed(size: tuple[int, int], height: int, *texts: tuple[int, int, str]) -> Image.Image:
    """Return a picture with print on it, each text at its left and top."""
    picture = Image.new("L", size, 225)
    for left, top, text in texts:
        ImageDraw.Draw(picture).text((left, top), text, 40, ImageFont.load_default(height))
    return picture


@pytest.mark.parametrize(
    ("size", "height", "first", "second"),
    [
        ((280, 119), 41, (21, 5, "25706"), (12, 67, "40925")),
        ((395, 66), 19, (23, 2, "92492"), (32, 37, "27696")),
        ((408, 107), 32, (29, 6, "34155"), (35, 64, "91769")),
        ((170, 126), 33, (16, 7, "46112"), (44, 82, "33925")),
    ],
)
def test_of_two_lines_in_a_low_picture_both_are_read(
    reader: Reader, size: tuple[int, int], height: int, first: Any, second: Any
) -> None:
    numbers = reader.read(printed(size, height, first, second)).numbers
    assert [number.text for number in numbers] == [first[2], second[2]]


@pytest.mark.parametrize(
    ("size", "height", "left", "right"),
    [
        ((297, 74), 42, (16, 11, "6853"), (185, 11, "7265")),
        ((534, 152), 81, (32, 27, "4339"), (314, 27, "1080")),
        ((221, 71), 39, (15, 12, "51"), (160, 12, "38")),
        ((286, 61), 37, (14, 8, "2632"), (188, 8, "7770")),
    ],
)
def test_a_length_holds_each_number_of_a_line_not_all_of_it(
    reader: Reader, size: tuple[int, int], height: int, left: Any, right: Any
) -> None:
    numbers = reader.read(printed(size, height, left, right), length=len(left[2])).numbers
    assert [number.text for number in numbers] == [left[2], right[2]]
