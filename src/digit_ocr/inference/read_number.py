"""A number as read in a picture: its digits, their boxes, and what is made of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from digit_ocr.errors import RegionInvalid
from digit_ocr.imaging.line import LineStrip
from digit_ocr.inference.number_line import LineReading
from digit_ocr.results import Box, Digit, Number


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """A number as read, with the boxes of its digits in pixels of the picture."""

    reading: LineReading
    boxes: tuple[Box, ...]
    line: int = 0

    @property
    def mean_confidence(self) -> float:
        return float(np.mean([digit.confidence for digit in self.reading.digits]))

    @property
    def least_confidence(self) -> float:
        return min(digit.confidence for digit in self.reading.digits)


def cut(whole: ReadNumber) -> list[ReadNumber]:
    """Return the numbers of a line: one begins with each digit that stands apart.

    A number is as sure as its digits and as that it begins and ends there.
    """
    digits = whole.reading.digits
    starts = [0, *(place for place, digit in enumerate(digits) if digit.is_apart)]
    if len(starts) == 1:
        return [whole]
    parts = []
    for start, end in zip(starts, [*starts[1:], len(digits)], strict=True):
        ends = [digits[place].apart_confidence for place in (start, end) if place < len(digits)]
        confidence = float(np.prod([digit.confidence for digit in digits[start:end]] + ends))
        parts.append(ReadNumber(LineReading(digits[start:end], confidence), whole.boxes[start:end]))
    return parts


def boxes_in_picture(
    reading: LineReading, strip: LineStrip, shape: tuple[int, ...]
) -> tuple[Box, ...]:
    """Return where each digit of a strip stands in the picture of that shape."""
    top, bottom = strip.writing
    return tuple(
        within(strip.to_picture(digit.left, top, digit.right, bottom), shape)
        for digit in reading.digits
    )


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


def enlarged(number: ReadNumber, factor: int, shape: tuple[int, ...]) -> ReadNumber:
    """Return a number read in a picture reduced by a factor, boxes as in the whole one."""
    boxes = (
        (x0 * factor, y0 * factor, x1 * factor, y1 * factor) for x0, y0, x1, y1 in number.boxes
    )
    return replace(number, boxes=tuple(within(box, shape) for box in boxes))


def to_number(number: ReadNumber, reject_below: float) -> Number:
    """Return the public result of a number, unsure digits marked."""
    digits = tuple(
        Digit(digit.digit, digit.confidence, box, digit.confidence < reject_below)
        for digit, box in zip(number.reading.digits, number.boxes, strict=True)
    )
    return Number(digits, number.reading.confidence, bounding_box(number.boxes), number.line)


def within(box: Box, shape: tuple[int, ...]) -> Box:
    """Return the box cut off at the picture's edges, at least one pixel large."""
    left, top = max(0, min(box[0], shape[1] - 1)), max(0, min(box[1], shape[0] - 1))
    return left, top, max(left + 1, min(box[2], shape[1])), max(top + 1, min(box[3], shape[0]))


def clipped(region: Box, shape: tuple[int, ...]) -> Box:
    """Return the part of a region within the picture.

    Raises: RegionInvalid: none of it is, or it is empty.
    """
    left, top, right, bottom = within(region, shape)
    x0, y0, x1, y1 = region
    if x1 <= x0 or y1 <= y0 or x0 >= shape[1] or y0 >= shape[0] or x1 <= 0 or y1 <= 0:
        raise RegionInvalid(
            f"the region {tuple(region)} is empty or outside the picture of "
            f"{shape[1]}x{shape[0]} pixels"
        )
    return left, top, right, bottom


def bounding_box(boxes: Sequence[Box]) -> Box:
    """Return the box around all boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
