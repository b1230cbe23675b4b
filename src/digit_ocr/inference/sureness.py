"""How sure what was found and read on a page is, and whether it is a number at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from digit_ocr.inference.finding import FoundNumber, overlapping
from digit_ocr.inference.read_number import ReadNumber, bounding_box
from digit_ocr.results import Box

LEAST_DIGITS_CONFIDENCE = 0.7
"""Mean of a number's digits, below which what was found is taken for no number."""
LEAST_NUMBER_CONFIDENCE = 0.5
"""Of all digits together: words read as digits are sure of some and of no whole."""
LENIENCE = 0.2
"""By how much that power grows with each digit after the first: all of them are harder to get."""
LEAST_ON_PAGE = 0.4
"""Of a number of a page, with its box and other readings of it: half of the F1 that is reached,
which is where it is highest (Lipton et al. 2014, "Optimal thresholding of classifiers to maximize
F1 measure")."""
SURE_DIGITS = 0.9
"""Of each digit of a number, from which half of `LEAST_ON_PAGE` is enough: what is in doubt then is
how its digits stand apart, as in wide boxes."""
LEAST_MEAN = 0.7
"""Of the digits of a page with several numbers, below which it is taken for one of text."""
FEW_LONE, LEAST_LONE = 3, 0.8
"""Up to so many lone digits alone on a page, it is so below the other: letters that stand apart."""
DIGIT_BONUS = 0.1
"""For each digit: of a number and a part of it, both sure, the number is chosen."""
AGREEMENT = 0.1
"""For each other scale that reads the same there: half a 7 reads as a sure 1, but at one alone."""
BOX_POWER = 0.45
"""Of the box's confidence in a number's."""
DISSENT = 0.3
"""Weight of a reading that differs, beside one that is the same, in how sure a number is."""
USUAL_SHARE = 0.75
"""Of the boxes found on a page, each as much as its number is sure, those that read as a number:
where it is so, a number is as sure as it looks."""
USUAL_BOXES = 16
"""Boxes of that share that any page is taken to have besides: a few others say little."""
AMID_LETTERS = 0.1
"""Factor of the odds of a lone digit with strokes close to both sides: of those on composed pages
one in sixty has them, of what is read as one and is none more than one in six."""
BESIDE = 0.3
"""How far from its box strokes are close, as a share of its height."""
STROKE_INK, FAINT_INK = 0.3, 0.2
"""Of a stroke beside it; and of a rule or border that goes on above and below."""
STROKE_SHARE = 0.2
"""Of the rows beside the box, which must show some ink."""
RULE_SHARE = 0.85
"""Of these rows in one column, from which it is no letter's stroke but a rule."""


class Readings:
    """All numbers read on a page, in boxes that may overlap: what they say of one place."""

    def __init__(self, numbers: Iterable[ReadNumber]) -> None:
        numbers = list(numbers)
        self.boxes = np.array([bounding_box(n.boxes) for n in numbers], float).reshape(-1, 4)
        self._texts = [number.reading.text for number in numbers]

    def at(self, number: ReadNumber) -> tuple[int, int]:
        """Return how many were read where a number stands as it was, and how many otherwise.

        Parts of it count once together: digits far apart are found one by one besides.
        """
        there = overlapping(self.boxes, np.array(bounding_box(number.boxes), float))
        whole = number.reading.text
        texts = [self._texts[place] for place in np.flatnonzero(there)]
        parts = [text in whole for text in texts if text != whole]
        return texts.count(whole), parts.count(False) + any(parts)


def is_number(number: ReadNumber | None) -> TypeGuard[ReadNumber]:
    """Return whether what was read is likely a number at all."""
    if number is None or number.mean_confidence < LEAST_DIGITS_CONFIDENCE:
        return False
    least: float = LEAST_NUMBER_CONFIDENCE ** (1 + LENIENCE * (len(number.boxes) - 1))
    return number.reading.confidence >= least


def is_reported(number: ReadNumber, least: float) -> bool:
    """Return whether a number is as sure as `least`, or its digits are and only their gaps not."""
    if len(number.boxes) > 1 and number.least_confidence >= SURE_DIGITS:
        least /= 2
    return number.reading.confidence >= least


def sureness(place: FoundNumber, number: ReadNumber, readings: Readings) -> float:
    """Return by what a number competes with those in overlapping boxes, `readings` of all.

    The least sure digit and the place that was found; more digits weigh more, and so do boxes of
    other scales that read alike.
    """
    alike, _ = readings.at(number)
    bonus = DIGIT_BONUS * len(number.boxes) + AGREEMENT * (alike - 1)
    return number.least_confidence + place.confidence + bonus


