"""What a model answers on labelled digits, and what that says about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_ocr.evaluation import calibration, metrics
from digit_ocr.imaging.digit import PreparedDigit
from digit_ocr.inference.digit import NONE, DigitReader, is_too_doubtful

NONE_INDEX = 10
BATCH_SIZE = 1000

Advance = Callable[[int], None]
"""Called with the number of pictures that were just done."""


@dataclass(frozen=True, slots=True, eq=False)
class DigitAnswers:
    """One model's answers on n pictures, as its users get them.

    labels, predictions: (n,) int64, 0..9 and 10 for "there is no digit". probabilities:
    (n, 10 or 11) float64, rows sum to 1. confidences: (n,) that of each answer.
    `seconds` is the time that the network took.
    """

    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    confidences: NDArray[np.float64]
    seconds: float

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which answers are right."""
        return np.equal(self.predictions, self.labels)

    @property
    def classes(self) -> tuple[str, ...]:
        """The ten digits, and "none" where the model knows it or a picture was refused."""
        refused = self.probabilities.shape[1] > NONE_INDEX or np.any(self.predictions == NONE_INDEX)
        return (*"0123456789", NONE) if refused else tuple("0123456789")

    @property
    def kept_confidences(self) -> NDArray[np.float64]:
        """The confidence by which a digit is kept or rejected: 0 where no digit was seen."""
        return np.where(self.predictions == NONE_INDEX, 0.0, self.confidences)


def answer_digits(
    reader: DigitReader,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    advance: Advance | None = None,
    ambiguous: Mapping[int, PreparedDigit] | None = None,
) -> DigitAnswers:
    """Return the reader's answers on images (n, 28, 28) uint8, ink 255 on paper 0.

    As in `predict`: no digit where that is more likely than not, or where there is no ink at all,
    and all that imaging has to say of the `ambiguous` ones, by their place, is looked at.
    """
    batches = []
    seconds = 0.0
    for start in range(0, len(images), BATCH_SIZE):
        batch = np.divide(images[start : start + BATCH_SIZE], 255, dtype=np.float32)
        begun = time.perf_counter()
        batches.append(reader.classify(batch))
        seconds += time.perf_counter() - begun
        if advance is not None:
            advance(len(batch))
    probabilities = np.concatenate(batches)
    blank = images.reshape(len(images), -1).max(axis=1) == 0
    if ambiguous:
        surest = reader.surest(list(ambiguous.values()))
        for place, (seen, row) in zip(ambiguous, surest, strict=True):
            probabilities[place] = row
            blank[place] = is_too_doubtful(row, seen)
    return judge(probabilities, labels, blank, seconds)


def judge(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    blank: NDArray[np.bool_],
    seconds: float = 0.0,
) -> DigitAnswers:
    """Return the answers that probabilities (n, 10 or 11) give; `blank` (n,) pictures get none."""
    predictions = probabilities[:, :NONE_INDEX].argmax(axis=1).astype(np.int64)
    confidences = probabilities[np.arange(len(labels)), predictions]
    none = blank.copy()
    if probabilities.shape[1] > NONE_INDEX:
        none |= probabilities[:, NONE_INDEX] > 0.5
        confidences = np.where(none, probabilities[:, NONE_INDEX], confidences)
    confidences = np.where(blank, 1.0, confidences)
    predictions[none] = NONE_INDEX
    return DigitAnswers(labels, predictions, probabilities, confidences, seconds)


def measure_digits(answers: DigitAnswers) -> dict[str, Any]:
    """Return what metrics.json says of one model's answers on digits."""
    right, total = answers.right, len(answers)
    confusion = metrics.confusion_matrix(answers.predictions, answers.labels, len(answers.classes))
    scores = metrics.precision_recall_f1(confusion)
    low, high = metrics.wilson_interval(int(right.sum()), total)
    # "none" is an answer but no digit's class; no picture of these sets is labelled so.
    present = [index for index in range(NONE_INDEX) if scores.support[index]]
    return {
        "accuracy": metrics.accuracy(answers.predictions, answers.labels),
        "accuracy_interval_95": [low, high],
        "errors": int(total - right.sum()),
        "classes": list(answers.classes),
        "confusion_matrix": confusion.tolist(),
        "per_class": [
            {
                "class": answers.classes[index],
                "precision": float(scores.precision[index]),
                "recall": float(scores.recall[index]),
                "f1": float(scores.f1[index]),
                "support": int(scores.support[index]),
            }
            for index in range(NONE_INDEX)
        ],
        "macro_f1": float(np.mean(scores.f1[present])),
        "calibration": _measure_calibration(answers),
        "selective": _measure_rejection(answers.kept_confidences, right),
    }


def _measure_calibration(answers: DigitAnswers) -> dict[str, Any]:
    bins = calibration.reliability(answers.confidences, answers.right)
    true = answers.probabilities[np.arange(len(answers)), answers.labels]
    return {
        "expected_calibration_error": bins.expected_calibration_error,
        "brier_score": calibration.brier_score(answers.probabilities, answers.labels),
        "negative_log_likelihood": float(-np.mean(np.log(np.maximum(true, 1e-12)))),
        "mean_confidence": float(answers.confidences.mean()),
        "bins": [
            {
                "from": float(bins.edges[index]),
                "to": float(bins.edges[index + 1]),
                "count": int(bins.count[index]),
                "confidence": float(bins.confidence[index]),
                "accuracy": float(bins.accuracy[index]),
            }
            for index in range(len(bins.count))
        ],
    }


def _measure_rejection(
    confidences: NDArray[np.float64], right: NDArray[np.bool_]
) -> dict[str, Any]:
    points = calibration.rejection_thresholds(confidences, right)
    return {
        "area_under_risk_coverage": calibration.risk_coverage(confidences, right).area,
        "operating_points": [point.to_dict() for point in points],
    }
