"""Slashes and pluses that the line reader takes for digits, told by their form."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digit_ocr.imaging.line import LineStrip
from digit_ocr.inference.number_line import LineDigit, LineReading
from digit_ocr.inference.signs import pieces_of, without_signs
from digit_ocr.inference.splitting import Step, judge_steps

Lines = list[tuple[tuple[float, float], tuple[float, float]]]

SLASH: Lines = [((42, 29), (50, 2))]
UPRIGHT: Lines = [((46, 29), (46, 2))]
SLANTED_ONE: Lines = [((43, 26), (50, 6))]
SEVEN: Lines = [((39, 2), (51, 2)), ((51, 2), (44, 29))]
PLUS: Lines = [((40, 16), (52, 16)), ((46, 10), (46, 22))]
FOUR: Lines = [((46, 6), (39, 20)), ((39, 20), (53, 20)), ((48, 12), (48, 26))]


def strip_with(lines: Lines) -> LineStrip:
    """Return a strip with the lines drawn between a 12 and a 34 that are blocks of ink."""
    picture = Image.new("L", (100, 32))
    draw = ImageDraw.Draw(picture)
    for left in (8, 22, 60, 74):
        draw.rectangle((left, 6, left + 9, 26), fill=255)
    for start, end in lines:
        draw.line((start, end), fill=255, width=2)
    image: NDArray[np.float32] = np.asarray(picture, np.float32) / 255
    return LineStrip(image, ((0, 0), (100, 0), (100, 32), (0, 32)), (4, 28))


def read_with(digit: int, confidence: float = 0.9) -> LineReading:
    """Return such a strip as read with this digit in the midst."""
    lefts = {8: 1, 22: 2, 41: digit, 60: 3, 74: 4}
    digits = tuple(LineDigit(value, 0.98, left, left + 9) for left, value in lefts.items())
    return LineReading(digits, confidence)


@pytest.mark.parametrize(
    ("lines", "digit"), [(SLASH, 1), (SLASH, 7), (PLUS, 4)], ids=["slash", "slash as 7", "plus"]
)
def test_a_sign_read_as_a_digit_is_left_out_and_ends_a_number(lines: Lines, digit: int) -> None:
    strip = strip_with(lines)
    reading = without_signs(read_with(digit), strip)
    assert reading.text == "1234"
    steps = judge_steps(reading.digits, strip, pieces_of(strip))
    assert steps == [Step.WITHIN, Step.BETWEEN, Step.WITHIN]


def test_a_number_is_no_surer_without_its_sign() -> None:
    assert without_signs(read_with(1, confidence=0.7), strip_with(SLASH)).confidence == 0.7


@pytest.mark.parametrize(
    ("lines", "digit"),
    [(SLANTED_ONE, 1), (UPRIGHT, 1), (SEVEN, 7), (FOUR, 4), (SLASH, 0)],
    ids=["slanted 1", "high 1", "high 7", "open 4", "slashed 0"],
)
def test_a_digit_that_looks_much_like_a_sign_stays(lines: Lines, digit: int) -> None:
    reading = read_with(digit)
    assert without_signs(reading, strip_with(lines)) is reading


def test_a_sign_at_an_end_is_left_to_the_line_reader() -> None:
    reading = LineReading(read_with(1).digits[2:], 0.9)
    assert without_signs(reading, strip_with(SLASH)) is reading
