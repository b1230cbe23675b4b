"""Strips of one line each, read: digits, how sure they are, and where they stand in the strip."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.line import STRIP_HEIGHT, STROKE, LineStrip
from digit_ocr.imaging.writing import without_lines
from digit_ocr.inference.ctc import (
    VERY_SURE,
    Decoded,
    decode,
    merged_into_blank,
)
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.load import Model
from digit_ocr.inference.second_opinion import SecondOpinion
from digit_ocr.inference.softmax import softmax

CLASSES = (*"0123456789", "separator", "blank")
"""What the logits of a line reader stand for; the separator stands between two numbers."""
SEPARATOR = CLASSES.index("separator")
BATCH_SIZE = 16
WIDTH_STEP = 16
"""Strips are padded with paper to a multiple of this, so that few widths are in use."""
COLUMNS_A_STEP = 2
"""Of a strip, about, to a time step of what the network says."""
LEAST_STEPS = 2
"""To a digit of a given length: it, and a blank before the next."""
WIDEST_GAP = 2.3
"""Between two digits of one number, in heights of the strip; the boxes of a form are nearer."""
FAINTEST_COLUMN = 0.6
"""Ink of a column, summed from top to foot, from which it may be part of a digit."""
WIDEST_BREAK = 4
"""Columns without ink that a broken digit may have."""


@dataclass(frozen=True, slots=True)
class LineDigit:
    """One digit of a strip. `left` and `right` are columns of the strip."""

    digit: int
    confidence: float
    left: float
    right: float
    is_apart: bool = False
    """Whether a space or a sign stands before it, and the digit before is another number's."""
    apart_confidence: float = 1.0
    """That one does, where it is so."""


@dataclass(frozen=True, slots=True)
class LineReading:
    """What a strip says. `confidence`: that all digits are right and none is missing."""

    digits: tuple[LineDigit, ...]
    confidence: float

    @property
    def text(self) -> str:
        return "".join(str(digit.digit) for digit in self.digits)


def read_lines(
    model: Model,
    strips: Sequence[LineStrip],
    length: int | None = None,
    empty_weight: float = 1.0,
    *,
    is_one_number: bool = False,
    digit_reader: DigitReader | None = None,
) -> list[LineReading]:
    """Return the digits of each strip, in order; strips about equally wide are read together.

    `length` holds each strip to one number of that many digits, `is_one_number` to one of any
    length; where nothing is read without a length, there is none with it. `empty_weight` is that
    of `decode`. `digit_reader` is asked about strips that are not sure.
    """
    readings: dict[int, LineReading] = {}
    order = sorted(range(len(strips)), key=lambda place: strips[place].image.shape[1])
    for start in range(0, len(order), BATCH_SIZE):
        places = order[start : start + BATCH_SIZE]
        images = [strips[place].image for place in places]
        width = -(-max(image.shape[1] for image in images) // WIDTH_STEP) * WIDTH_STEP
        if length is not None:
            least = COLUMNS_A_STEP * (LEAST_STEPS * length + 1)
            width = max(width, -(-least // WIDTH_STEP) * WIDTH_STEP)
        batch = np.zeros((len(images), 1, STRIP_HEIGHT, width), np.float32)
        for row, image in zip(batch, images, strict=True):
            row[0, :, : image.shape[1]] = image
        for place, image, logits in zip(places, images, model(batch), strict=True):
            step = width / len(logits)
            # What pads a strip says nothing; a hundred steps of it, each not quite sure to be
            # blank, would make the narrow strips beside a wide one less sure.
            own = max(math.ceil(image.shape[1] / step), LEAST_STEPS * (length or 0) + 1)
            probabilities = softmax(logits[:own], model.metadata.temperature)
            if is_one_number or length is not None:
                probabilities = merged_into_blank(probabilities, SEPARATOR)
            opinion = SecondOpinion(image, step, digit_reader) if digit_reader else None
            decoded = decode(probabilities, None, empty_weight, opinion)
            if length is not None and decoded.labels:
                decoded = decode(probabilities, length, empty_weight, opinion)
            if opinion and decoded.labels and decoded.confidence < VERY_SURE:
                decoded = opinion.pooled(decoded)
            gap = math.inf if is_one_number or length is not None else WIDEST_GAP
            readings[place] = _place_digits(decoded, image, step, gap)
    return [readings[place] for place in range(len(strips))]


def _place_digits(
    decoded: Decoded, image: NDArray[np.float32], step: float, widest_gap: float
) -> LineReading:
    """Return the digits with their columns; a time step is `step` columns wide.

    What is farther apart than `widest_gap`, in heights of the strip, is apart without a label.

    The network tells about where a digit is, not how wide: digits reach to the least ink between
    them, and the outer ones to where their ink ends.
    """
    ink = without_lines(image, STROKE).sum(axis=0)
    height, width = image.shape
    places = [place for place, label in enumerate(decoded.labels) if label != SEPARATOR]
    spans = [decoded.spans[place] for place in places]
    middles = [min((first + last + 1) / 2 * step, width - 1.0) for first, last in spans]
    cuts = [_least_ink(ink, a, b) for a, b in itertools.pairwise(middles)]
    reach = 0.6 * height
    digits: list[LineDigit] = []
    for index, (place, middle) in enumerate(zip(places, middles, strict=True)):
        low = cuts[index - 1] if index else 0.0
        high = cuts[index] if index < len(cuts) else float(width)
        low, high = max(low, middle - reach), min(high, middle + reach)
        left, right = _trimmed(ink, low, high, middle)
        has_label = index > 0 and place - places[index - 1] > 1
        is_far = index > 0 and left - digits[-1].right > widest_gap * height
        is_apart = has_label or is_far
        digit, confidence = decoded.labels[place], decoded.label_confidences[place]
        apart = decoded.label_confidences[place - 1] if has_label else 1.0
        digits.append(LineDigit(digit, confidence, left, right, is_apart, apart))
    return LineReading(tuple(digits), decoded.confidence)


def _least_ink(ink: NDArray[np.float32], left: float, right: float) -> float:
    """Return the column with the least ink in the middle half between two digits' middles."""
    quarter = (right - left) / 4
    start, end = int(np.floor(left + quarter)), int(np.ceil(right - quarter)) + 1
    between = ink[start:end]
    if between.size == 0:
        return (left + right) / 2
    lowest = np.flatnonzero(between <= between.min() + 0.05)
    return float(start + lowest[len(lowest) // 2]) + 0.5


def _trimmed(
    ink: NDArray[np.float32], low: float, high: float, middle: float
) -> tuple[float, float]:
    """Return the columns between `low` and `high` that the ink around `middle` covers."""
    start, end = int(np.floor(low)), int(np.ceil(high))
    between = ink[start:end]
    inked = np.flatnonzero(between > max(FAINTEST_COLUMN, 0.1 * float(between.max(initial=0.0))))
    if inked.size == 0:
        return low, max(high, low + 1)
    # Outwards from the digit's own ink: specks and borders farther away are not its.
    breaks = np.flatnonzero(np.diff(inked) > WIDEST_BREAK)
    runs = np.split(inked, breaks + 1)
    own = min(runs, key=lambda run: max(start + run[0] - middle, middle - start - run[-1], 0))
    left, right = float(start + own[0]), float(start + own[-1] + 1)
    return min(left, middle), max(right, middle + 1)
