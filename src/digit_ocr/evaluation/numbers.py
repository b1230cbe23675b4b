"""What a reader makes of pictures of numbers: exact matches, and every edit that is missing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from digit_ocr.evaluation import calibration, metrics
from digit_ocr.evaluation.labelled_pictures import LabelledPictures
from digit_ocr.results import Reading


class PictureReader(Protocol):
    """What is needed of a reader: `digit_ocr.load_reader()` gives one."""

    def read(self, image: Path) -> Reading:
        """Return the numbers of a picture."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class NumberAnswers:
    """One reader's texts for pictures of numbers, with the least sure number's confidence."""

    truths: tuple[str, ...]
    texts: tuple[str, ...]
    confidences: tuple[float, ...]
    seconds: float

    @property
    def right(self) -> list[bool]:
        """Which pictures are read exactly: the same numbers in the same order and lines."""
        return [truth == text for truth, text in zip(self.truths, self.texts, strict=True)]


def answer_numbers(
    reader: PictureReader,
    pictures: LabelledPictures,
    advance: Callable[[int], None] | None = None,
) -> NumberAnswers:
    """Return the reader's answers.

    Raises: ImageNotReadable: a file is no picture.
    """
    texts, confidences = [], []
    seconds = 0.0
    for path in pictures.paths:
        begun = time.perf_counter()
        reading = reader.read(path)
        seconds += time.perf_counter() - begun
        texts.append(reading.text)
        confidences.append(min((number.confidence for number in reading.numbers), default=0.0))
        if advance is not None:
            advance(1)
    return NumberAnswers(pictures.labels, tuple(texts), tuple(confidences), seconds)


def measure_numbers(answers: NumberAnswers) -> dict[str, Any]:
    """Return what metrics.json says of one reader's answers on numbers.

    Characters are digits alone: a number cut in two is no exact match, but costs no character.
    """
    right = answers.right
    truths, texts = _digits(answers.truths), _digits(answers.texts)
    edits = [metrics.align(truth, text) for truth, text in zip(truths, texts, strict=True)]
    substitutions = Counter(pair for edit in edits for pair in edit.substitutions)
    deletions = Counter(digit for edit in edits for digit in edit.deletions)
    insertions = Counter(digit for edit in edits for digit in edit.insertions)
    true_digits = Counter("".join(truths))
    bins = calibration.reliability(answers.confidences, right)
    points = calibration.rejection_thresholds(answers.confidences, right)
    return {
        "exact_match": metrics.accuracy([int(hit) for hit in right], [1] * len(right)),
        "exact_match_interval_95": list(metrics.wilson_interval(sum(right), len(right))),
        "errors": len(right) - sum(right),
        "character_error_rate": metrics.character_error_rate(truths, texts),
        "characters": sum(true_digits.values()),
        "substitutions": sum(substitutions.values()),
        "deletions": sum(deletions.values()),
        "insertions": sum(insertions.values()),
        "numbers": _count_numbers(answers),
        "by_length": _by_length(truths, right),
        "by_digit": [
            {
                "digit": digit,
                "count": true_digits[digit],
                "substituted": sum(n for (true, _), n in substitutions.items() if true == digit),
                "deleted": deletions[digit],
                "inserted": insertions[digit],
            }
            for digit in "0123456789"
        ],
        "confusions": [
            {"true": true, "read": read, "count": count}
            for (true, read), count in sorted(substitutions.items(), key=lambda item: -item[1])
        ],
        "calibration": {"expected_calibration_error": bins.expected_calibration_error},
        "selective": {"operating_points": [point.to_dict() for point in points]},
    }


def _digits(texts: Sequence[str]) -> list[str]:
    return ["".join(character for character in text if character.isdigit()) for text in texts]


def _count_numbers(answers: NumberAnswers) -> dict[str, Any]:
    """Return how many single numbers are found, wherever in the picture: for pages of many."""
    true = read = matched = 0
    for truth, text in zip(answers.truths, answers.texts, strict=True):
        wanted, found = Counter(truth.split()), Counter(text.split())
        true, read = true + wanted.total(), read + found.total()
        matched += (wanted & found).total()
    return {
        "true": true,
        "read": read,
        "matched": matched,
        "recall": matched / true if true else 0.0,
        "precision": matched / read if read else 0.0,
    }


def _by_length(truths: Sequence[str], right: Sequence[bool]) -> list[dict[str, Any]]:
    rows = []
    for length in sorted({len(truth) for truth in truths}):
        hits = [hit for truth, hit in zip(truths, right, strict=True) if len(truth) == length]
        low, high = metrics.wilson_interval(sum(hits), len(hits))
        rows.append(
            {
                "digits": length,
                "count": len(hits),
                "exact_match": sum(hits) / len(hits),
                "interval_95": [low, high],
            }
        )
    return rows
