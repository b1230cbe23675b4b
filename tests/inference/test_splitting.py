"""Where a line that was read as a whole is cut into numbers: drawn strips, made-up digits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digit_ocr.imaging.line import LineStrip
from digit_ocr.inference.number_line import LineDigit
from digit_ocr.inference.signs import pieces_of
from digit_ocr.inference.splitting import Step, is_one_line, judge_steps

WITHIN, BETWEEN, UNSURE = Step.WITHIN, Step.BETWEEN, Step.UNSURE
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


def steps_of(*digits: tuple[int, int], mark: tuple[int, int, int, int] | None = None) -> list[Step]:
    """Return the steps of such a strip, a mark (left, top, right, bottom) drawn into it."""
    strip, read = strip_of(*digits)
    if mark is not None:
        left, top, right, bottom = mark
        strip.image[top:bottom, left:right] = 1
    return judge_steps(read, strip, pieces_of(strip))


def evenly(pitch: int, *widths: int) -> list[tuple[int, int]]:
    """Return digits of these widths with their middles a pitch apart."""
    middles = [20 + place * pitch for place in range(len(widths))]
    return [(x - wide // 2, x - wide // 2 + wide) for x, wide in zip(middles, widths, strict=True)]


def test_digits_close_together_are_one_number() -> None:
    assert steps_of((10, 24), (28, 42), (47, 61)) == [WITHIN, WITHIN]


def test_narrow_ones_at_the_pitch_of_their_number_do_not_cut_it() -> None:
    assert steps_of(*evenly(34, 20, 3, 3, 20, 3)) == [WITHIN] * 4


def test_wide_gaps_at_an_even_pitch_are_within_one_number() -> None:
    assert steps_of(*evenly(48, 14, 14, 14, 14)) == [WITHIN] * 3


def test_digits_far_apart_are_numbers_of_their_own_however_even() -> None:
    assert steps_of(*evenly(80, 14, 14, 14)) == [BETWEEN] * 2


def test_a_space_clearly_wider_than_the_others_ends_a_number() -> None:
    assert steps_of((10, 24), (28, 42), (74, 88), (92, 106)) == [WITHIN, BETWEEN, WITHIN]


def test_an_underline_hides_no_mark() -> None:
    strip, read = strip_of((10, 24), (38, 52), (55, 69))
    strip.image[29:31, 2:77] = 1
    assert judge_steps(read, strip, pieces_of(strip)) == [WITHIN, WITHIN]
    strip.image[15:18, 26:36] = 1
    assert judge_steps(read, strip, pieces_of(strip)) == [BETWEEN, WITHIN]


def test_a_space_between_two_lone_digits_is_left_to_the_page_network() -> None:
    assert steps_of((10, 24), (46, 60)) == [UNSURE]


@pytest.mark.parametrize(
    "mark",
    [(27, 24, 31, 28), (28, 24, 32, 31), (27, 15, 38, 18), (28, 23, 31, 31), (28, 15, 35, 17)],
    ids=["point", "comma", "minus", "comma of print", "hyphen of print"],
)
def test_a_mark_between_two_digits_ends_a_number(mark: tuple[int, int, int, int]) -> None:
    assert steps_of((10, 24), (41, 55), (58, 72), mark=mark) == [BETWEEN, WITHIN]


@pytest.mark.parametrize(
    "mark",
    [(27, 4, 31, 8), (27, 15, 29, 17), (27, 4, 30, 27), (26, 14, 33, 18)],
    ids=["up at the top", "a speck", "as high as a digit", "too thick for its width"],
)
def test_other_ink_between_two_digits_does_not_cut(mark: tuple[int, int, int, int]) -> None:
    assert steps_of((10, 24), (34, 48), (52, 66), mark=mark) == [WITHIN, WITHIN]


def test_a_piece_of_a_broken_digit_is_no_mark() -> None:
    strip, read = strip_of((10, 24), (28, 42))
    strip.image[14:22, 28:42] = 0
    strip.image[22:BOTTOM, 36:42] = 0
    assert judge_steps(read, strip, pieces_of(strip)) == [WITHIN]


def test_a_digit_that_reads_as_apart_begins_a_number_however_close() -> None:
    strip, read = strip_of((10, 24), (28, 42), (47, 61))
    read[2] = replace(read[2], is_apart=True)
    assert judge_steps(read, strip, pieces_of(strip)) == [WITHIN, BETWEEN]


def test_one_digit_has_no_steps() -> None:
    assert steps_of((10, 24)) == []


def test_digits_side_by_side_are_one_line() -> None:
    strip, read = strip_of((10, 24), (28, 42))
    assert is_one_line(read, strip, pieces_of(strip))


def test_a_faint_stroke_within_a_digit_leaves_it_one_line() -> None:
    strip, read = strip_of((10, 24), (28, 42))
    strip.image[7:9, 28:42] = 0
    assert is_one_line(read, strip, pieces_of(strip))


def test_digits_one_above_the_other_are_not_one_line() -> None:
    strip, read = strip_of((10, 24), (28, 42))
    strip.image[14:18] = 0
    assert not is_one_line(read, strip, pieces_of(strip))


def test_writing_below_what_was_read_is_another_line() -> None:
    strip, read = strip_of((10, 24), (60, 74))
    strip.image[16:, :40] = 0
    strip.image[:17, 40:] = 0
    assert not is_one_line(read[:1], strip, pieces_of(strip))
