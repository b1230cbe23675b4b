"""One digit read: prepared, classified, and said with what confidence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digit_ocr.errors import ModelNotUsable, NoDigitFound
from digit_ocr.imaging.digit import PreparedDigit, prepare_digit
from digit_ocr.inference.load import Model
from digit_ocr.results import Prediction

BATCH_SIZE = 256
"""Images that go through the model at once: bounds the memory of a large data set."""

NONE = "none"
"""The eleventh class of some models: the picture holds no digit."""

DIGIT_CLASSES = tuple("0123456789")


class DigitReader:
    """Reads the one digit of a picture with a model of the kind "digit"; safe across threads.

    Raises: ModelNotUsable: the model's classes are not the ten digits, with or without "none".
    """

    def __init__(self, model: Model) -> None:
        classes = model.metadata.classes
        if classes not in (DIGIT_CLASSES, (*DIGIT_CLASSES, NONE)):
            raise ModelNotUsable(f"model {model.metadata.name} has the classes {classes}")
        self.model = model

    def predict(self, grey: NDArray[np.uint8]) -> Prediction:
        """Return the dominant, most central digit of grey (H, W) uint8.

        Raises: NoDigitFound: nothing there could be a digit, or the model finds it is none.
        """
        return self.predict_prepared(prepare_digit(grey))

    def predict_prepared(self, prepared: PreparedDigit) -> Prediction:
        """Return the digit of a picture that imaging has made ready; raises as `predict` does."""
        probabilities = self.classify(prepared.image[None])[0]
        digits = probabilities[:10]
        best = int(digits.argmax())
        confidence = float(digits[best])
        if len(probabilities) > 10:
            none = float(probabilities[10])
            if none > 0.5:
                raise NoDigitFound(f"no digit found: what is there is none (p = {none:.3f})")
        return Prediction(
            digit=best,
            confidence=confidence,
            probabilities=tuple((digits / digits.sum()).tolist()),
            box=prepared.box,
            model=self.model.metadata.name,
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
        return softmax(np.concatenate(logits) / self.model.metadata.temperature)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return probabilities along the last axis, float64."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities
