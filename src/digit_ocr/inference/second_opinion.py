"""A second opinion on a line: by the network that reads nothing but digits, and by how they stand.

The line reader sees a number whole, with digits that touch and borders that cross them; the digit
network knows more hands, but only digits that stand clear. What both say of these is multiplied,
the second weighed a little less: a logarithmic opinion pool (Genest and Zidek 1986, "Combining
Probability Distributions"). What ends one number and begins the next stands out: a slash from the
height of the digits around it, a space from their pitch.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.clear_digits import ClearDigit, clear_digits
from digit_ocr.inference.ctc import Candidate, Decoded
from digit_ocr.inference.digit import DigitReader

DIGITS = 10
"""What is below is a digit. Of a line's labels this one ends a number, of a digit's it is none."""
WEIGHT = 0.75
"""Of what the digit network says, as a power."""
LEAST_CHANCE = 0.01
"""That it leaves to everything."""
NO_CHANCE = 1e-12
"""Of a digit, as good as none: shares of nothing at all cannot be told."""
SIGN_CHANCE = 0.3
"""That a sign is none to it: it has seen few, and takes a slash for a 1. But not of one that ends
where the digits around it do: slashes mostly reach beyond them, but for those of a date."""
LONGEST_DAY, LONGEST_MONTH, YEARS = 31, 12, range(1800, 2200)
"""Of a date."""
LEVEL = 0.1
"""How far from theirs its top and its foot may be then, as a share of their height."""
EVEN_SPACE_CHANCE = 0.2
"""Of a space that is no wider than the steps from digit to digit within numbers."""
WIDER = 1.25
"""Than the widest of these, up to which it is not."""
FEWEST_STEPS = 2
"""Within numbers, that tell how wide they are."""
REACH = 1.0
"""Columns beside a clear digit where its label may stand."""


class SecondOpinion:
    """What the digit network says of one strip; it is asked once, when it is first needed.

    strip: (32, width) float32, ink 1.0 on paper 0.0; `step`: its columns to a time step.
    """

    def __init__(self, strip: NDArray[np.float32], step: float, digit_reader: DigitReader) -> None:
        self._strip = strip
        self._step = step
        self._digit_reader = digit_reader

    def agrees(self, candidate: Candidate) -> bool:
        """Return whether each clear digit has a label, and the one that it looks most like."""
        return all(
            [candidate.labels[place] for place in self._places(digit, candidate.steps)]
            == [int(chances.argmax())]
            for digit, chances in self._seen
        )

    def weight(self, candidate: Candidate) -> float:
        """Return how much speaks for the labels where they stand, 0..1."""
        likely = 1.0
        may_be_level = is_date(candidate.labels)
        for digit, chances in self._seen:
            labels = [candidate.labels[place] for place in self._places(digit, candidate.steps)]
            digits = [label for label in labels if label < DIGITS]
            if len(digits) == 1:
                likely *= float(chances[digits[0]])
            elif digits:
                # Several digits that touch are none.
                likely *= float(chances[DIGITS])
            else:
                likely *= (
                    self._chance_of_no_digit(digit, chances, may_be_level)
                    if labels
                    else chances[DIGITS]
                )
        return float(likely**WEIGHT * EVEN_SPACE_CHANCE ** self._even_spaces(candidate))

    def pooled(self, decoded: Decoded) -> Decoded:
        """Return what was decoded with this opinion in which digit or sign each is, and how surely.

        Whether there is any stays what the line says: letters look like digits to the other.
        """
        steps = tuple((first + last) / 2 for first, last in decoded.spans)
        labels, rows = list(decoded.labels), [np.array(row) for row in decoded.chances]
        confidence = decoded.confidence
        may_be_level = is_date(decoded.labels)
        for digit, chances in self._seen:
            places = self._places(digit, steps)
            if len(places) != 1:
                continue
            (place,) = places
            none = self._chance_of_no_digit(digit, chances, may_be_level)
            says = np.append(chances[:DIGITS], none)
            # Where only a given length asks for a digit, none may have any chance.
            line = np.maximum(rows[place][: len(says)], NO_CHANCE)
            before = line[labels[place]]
            both = line * says[: len(line)] ** WEIGHT
            rows[place][: len(line)] = both * (float(line.sum()) / float(both.sum()))
            if labels[place] < DIGITS:
                labels[place] = int(both[:DIGITS].argmax())
            confidence *= float(rows[place][labels[place]] / before)
        return replace(
            decoded,
            labels=tuple(labels),
            chances=tuple(tuple(row.tolist()) for row in rows),
            confidence=min(confidence, 1.0),
        )

    @cached_property
    def _seen(self) -> list[tuple[ClearDigit, NDArray[np.float64]]]:
        """What stands clear, with the chances (11,) of ten digits and of none."""
        digits = clear_digits(self._strip)
        if not digits:
            return []
        opinions = self._digit_reader.classify(np.stack([digit.image for digit in digits]))
        if opinions.shape[1] == DIGITS:
            # A model that knows no "none" does not tell whether there is a digit.
            opinions = np.column_stack([opinions, opinions.max(axis=1)])
        return list(zip(digits, np.maximum(opinions, LEAST_CHANCE), strict=True))

    def _chance_of_no_digit(
        self, sign: ClearDigit, chances: NDArray[np.float64], may_be_level: bool
    ) -> float:
        """Return the chance that what the line takes for a sign is no digit."""
        least = SIGN_CHANCE if may_be_level or not self._is_level(sign) else LEAST_CHANCE
        return max(float(chances[DIGITS]), least)

    def _is_level(self, sign: ClearDigit) -> bool:
        """Return whether it stands as high and as low as the digits around it."""
        others = [
            (digit.top, digit.bottom)
            for digit, chances in self._seen
            if digit is not sign and chances.argmax() < DIGITS
        ]
        if not others:
            return False
        top, bottom = np.median(others, axis=0)
        apart = max(abs(sign.top - top), abs(sign.bottom - bottom))
        return bool(apart <= LEVEL * (bottom - top))

    def _even_spaces(self, candidate: Candidate) -> int:
        """Return how many of the spaces between numbers are no wider than steps within numbers."""
        labels, steps = candidate.labels, candidate.steps
        is_sign = {place for digit, _ in self._seen for place in self._places(digit, steps)}
        pairs = itertools.pairwise(zip(labels, steps, strict=True))
        within = [b - a for (left, a), (right, b) in pairs if max(left, right) < DIGITS]
        if len(within) < FEWEST_STEPS:
            return 0
        return sum(
            labels[place] >= DIGITS
            and place not in is_sign
            and steps[place + 1] - steps[place - 1] <= WIDER * max(within)
            for place in range(1, len(labels) - 1)
        )

    def _places(self, digit: ClearDigit, steps: tuple[float, ...]) -> list[int]:
        """Return which of the labels at these time steps stand in a clear digit's columns."""
        low, high = digit.left - REACH, digit.right + REACH
        return [
            place for place, step in enumerate(steps) if low <= (step + 0.5) * self._step <= high
        ]


def is_date(labels: Sequence[int]) -> bool:
    """Return whether labels are day, month and year, signs between them, in one of their orders.

    Of ten random digits with a 1 in the place of each sign, one in some ten thousand would be.
    """
    parts = "".join(str(label) if label < DIGITS else "/" for label in labels).split("/")
    if len(parts[0]) == 4:  # The year first.
        parts.reverse()
    if len(parts) != 3 or len(parts[2]) != 4 or not all(0 < len(part) < 3 for part in parts[:2]):
        return False
    low, high = sorted(int(part) for part in parts[:2])
    return 0 < low <= LONGEST_MONTH and high <= LONGEST_DAY and int(parts[2]) in YEARS
