"""Strips read with a model whose answers are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_ocr.imaging.line import LineStrip
from digit_ocr.inference.metadata import ModelMetadata
from digit_ocr.inference.number_line import (
    CLASSES,
    SEPARATOR,
    LineReading,
    read_lines,
)


class BarReader:
    """Reads a block of ink 8 columns wide as what its darkness in tenths says: a digit, or black as
    a separator."""

    metadata = ModelMetadata(kind="number", architecture="number_net", classes=CLASSES)

    def __init__(self) -> None:
        self.batches: list[tuple[int, ...]] = []

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        self.batches.append(images.shape)
        logits = np.full((len(images), images.shape[3] // 2, 12), -10.0, np.float32)
        logits[..., -1] = 5.0
        for row, image in enumerate(images):
            darkness = image[0, 16]
            for start in np.flatnonzero((darkness[1:] > 0) & (darkness[:-1] == 0)) + 1:
                digit = round(float(darkness[start]) * 10)
                logits[row, (start + 4) // 2, SEPARATOR if digit == 10 else digit] = 15.0
        return logits


class DoubtfulPaper(BarReader):
    """The same, one in fifty unsure that paper is blank."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = super().__call__(images)
        logits[..., :SEPARATOR] = np.maximum(logits[..., :SEPARATOR], 5.0 + np.log(0.002))
        return logits


def strip_of(*digits: int) -> LineStrip:
    """Return a strip with a block of ink for each digit: at columns 10, 30, 50 …"""
    image = np.zeros((32, 20 * len(digits) + 16), np.float32)
    for place, digit in enumerate(digits):
        image[4:28, 10 + 20 * place : 18 + 20 * place] = digit / 10
    width = float(image.shape[1])
    return LineStrip(image, ((0, 0), (width, 0), (width, 32), (0, 32)), (4, 28))


def read_line(model: BarReader, strip: LineStrip, length: int | None = None) -> LineReading:
    (reading,) = read_lines(model, [strip], length)
    return reading


def test_digits_are_read_with_the_columns_of_their_ink() -> None:
    reading = read_line(BarReader(), strip_of(3, 1, 7))
    assert reading.text == "317"
    for place, digit in enumerate(reading.digits):
        assert (digit.left, digit.right) == pytest.approx((10 + 20 * place, 18 + 20 * place))


@pytest.mark.parametrize("length", [None, 2])
def test_a_narrow_strip_is_as_sure_beside_a_wide_one_as_alone(length: int | None) -> None:
    narrow, wide = strip_of(3, 6), strip_of(*(7,) * 40)
    (alone,) = read_lines(DoubtfulPaper(), [narrow], length)
    beside, _ = read_lines(DoubtfulPaper(), [narrow, wide], length)
    assert beside.text == alone.text == "36"
    assert beside.confidence == pytest.approx(alone.confidence)


def test_an_underline_belongs_to_no_digit() -> None:
    strip = strip_of(3, 1, 7)
    strip.image[29:31, 2:-2] = 1
    read = [(digit.left, digit.right) for digit in read_line(BarReader(), strip).digits]
    assert read == [(10, 18), (30, 38), (50, 58)]


def test_a_digit_after_a_separator_stands_apart() -> None:
    reading = read_line(BarReader(), strip_of(3, 6, 10, 7))
    assert reading.text == "367"
    assert [digit.is_apart for digit in reading.digits] == [False, False, True]
    assert [digit.left for digit in reading.digits] == pytest.approx([10, 30, 70])


@pytest.mark.parametrize(("gap", "is_apart"), [(60, False), (90, True)])
def test_digits_far_apart_are_two_numbers_without_a_separator(gap: int, is_apart: bool) -> None:
    strip = strip_of(*(3,) * 6)
    strip.image[:, 30 : 18 + gap] = 0
    reading = read_line(BarReader(), strip)
    far = next(digit for digit in reading.digits if digit.left > 30)
    assert far.is_apart == is_apart
    assert not read_line(BarReader(), strip, length=len(reading.digits)).digits[-1].is_apart


def test_separators_at_the_ends_separate_nothing() -> None:
    reading = read_line(BarReader(), strip_of(10, 3, 1, 10))
    assert [digit.is_apart for digit in reading.digits] == [False, False]


@pytest.mark.parametrize("held", [{"length": 2}, {"is_one_number": True}])
def test_what_is_one_number_has_no_separators(held: dict[str, Any]) -> None:
    (reading,) = read_lines(BarReader(), [strip_of(3, 10, 7)], **held)
    assert [(digit.digit, digit.is_apart) for digit in reading.digits] == [(3, False), (7, False)]
    assert reading.confidence > 0.9


def test_confidence_of_a_number_is_at_most_that_of_its_digits() -> None:
    reading = read_line(BarReader(), strip_of(3, 1, 7))
    assert 0.9 < reading.confidence <= min(digit.confidence for digit in reading.digits)


def test_blank_strip_is_an_empty_reading() -> None:
    reading = read_line(BarReader(), strip_of())
    assert reading.digits == ()
    assert reading.text == ""


def test_strips_of_all_widths_come_back_in_their_order() -> None:
    numbers = [tuple(range(1, 1 + n % 9)) for n in range(1, 41)]
    readings = read_lines(BarReader(), [strip_of(*digits) for digits in numbers])
    assert [tuple(d.digit for d in reading.digits) for reading in readings] == numbers


def test_strips_are_read_in_batches_of_equal_width() -> None:
    model = BarReader()
    read_lines(model, [strip_of(*([1] * n)) for n in (1, 9) * 16])
    assert len(model.batches) == 2
    assert model.batches[0][3] < model.batches[1][3]


def test_reading_is_the_same_alone_and_in_company() -> None:
    strips = [strip_of(5), strip_of(1, 2, 3, 4, 5)]
    for strip, together in zip(strips, read_lines(BarReader(), strips), strict=True):
        alone = read_line(BarReader(), strip)
        assert alone.text == together.text
        assert [d.left for d in alone.digits] == [d.left for d in together.digits]
        # More padding holds more time steps, and with them a little more doubt.
        assert alone.confidence == pytest.approx(together.confidence, abs=1e-3)


@pytest.mark.parametrize("length", [1, 3, 20])
def test_length_holds_every_number_to_it(length: int) -> None:
    assert len(read_line(BarReader(), strip_of(4, 2), length).digits) == length


def test_no_length_makes_a_number_of_blank_paper() -> None:
    assert read_line(BarReader(), strip_of(), 4).digits == ()


def test_no_strips_are_no_readings() -> None:
    assert read_lines(BarReader(), []) == []
