"""Slashes and pluses that the line reader takes for digits, told by their form."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digit_ocr.imaging.line import LineStrip
from digit_ocr.inference.number_line import LineDigit, LineReading
from digit_ocr.inference.signs import lower_dots_of_colons, pieces_of, without_signs
from digit_ocr.inference.splitting import Step, judge_steps

Lines = list[tuple[tuple[float, float], tuple[float, float]]]

SLASH: Lines = [((42, 29), (50, 2))]
PRINTED_SLASH: Lines = [((42, 29), (50, 6))]
UPRIGHT: Lines = [((46, 29), (46, 2))]
SLANTED_ONE: Lines = [((43, 26), (50, 6))]
HIGH_SLANTED_ONE: Lines = [((42, 26), (50, 2))]
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
    ("lines", "digit"),
    [(SLASH, 1), (SLASH, 7), (PRINTED_SLASH, 1), (PLUS, 4)],
    ids=["slash", "slash as 7", "slash of print", "plus"],
)
def test_a_sign_read_as_a_digit_is_left_out_and_ends_a_number(lines: Lines, digit: int) -> None:
    strip = strip_with(lines)
    reading = without_signs(read_with(digit), pieces_of(strip))
    assert reading.text == "1234"
    steps = judge_steps(reading.digits, strip, pieces_of(strip))
    assert steps == [Step.WITHIN, Step.BETWEEN, Step.WITHIN]


def test_a_number_is_no_surer_without_its_sign() -> None:
    assert (
        without_signs(read_with(1, confidence=0.7), pieces_of(strip_with(SLASH))).confidence == 0.7
    )


@pytest.mark.parametrize(
    ("lines", "digit"),
    [(SLANTED_ONE, 1), (HIGH_SLANTED_ONE, 1), (UPRIGHT, 1), (SEVEN, 7), (FOUR, 4), (SLASH, 0)],
    ids=["slanted 1", "high slanted 1", "high 1", "high 7", "open 4", "slashed 0"],
)
def test_a_digit_that_looks_much_like_a_sign_stays(lines: Lines, digit: int) -> None:
    reading = read_with(digit)
    assert without_signs(reading, pieces_of(strip_with(lines))) is reading


def colons_of(*dots: tuple[int, int]) -> int:
    """Return how many colons are seen in a strip with dots of 3 pixels under the bar of a 7."""
    strip = strip_with([])
    strip.image[5:8, 30:50] = 1
    for x, y in dots:
        strip.image[y : y + 3, x : x + 3] = 1
    pieces = pieces_of(strip)
    height = strip.writing[1] - strip.writing[0]
    level = (pieces.boxes[:, [1, 3]].mean(axis=1) - strip.writing[0]) / height
    return int(lower_dots_of_colons(pieces, height, level).sum())


def test_two_dots_are_a_colon_however_far_a_digit_reaches_over_them() -> None:
    assert colons_of((45, 14), (44, 24)) == 1


@pytest.mark.parametrize(
    "dots",
    [((45, 14), (52, 24)), ((45, 20), (45, 24)), ((45, 14),), ((45, 14), (45, 24), (44, 19))],
    ids=["aside", "both at the foot", "one alone", "ink between"],
)
def test_other_dots_are_no_colon(dots: tuple[tuple[int, int], ...]) -> None:
    assert colons_of(*dots) == 0


def test_a_sign_at_an_end_is_left_to_the_line_reader() -> None:
    reading = LineReading(read_with(1).digits[2:], 0.9)
    assert without_signs(reading, pieces_of(strip_with(SLASH))) is reading
