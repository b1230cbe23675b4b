"""How accuracy falls as pictures get worse, next to the original SimpleCNN on the same pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_ocr.data.labelled_digits import prepare_all
from digit_ocr.evaluation.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from digit_ocr.evaluation.digits import Advance, answer_digits
from digit_ocr.inference.digit import DigitReader

MAX_PICTURES = 1000
"""Pictures of each corruption and strength: 75 times as many are read."""

BASELINE = "simple_cnn_robustness.json"


@dataclass(frozen=True, slots=True, eq=False)
class Robustness:
    """`accuracies` (corruptions, strengths) float64 on `pictures` pictures each.

    `reference` are the SimpleCNN's errors on MNIST's test pictures, corruption by corruption; None
    where the data is another: only errors on the same pictures can be compared.
    """

    names: tuple[str, ...]
    accuracies: NDArray[np.float64]
    pictures: int
    reference: NDArray[np.float64] | None

    @property
    def corruption_errors(self) -> NDArray[np.float64] | None:
        """Each corruption's error relative to the reference's, summed over strengths."""
        if self.reference is None:
            return None
        errors = (1 - self.accuracies).sum(axis=1)
        relative: NDArray[np.float64] = errors / self.reference.sum(axis=1)
        return relative

    def to_dict(self) -> dict[str, Any]:
        """Return what metrics.json says."""
        relative = self.corruption_errors
        return {
            "pictures": self.pictures,
            "mean_accuracy": float(self.accuracies.mean()),
            "mean_corruption_error": None if relative is None else float(relative.mean()),
            "corruptions": [
                {
                    "name": name,
                    "levels": CORRUPTIONS[name].describe,
                    "accuracy": self.accuracies[row].tolist(),
                    "corruption_error": None if relative is None else float(relative[row]),
                }
                for row, name in enumerate(self.names)
            ],
        }


def measure_robustness(
    reader: DigitReader,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    *,
    is_mnist: bool = False,
    prepare: bool = True,
    advance: Advance | None = None,
) -> Robustness:
    """Return accuracy on spoilt images (n, 28, 28) uint8, at most MAX_PICTURES of them.

    Each picture goes the way of a user's: through imaging, then the network. `prepare=False` shows
    the pictures to the network as they are.
    """
    chosen = _evenly(len(labels), MAX_PICTURES)
    images, labels = images[chosen], labels[chosen]
    accuracies = np.zeros((len(CORRUPTIONS), len(STRENGTHS)))
    for row, name in enumerate(CORRUPTIONS):
        for column, strength in enumerate(STRENGTHS):
            spoilt = corrupt(images, name, strength)
            ambiguous = None
            if prepare:
                spoilt, ambiguous = prepare_all(spoilt, len(spoilt))
            answers = answer_digits(reader, spoilt, labels, ambiguous=ambiguous)
            accuracies[row, column] = answers.right.mean()
            if advance is not None:
                advance(len(images))
    reference = load_reference() if is_mnist else None
    return Robustness(tuple(CORRUPTIONS), accuracies, len(labels), reference)


def load_reference() -> NDArray[np.float64]:
    """Return the original SimpleCNN's errors (corruptions, strengths) on MNIST's test pictures.

    As the original system used it: the pictures straight into the network.
    """
    text = (resources.files("digit_ocr.evaluation") / BASELINE).read_text(encoding="utf-8")
    errors = json.loads(text)["errors"]
    return np.array([errors[name] for name in CORRUPTIONS], np.float64)


def _evenly(count: int, most: int) -> NDArray[np.intp]:
    """Return at most `most` of `count` indices, evenly spread: the same ones each time."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.intp))
