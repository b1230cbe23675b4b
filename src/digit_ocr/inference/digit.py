"""One digit read: prepared, classified, and said with what confidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digit_ocr.errors import ModelNotUsable, NoDigitFound
from digit_ocr.imaging.digit import PreparedDigit, prepare_leniently
from digit_ocr.inference.load import Model
from digit_ocr.inference.softmax import softmax
from digit_ocr.results import Prediction

BATCH_SIZE = 256
"""Images that go through the model at once: bounds the memory of a large data set."""

NONE = "none"
"""The eleventh class of some models: the picture holds no digit."""

DIGIT_CLASSES = tuple("0123456789")

SURELY_THERE = 0.8
"""Confidence that a digit needs in all ink of a picture where imaging, or the model, found none."""


class DigitReader:
    """Reads the one digit of a picture with a model of the kind "digit"; safe across threads.

    Raises: ModelNotUsable: the model's classes are not the ten digits, with or without "none".
    """

    def __init__(self, model: Model) -> None:
        classes = model.metadata.classes
        if classes not in (DIGIT_CLASSES, (*DIGIT_CLASSES, NONE)):
            raise ModelNotUsable(f"model {model.metadata.name} has the classes {classes}")
        self.model = model
        self._name = model.metadata.name

    def predict(self, grey: NDArray[np.uint8]) -> Prediction:
        """Return the dominant, most central digit of grey (H, W) uint8.

        Raises: NoDigitFound: nothing there could be a digit, or the model finds it is none.
        """
        return self.explain(grey)[0]

    def explain(self, grey: NDArray[np.uint8]) -> tuple[Prediction, NDArray[np.float32]]:
        """Return the digit, and (28, 28) float32 as the model saw it, ink 1.0; raises likewise."""
        ((digit, row),) = self.surest([prepare_leniently(grey)])
        result = self._decide(row, digit)
        if isinstance(result, NoDigitFound):
            raise result
        return result, digit.image

    def predict_prepared(self, digits: Sequence[PreparedDigit]) -> list[Prediction | NoDigitFound]:
        """Return each digit that imaging has made ready, or that the model finds it is none."""
        return [self._decide(row, digit) for digit, row in self.surest(digits)]

    def surest(self, digits: Sequence[PreparedDigit]) -> list[tuple[PreparedDigit, list[float]]]:
        """Return each digit with its probabilities: of its own ink, or of all there is.

        What imaging leaves out is mostly lines and neighbours, but at times a stroke: where all ink
        together reads more surely, nothing had to be left out.
        """
        others = [digit.all_ink for digit in digits if digit.all_ink is not None]
        rows = self.classify(np.array([digit.image for digit in (*digits, *others)])).tolist()
        rows_of_others = iter(rows[len(digits) :])
        surest = []
        for digit, row in zip(digits, rows, strict=False):
            other = digit.all_ink
            if other is not None:
                other_row = next(rows_of_others)
                least = SURELY_THERE if _is_none(row) else max(row[:10])
                if max(other_row[:10]) > least:
                    digit, row = other, other_row
            surest.append((digit, row))
        return surest

    def _decide(self, probabilities: list[float], seen: PreparedDigit) -> Prediction | NoDigitFound:
        """Return what the probabilities of a picture's classes speak for."""
        digits = probabilities[:10]
        confidence = max(digits)
        if _is_none(probabilities):
            none = probabilities[10]
            return NoDigitFound(f"no digit found: what is there is not one digit (p = {none:.3f})")
        if is_too_doubtful(probabilities, seen):
            return NoDigitFound("no digit found: nothing that stands out as one")
        total = sum(digits)
        return Prediction(
            digit=digits.index(confidence),
            confidence=confidence,
            probabilities=tuple([share / total for share in digits]),
            box=seen.box,
            model=self._name,
        )

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return calibrated probabilities (n, classes) of images (n, 28, 28) float32, ink 1.0.

        Each row sums to 1; column 10, where the model has it, is "no digit".
        """
        if len(images) == 0:
            return np.zeros((0, len(self.model.metadata.classes)))
        batches = images.reshape(-1, 1, 28, 28)
        logits = [
            self.model(batches[start : start + BATCH_SIZE])
            for start in range(0, len(batches), BATCH_SIZE)
        ]
        together = logits[0] if len(logits) == 1 else np.concatenate(logits)
        return softmax(together, self.model.metadata.temperature)


def is_too_doubtful(probabilities: list[float], seen: PreparedDigit) -> bool:
    """Return whether a picture in which imaging found no digit is not surely one to the model."""
    return seen.is_doubtful and max(probabilities[:10]) <= SURELY_THERE


def _is_none(probabilities: list[float]) -> bool:
    return len(probabilities) > 10 and probabilities[10] > 0.5
