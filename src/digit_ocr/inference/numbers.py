"""All numbers of a picture: found, put in reading order, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.ink import is_dark_on_light, to_ink
from digit_ocr.imaging.line import prepare_line
from digit_ocr.imaging.region import Quad
from digit_ocr.inference.finding import FoundNumber, find_numbers
from digit_ocr.inference.layout import order_lines, settle_boxes
from digit_ocr.inference.load import Model
from digit_ocr.inference.number_line import LineReading, read_lines
from digit_ocr.results import Box, Digit, Number

LEAST_CONFIDENCE = 0.5
"""Mean of a number's digits, below which what was found is taken for no number."""
GOOD_CONFIDENCE = 0.75
"""Mean over an upright page from which no other way up is tried."""
CLEARLY_BETTER = 0.12
"""By how much the mean of another way up must beat that of the upright one."""
MARGIN = 0.12
"""Around a found number, as a share of its height: ascenders that the maps cut off."""


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """A number as read, with the boxes of its digits in pixels of the picture."""

    reading: LineReading
    boxes: tuple[Box, ...]
    line: int = 0

    @property
    def mean_confidence(self) -> float:
        return float(np.mean([digit.confidence for digit in self.reading.digits]))


class NumberReader:
    """Reads whole pictures with a page model, which finds, and a number model, which reads."""

    def __init__(self, number_model: Model, page_model: Model) -> None:
        self.number_model = number_model
        self.page_model = page_model

    def read(
        self,
        grey: NDArray[np.uint8],
        reject_below: float = 0.0,
        regions: Sequence[Box] | None = None,
        length: int | None = None,
    ) -> tuple[Number, ...]:
        """Return the numbers of an upright picture (H, W), in reading order.

        Digits less confident than `reject_below` are marked. `regions`: boxes to read, one number
        each, in this order; one that holds no number gives none. `length`: of every number.
        """
        if regions is not None:
            read = self._read_regions(grey, regions, length)
            return tuple(to_number(number, reject_below) for number in read)
        best, turns = self._read_page(grey, length), 0
        needed = quality(best) + CLEARLY_BETTER
        if quality(best) < GOOD_CONFIDENCE:
            for quarter_turns in (1, 2, 3):
                page = self._read_page(np.ascontiguousarray(np.rot90(grey, quarter_turns)), length)
                if quality(page) > max(needed, GOOD_CONFIDENCE, quality(best)):
                    best, turns = page, quarter_turns
        return tuple(
            to_number(turned_back(number, turns, grey.shape), reject_below) for number in best
        )

    def _read_page(self, grey: NDArray[np.uint8], length: int | None) -> list[ReadNumber]:
        ink = to_ink(grey)
        found = find_numbers(ink, self.page_model)
        lines = settle_boxes(order_lines(found), ink)
        regions = [with_margin(number).corners for line in lines for number in line]
        read = iter(self._read_all(grey, regions, length, is_dark_on_light(grey)))
        kept: list[ReadNumber] = []
        count = 0
        for line in lines:
            numbers = [
                replace(number, line=count)
                for _, number in zip(line, read, strict=False)
                if number is not None and number.mean_confidence >= LEAST_CONFIDENCE
            ]
            kept += numbers
            count += bool(numbers)
        return kept

    def _read_regions(
        self, grey: NDArray[np.uint8], regions: Sequence[Box], length: int | None
    ) -> list[ReadNumber]:
        boxes = [clipped(region, grey.shape) for region in regions]
        read = self._read_all(grey, boxes, length)
        return [
            replace(number, line=line) for line, number in enumerate(read) if number is not None
        ]

    def _read_all(
        self,
        grey: NDArray[np.uint8],
        regions: Sequence[Box | Quad],
        length: int | None,
        dark_on_light: bool | None = None,
    ) -> list[ReadNumber | None]:
        """Return the number in each region, in order; None where there is none."""
        strips = [prepare_line(grey, region, dark_on_light) for region in regions]
        numbers: list[ReadNumber | None] = []
        for strip, reading in zip(
            strips, read_lines(self.number_model, strips, length), strict=True
        ):
            top, bottom = strip.writing
            boxes = tuple(
                within(strip.to_picture(digit.left, top, digit.right, bottom), grey.shape)
                for digit in reading.digits
            )
            numbers.append(ReadNumber(reading, boxes) if boxes else None)
        return numbers


def quality(numbers: Sequence[ReadNumber]) -> float:
    """Return how surely a page was read: the mean over its digits, 0 where there is none."""
    confidences = [digit.confidence for number in numbers for digit in number.reading.digits]
    return float(np.mean(confidences)) if confidences else 0.0


def with_margin(number: FoundNumber) -> FoundNumber:
    """Return the box with a little room around it."""
    room = 2 * MARGIN * number.height
    return FoundNumber(
        number.centre,
        number.width + room,
        number.height + room,
        number.angle,
        number.confidence,
    )


def clipped(region: Box, shape: tuple[int, ...]) -> Box:
    """Return the part of a region within the picture.

    Raises: ValueError: none of it is, or it is empty.
    """
    left, top, right, bottom = within(region, shape)
    x0, y0, x1, y1 = region
    if x1 <= x0 or y1 <= y0 or x0 >= shape[1] or y0 >= shape[0] or x1 <= 0 or y1 <= 0:
        raise ValueError(
            f"the region {tuple(region)} is empty or outside the picture of "
            f"{shape[1]}x{shape[0]} pixels"
        )
    return left, top, right, bottom


def within(box: Box, shape: tuple[int, ...]) -> Box:
    """Return the box cut off at the picture's edges, at least one pixel large."""
    left, top = max(0, min(box[0], shape[1] - 1)), max(0, min(box[1], shape[0] - 1))
    return left, top, max(left + 1, min(box[2], shape[1])), max(top + 1, min(box[3], shape[0]))


def turned_back(number: ReadNumber, quarter_turns: int, shape: tuple[int, ...]) -> ReadNumber:
    """Return a number read in a picture turned left by quarter turns, boxes as in the upright."""
    height, width = shape[:2]
    boxes = []
    for x0, y0, x1, y1 in number.boxes:
        match quarter_turns:
            case 1:
                boxes.append((width - y1, x0, width - y0, x1))
            case 2:
                boxes.append((width - x1, height - y1, width - x0, height - y0))
            case 3:
                boxes.append((y0, height - x1, y1, height - x0))
            case _:
                boxes.append((x0, y0, x1, y1))
    return replace(number, boxes=tuple(boxes))


def to_number(number: ReadNumber, reject_below: float) -> Number:
    """Return the public result of a number, unsure digits marked."""
    digits = tuple(
        Digit(digit.digit, digit.confidence, box, digit.confidence < reject_below)
        for digit, box in zip(number.reading.digits, number.boxes, strict=True)
    )
    edges = np.array(number.boxes)
    box = (*edges[:, :2].min(0).tolist(), *edges[:, 2:].max(0).tolist())
    return Number(digits, number.reading.confidence, box, number.line)
