"""How often a classifier is right, with the uncertainty that its number of pictures leaves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def accuracy(predictions: ArrayLike, labels: ArrayLike) -> float:
    """Return the share of right predictions; not a number where there are none."""
    predictions, labels = _pair(predictions, labels)
    return float(np.mean(predictions == labels)) if len(labels) else math.nan


def wilson_interval(hits: int, total: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return the interval (95 % with the default z) around the proportion `hits / total`.

    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference": unlike the
    normal approximation it stays inside 0..1 and is not empty at 100 %.
    """
    if total <= 0:
        return 0.0, 1.0
    share = hits / total
    centre = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def confusion_matrix(
    predictions: ArrayLike, labels: ArrayLike, classes: int = 10
) -> NDArray[np.int64]:
    """Return counts (classes, classes) int64: the row is the label, the column the prediction.

    Raises: ValueError: a label or prediction is outside 0..classes - 1.
    """
    predictions, labels = _pair(predictions, labels)
    both = np.concatenate([predictions, labels])
    if len(both) and (both.min() < 0 or both.max() >= classes):
        raise ValueError(f"labels and predictions must lie in 0..{classes - 1}")
    counts = np.bincount(labels * classes + predictions, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


@dataclass(frozen=True, slots=True)
class ClassScores:
    """Precision, recall and F1, each (classes,) float64 in 0..1, and the support, int64.

    A score without anything to measure (a class never predicted, or never present) is 0.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]


def precision_recall_f1(confusion: NDArray[np.int64]) -> ClassScores:
    """Return the scores of each class of a confusion matrix (rows are labels)."""
    hits = np.diag(confusion).astype(np.float64)
    support, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return ClassScores(
        precision=_ratio(hits, predicted),
        recall=_ratio(hits, support),
        f1=_ratio(2 * hits, support + predicted),
        support=support,
    )


@dataclass(frozen=True, slots=True)
class McNemar:
    """Two models on the same pictures. `p_value` is that of them being equally good."""

    only_first_right: int
    only_second_right: int
    p_value: float


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> McNemar:
    """Return McNemar's exact two-sided test of two (n,) boolean arrays of right answers.

    The exact binomial form: right for any number of disagreements, where chi-squared is not.
    """
    first, second = np.asarray(first_right, bool), np.asarray(second_right, bool)
    if first.shape != second.shape:
        raise ValueError(f"the models answered {len(first)} and {len(second)} pictures")
    only_first = int(np.sum(first & ~second))
    only_second = int(np.sum(second & ~first))
    total = only_first + only_second
    tail = sum(math.comb(total, count) for count in range(min(only_first, only_second) + 1))
    # Whole numbers up to the one division: exact, and no overflow for thousands of disagreements.
    return McNemar(only_first, only_second, min(1.0, 2 * tail / 2**total))


@dataclass(frozen=True, slots=True)
class Edits:
    """The fewest edits that turn the truth into what was read, character by character.

    `substitutions` are (true, read) pairs; `deletions` are true characters that were not read,
    `insertions` characters read that are not there.
    """

    substitutions: tuple[tuple[str, str], ...]
    deletions: tuple[str, ...]
    insertions: tuple[str, ...]

    @property
    def distance(self) -> int:
        """Levenshtein's distance."""
        return len(self.substitutions) + len(self.deletions) + len(self.insertions)


def align(truth: str, read: str) -> Edits:
    """Return one shortest list of edits from `truth` to `read` (Levenshtein 1966)."""
    rows, columns = len(truth), len(read)
    cost = [[0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows + 1):
        for column in range(columns + 1):
            if row == 0 or column == 0:
                cost[row][column] = row + column
            else:
                replaced = cost[row - 1][column - 1] + (truth[row - 1] != read[column - 1])
                skipped = min(cost[row - 1][column], cost[row][column - 1]) + 1
                cost[row][column] = min(replaced, skipped)

    substitutions, deletions, insertions = [], [], []
    row, column = rows, columns
    while row or column:
        here = cost[row][column]
        differs = row > 0 and column > 0 and truth[row - 1] != read[column - 1]
        if row and column and here == cost[row - 1][column - 1] + differs:
            row, column = row - 1, column - 1
            if differs:
                substitutions.append((truth[row], read[column]))
        elif row and here == cost[row - 1][column] + 1:
            row -= 1
            deletions.append(truth[row])
        else:
            column -= 1
            insertions.append(read[column])
    return Edits(tuple(substitutions[::-1]), tuple(deletions[::-1]), tuple(insertions[::-1]))


def edit_distance(truth: str, read: str) -> int:
    """Return Levenshtein's distance between two texts."""
    return align(truth, read).distance


def character_error_rate(truths: list[str], reads: list[str]) -> float:
    """Return all edits over all true characters; above 1 where much is read that is not there.

    Raises: ValueError: the lists differ in length, or there is no true character.
    """
    if len(truths) != len(reads):
        raise ValueError(f"{len(truths)} truths but {len(reads)} readings")
    characters = sum(len(truth) for truth in truths)
    if not characters:
        raise ValueError("no true character to count errors against")
    edits = sum(edit_distance(truth, read) for truth, read in zip(truths, reads, strict=True))
    return edits / characters


def _pair(predictions: ArrayLike, labels: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    predictions, labels = np.asarray(predictions), np.asarray(labels)
    if predictions.shape != labels.shape or labels.ndim != 1:
        raise ValueError(f"shapes differ: predictions {predictions.shape}, labels {labels.shape}")
    return predictions.astype(np.int64), labels.astype(np.int64)


def _ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    shares = np.zeros(len(numerator), np.float64)
    np.divide(numerator, denominator, out=shares, where=denominator > 0)
    return shares
