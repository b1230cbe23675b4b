"""How sure a number on a page is: its reading, its box, and what other boxes there read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_ocr.inference.finding import FoundNumber
from digit_ocr.inference.number_line import LineDigit, LineReading
from digit_ocr.inference.read_number import ReadNumber
from digit_ocr.inference.sureness import (
    LEAST_ON_PAGE,
    Readings,
    amid_letters,
    amid_others,
    amount,
    as_found,
    is_number,
    is_reported,
    is_text,
    mean_sureness,
    sureness,
)
from digit_ocr.results import Box


def place(confidence: float) -> FoundNumber:
    return FoundNumber((20.0, 10.0), 40.0, 20.0, 0.0, confidence)


def read_in(box: Box, text: str, confidence: float) -> ReadNumber:
    """Return digits as sure as that, all of which stand in the box."""
    digits = tuple(LineDigit(int(digit), confidence, box[0], box[2], False) for digit in text)
    return ReadNumber(LineReading(digits, confidence ** len(text)), (box,) * len(text))


WHOLE, AGAIN, HALF, ELSEWHERE = (0, 0, 40, 80), (0, 10, 50, 60), (5, 0, 35, 40), (0, 500, 40, 580)


def test_what_two_scales_read_alike_outweighs_half_a_digit_that_one_reads_more_surely() -> None:
    whole, again = read_in(WHOLE, "7", 0.93), read_in(AGAIN, "7", 0.95)
    half = read_in(HALF, "1", 1.0)
    alike = Readings([whole, again, half])
    assert sureness(place(0.9), whole, alike) > sureness(place(0.9), half, alike)
    apart = Readings([whole, read_in(ELSEWHERE, "7", 0.95), half])
    assert sureness(place(0.9), whole, apart) < sureness(place(0.9), half, apart)


def test_of_two_readings_as_sure_the_one_in_the_surer_box_is_chosen() -> None:
    first, second = read_in(WHOLE, "7", 0.9), read_in(HALF, "1", 0.9)
    readings = Readings([first, second])
    assert sureness(place(0.7), first, readings) < sureness(place(0.95), second, readings)


def test_of_a_number_and_a_part_of_it_as_sure_the_number_is_chosen() -> None:
    number, part = read_in(WHOLE, "71", 0.9), read_in(HALF, "7", 0.9)
    readings = Readings([number, part])
    assert sureness(place(0.9), number, readings) > sureness(place(0.9), part, readings)


def test_a_number_is_no_surer_than_its_reading_and_less_sure_in_a_doubtful_box() -> None:
    number = read_in(WHOLE, "54", 0.9)
    confidences = [
        as_found(number, place(sure), Readings([number])).reading.confidence
        for sure in (0.6, 0.9, 1.0)
    ]
    assert confidences == sorted(confidences)
    assert len(set(confidences)) == 3
    assert confidences[-1] == pytest.approx(0.9**2)


def test_a_number_is_less_sure_where_another_box_reads_otherwise() -> None:
    number, again = read_in(WHOLE, "54", 0.9), read_in(AGAIN, "54", 0.9)
    other, far = read_in(HALF, "1", 0.9), read_in(ELSEWHERE, "1", 0.9)

    def confidence(*readings: ReadNumber) -> float:
        return as_found(number, place(0.9), Readings(readings)).reading.confidence

    alone = confidence(number)
    assert confidence(number, far) == confidence(number, again) == alone
    assert confidence(number, other) < confidence(number, again, other) < alone


def test_parts_of_a_number_that_were_read_besides_count_once_together() -> None:
    number, part = read_in(WHOLE, "54", 0.9), read_in(HALF, "5", 0.9)
    one, two = (Readings([number, *[part] * count]) for count in (1, 2))
    alone = Readings([number])
    assert alone.at(number) == (1, 0)
    assert one.at(number) == two.at(number) == (1, 1)
    # But of the part alone, the number speaks against it.
    assert one.at(part) == (1, 1)


def test_nothing_read_or_an_unsure_reading_is_no_number() -> None:
    assert not is_number(None)
    assert not is_number(read_in(WHOLE, "54", 0.4))
    assert not is_number(read_in(WHOLE, "54", 0.6))
    assert not is_number(read_in(WHOLE, "545454", 0.75))
    assert is_number(read_in(WHOLE, "54", 0.9))


def test_a_long_number_may_be_less_sure_as_a_whole_than_a_digit() -> None:
    long, digit = read_in(WHOLE, "54545", 0.85), read_in(WHOLE, "5", 0.45)
    assert long.reading.confidence < digit.reading.confidence
    assert is_number(long)
    assert not is_number(digit)


DIGIT_BOX: Box = (80, 40, 100, 80)


def ink_beside(*strokes: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """Return a page's ink (120, 180) with filled boxes: left, top, right, bottom."""
    ink = np.zeros((120, 180), np.float32)
    for left, top, right, bottom in strokes:
        ink[top:bottom, left:right] = 1
    return ink


BEFORE, AFTER = (70, 55, 78, 75), (103, 50, 110, 72)


def test_a_digit_within_a_word_is_hardly_one() -> None:
    digit = read_in(DIGIT_BOX, "9", 0.8)
    doubted = amid_letters(digit, ink_beside(BEFORE, AFTER))
    assert 0.2 < doubted.reading.confidence < 0.4
    assert doubted.reading.digits == digit.reading.digits
    sure = amid_letters(read_in(DIGIT_BOX, "9", 1.0), ink_beside(BEFORE, AFTER))
    assert sure.reading.confidence > 0.99