def as_found(number: ReadNumber, place: FoundNumber, readings: Readings) -> ReadNumber:
    """Return the number as sure as its reading, its box and other readings of it together are.

    A box that holds half a number reads surely: other boxes there then read otherwise.
    """
    alike, unlike = readings.at(number)
    share = max(alike, 1) / (max(alike, 1) + DISSENT * unlike)
    confidence = number.reading.confidence * place.confidence**BOX_POWER * share
    return replace(number, reading=replace(number.reading, confidence=confidence))


def amid_letters(number: ReadNumber, ink: NDArray[np.float32]) -> ReadNumber:
    """Return the number less sure where it is a lone digit within a word: a letter, most likely.

    ink: of the page, (H, W), 0..1
    """
    box = bounding_box(number.boxes)
    if len(number.boxes) > 1 or not all(_has_strokes_beside(box, ink, side) for side in (0, 1)):
        return number
    return _with_odds(number, AMID_LETTERS)


def amid_others(numbers: Sequence[ReadNumber], found: int) -> list[ReadNumber]:
    """Return the numbers of a page, each as sure as the others of its `found` boxes let it be.

    Of a page of letters most boxes read as no number, and a few do, unsurely. So the odds of each
    are multiplied by those of the other boxes, relative to the usual ones.
    """
    confidences = np.array([number.reading.confidence for number in numbers])
    is_likely = confidences >= LEAST_ON_PAGE
    others = (confidences * is_likely).sum() - confidences * is_likely
    count = np.maximum(found - 1, is_likely.sum() - is_likely)
    share = (others + USUAL_SHARE * USUAL_BOXES) / (count + USUAL_BOXES)
    factors = share / (1 - share) / (USUAL_SHARE / (1 - USUAL_SHARE))
    return [_with_odds(*pair) for pair in zip(numbers, factors.tolist(), strict=True)]


def _with_odds(number: ReadNumber, factor: float) -> ReadNumber:
    """Return the number with the odds of its confidence multiplied."""
    confidence = number.reading.confidence
    odds = factor * confidence / max(1 - confidence, 1e-9)
    return replace(number, reading=replace(number.reading, confidence=odds / (1 + odds)))


def _has_strokes_beside(box: Box, ink: NDArray[np.float32], side: int) -> bool:
    """Return whether letters' strokes stand left (0) or right (1) of a box, and no border."""
    left, top, right, bottom = box
    height = bottom - top
    reach = max(2, round(BESIDE * height))
    start = right + 1 if side else left - 1 - reach
    columns = slice(max(0, start), max(0, start + reach))
    inset, near, far = (round(share * height) for share in (0.1, 0.15, 0.4))
    beside = ink[top + inset : bottom - inset, columns] > STROKE_INK
    above = ink[max(0, top - far) : max(0, top - near), columns]
    below = ink[bottom + near : bottom + far, columns]
    if beside.size == 0 or beside.mean(axis=0).max() >= RULE_SHARE:
        return False
    goes_on = all(part.max(initial=0.0) > FAINT_INK for part in (above, below))
    return not goes_on and bool(beside.any(axis=1).mean() > STROKE_SHARE)


def without_doubtful(numbers: Sequence[ReadNumber]) -> list[ReadNumber]:
    """Return the numbers that are as sure as `LEAST_ON_PAGE`."""
    return [number for number in numbers if number.reading.confidence >= LEAST_ON_PAGE]


def amount(numbers: Sequence[ReadNumber]) -> float:
    """Return how much of a page was read: its digits, each as much as its number is sure.

    Gaps in doubt say nothing of a page: numbers below `LEAST_ON_PAGE` count nowhere here.
    """
    return sum(n.reading.confidence * len(n.boxes) for n in without_doubtful(numbers))


def mean_sureness(numbers: Sequence[ReadNumber]) -> float:
    """Return how sure the digits of a page are in the mean, 0 where there is none."""
    digits = sum(len(number.boxes) for number in without_doubtful(numbers))
    return amount(numbers) / digits if digits else 0.0


def is_text(numbers: Sequence[ReadNumber]) -> bool:
    """Return whether what was read on a page is more likely letters: several, and none too sure.

    Digit by digit: a long number is less sure as a whole. Or a few lone digits and nothing else.
    """
    numbers = without_doubtful(numbers)
    if not numbers:
        return False
    counts = np.array([len(number.boxes) for number in numbers])
    confidences = np.array([number.reading.confidence for number in numbers])
    mean = float(np.average(confidences ** (1 / counts), weights=counts))
    if len(numbers) <= FEW_LONE and counts.max() == 1:
        return mean < LEAST_LONE
    return len(numbers) > 1 and mean < LEAST_MEAN