@pytest.mark.parametrize(
    "strokes",
    [
        pytest.param((BEFORE,), id="a word before it"),
        pytest.param((AFTER,), id="a word after it"),
        pytest.param(((70, 55, 72, 57), (103, 50, 105, 52)), id="dots"),
        pytest.param(((74, 10, 76, 110), (104, 10, 106, 110)), id="borders"),
        pytest.param(
            (*((74 + y // 20, y, 76 + y // 20, y + 1) for y in range(10, 110)), AFTER),
            id="a border that leans",
        ),
        pytest.param(((20, 50, 40, 70), (140, 50, 160, 70)), id="far from all"),
    ],
)
def test_a_digit_between_anything_else_is_as_sure_as_it_was(strokes) -> None:
    digit = read_in(DIGIT_BOX, "9", 0.8)
    assert amid_letters(digit, ink_beside(*strokes)) == digit


def test_a_digit_at_the_edge_of_the_page_is_as_sure_as_it_was() -> None:
    digit = read_in((0, 0, 20, 40), "9", 0.8)
    assert amid_letters(digit, np.ones((40, 20), np.float32)) == digit


def test_a_number_of_two_digits_is_no_letter() -> None:
    number = read_in(DIGIT_BOX, "94", 0.8)
    assert amid_letters(number, ink_beside(BEFORE, AFTER)) == number


def page_of(*confidences: float) -> list[ReadNumber]:
    """Return lone digits as sure as that, one below the other."""
    return [read_in((0, 50 * row, 20, 50 * row + 40), "7", c) for row, c in enumerate(confidences)]


def confidences_of(numbers: list[ReadNumber]) -> list[float]:
    return [number.reading.confidence for number in numbers]


def test_the_only_number_that_was_found_is_as_sure_as_it_looks() -> None:
    assert confidences_of(amid_others(page_of(0.8), 1)) == pytest.approx([0.8])
    assert amid_others([], 5) == []


def test_numbers_are_less_sure_where_most_of_what_was_found_reads_as_none() -> None:
    numbers = page_of(0.9, 0.9, 0.6)
    shares = [confidences_of(amid_others(numbers, found)) for found in (3, 10, 40, 200)]
    for column in zip(*shares, strict=True):
        assert list(column) == sorted(column, reverse=True)
        assert len(set(column)) == 4
    assert max(shares[-1]) < 0.35


def test_numbers_are_surer_among_sure_ones_and_less_sure_among_unsure_ones() -> None:
    among_sure, among_unsure = (
        confidences_of(amid_others(page_of(0.7, *[sure] * 20), 21))[0] for sure in (0.97, 0.5)
    )
    assert among_unsure < 0.65 < 0.75 < among_sure


def test_several_unsure_numbers_are_text_and_one_of_several_digits_is_not() -> None:
    long = read_in((0, 100, 90, 140), "77", 0.7)
    assert is_text([*page_of(0.6, 0.6), long])
    assert not is_text([*page_of(0.6, 0.95), long])
    assert not is_text([long])
    assert not is_text([])


def test_a_number_whose_digits_are_sure_and_its_gaps_alone_in_doubt_is_reported() -> None:
    apart = read_in(WHOLE, "345", 0.95)
    doubted = replace(apart, reading=replace(apart.reading, confidence=0.25))
    assert is_reported(doubted, LEAST_ON_PAGE)
    assert not is_reported(read_in(WHOLE, "345", 0.63), LEAST_ON_PAGE)
    assert not is_reported(
        replace(doubted, reading=replace(doubted.reading, confidence=0.15)), LEAST_ON_PAGE
    )
    lone = read_in(WHOLE, "3", 0.95)
    lone = replace(lone, reading=replace(lone.reading, confidence=0.25))
    assert not is_reported(lone, LEAST_ON_PAGE)
    # But it says nothing of the page: neither that it is text, nor which way up it is.
    assert amount([*page_of(0.8), doubted]) == pytest.approx(0.8)
    assert mean_sureness([*page_of(0.8), doubted]) == pytest.approx(0.8)
    assert not is_text([*page_of(0.8, 0.8), *[doubted] * 5])
    assert not is_text([doubted, doubted])


def test_a_few_lone_digits_must_be_surer_than_many() -> None:
    assert is_text(page_of(0.75))
    assert is_text(page_of(0.7, 0.85))
    assert not is_text(page_of(0.85))
    assert not is_text(page_of(0.75, 0.75, 0.75, 0.75))


def test_a_long_number_is_judged_by_its_digits_and_each_of_them_counts() -> None:
    long = read_in((0, 100, 90, 140), "777777", 0.9)
    assert long.reading.confidence < 0.6
    assert not is_text([*page_of(0.6), long])
    assert is_text([*page_of(*[0.42] * 6), long])


def test_what_counts_as_no_number_speaks_for_nothing() -> None:
    (first, *_), (same, *_) = (
        confidences_of(amid_others(page_of(0.8, *rest), 11)) for rest in ([0.1] * 10, [0.2] * 10)
    )
    assert first == pytest.approx(same)
    assert first < 0.7
