"""Whether a confidence means what it says: calibration, temperature, and what to reject."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digit_ocr.inference.softmax import softmax

Floats = NDArray[np.float64]

COLDEST, HOTTEST = 0.05, 20.0
"""Bounds of a fitted temperature: without them a faultless validation set would ask for zero."""

PRIOR_SPREAD = 0.1
"""How far 1/temperature is expected to lie from the expected one, as a share of it.

A few dozen pictures, all of them right, would ask for the coldest temperature and so for 100 % in
every answer, the wrong ones too. Thousands outweigh what is expected.
"""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Equal-width bins of confidence: mean confidence, accuracy (0 where empty) and count of each.

    Arrays (bins,); a bin holds the confidences above its lower edge up to its upper edge.
    """

    edges: Floats
    confidence: Floats
    accuracy: Floats
    count: NDArray[np.int64]

    @property
    def expected_calibration_error(self) -> float:
        """The gap between confidence and accuracy, averaged over the pictures."""
        gaps = np.abs(self.accuracy - self.confidence)
        return float(np.sum(gaps * self.count) / max(1, self.count.sum()))


def reliability(confidences: ArrayLike, right: ArrayLike, bins: int = 15) -> Reliability:
    """Return confidence against accuracy in bins. Guo et al. 2017, section 2.

    `confidences` (n,) in 0..1 of the answers given; `right` (n,) whether each was right.
    """
    confidences, right = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    edges = np.linspace(0, 1, bins + 1)
    index = np.clip(np.searchsorted(edges, confidences, side="left") - 1, 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    full = np.maximum(count, 1)
    return Reliability(
        edges=edges,
        confidence=np.bincount(index, weights=confidences, minlength=bins) / full,
        accuracy=np.bincount(index, weights=right, minlength=bins) / full,
        count=count.astype(np.int64),
    )


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Return Brier's score (1950) in 0..2: squared error summed over classes, mean of pictures."""
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels, np.int64)
    truth = np.zeros_like(probabilities)
    truth[np.arange(len(labels)), labels] = 1
    return float(np.mean(np.sum((probabilities - truth) ** 2, axis=1)))


def fit_temperature(
    logits: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
    expected: float | None = None,
) -> float:
    """Return the temperature that makes logits (n, classes) most likely for labels (n,).

    `weights` (n,) say how much each counts; all alike where None. `expected` is the temperature
    from which only evidence moves it (a normal prior on 1/temperature, PRIOR_SPREAD wide).

    Guo et al. 2017, section 4.2. The likelihood is convex in 1/temperature, so its slope has one
    root at most and bisection cannot miss it. Bounded by COLDEST and HOTTEST.
    """
    logits, labels = np.asarray(logits, np.float64), np.asarray(labels, np.int64)
    weights = None if weights is None else np.asarray(weights, np.float64)
    if not len(logits):
        raise ValueError("no logits to fit a temperature to")
    true_logits = logits[np.arange(len(labels)), labels]

    def slope(temperature: float) -> float:
        mean_logits = np.sum(softmax(logits, temperature) * logits, axis=1)
        of_data = float(np.average(mean_logits - true_logits, weights=weights))
        if expected is None:
            return of_data
        pull = (1 / temperature - 1 / expected) * (expected / PRIOR_SPREAD) ** 2
        return of_data + pull / len(labels)

    low, high = math.log(COLDEST), math.log(HOTTEST)
    for _ in range(40):
        middle = (low + high) / 2
        if slope(math.exp(middle)) > 0:  # overconfident: hotter is likelier
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What is wrong among what is kept, as the threshold falls.

    Arrays (points,), one point for each different confidence, highest first: keeping every answer
    of at least `threshold` keeps the share `coverage`, of which the share `risk` is wrong
    (`errors` answers). El-Yaniv and Wiener 2010.
    """

    threshold: Floats
    coverage: Floats
    risk: Floats
    errors: NDArray[np.int64]

    @property
    def area(self) -> float:
        """Area under the curve (AURC, Geifman and El-Yaniv 2017): the mean risk over coverage."""
        return float(np.sum(self.risk * np.diff(self.coverage, prepend=0.0)))


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The most coverage at which what is kept is right often enough.

    `threshold` is the `reject_below` that gives it: None where no threshold does (coverage 0).
    `risk` is the share that is wrong (`errors` answers) among those kept.
    """

    accuracy: float
    threshold: float | None
    coverage: float
    errors: int
    risk: float

    @property
    def rejected(self) -> float:
        """The share of pictures that is rejected."""
        return 1 - self.coverage

    def to_dict(self) -> dict[str, Any]:
        return {
            "accuracy": self.accuracy,
            "threshold": self.threshold,
            "coverage": self.coverage,
            "rejected": self.rejected,
            "errors": self.errors,
        }


def risk_coverage(confidences: ArrayLike, right: ArrayLike) -> RiskCoverage:
    """Return the risk–coverage curve of answers with confidences (n,), right (n,) or not."""
    confidences, right = np.asarray(confidences, np.float64), np.asarray(right, bool)
    order = np.argsort(-confidences, kind="stable")
    ranked = confidences[order]
    kept = np.arange(1, len(ranked) + 1)
    errors = np.cumsum(~right[order])
    # Equal confidences stand or fall together: a threshold cannot tell them apart.
    last_of_tie = np.append(ranked[1:] != ranked[:-1], True) if len(ranked) else kept > 0
    return RiskCoverage(
        threshold=ranked[last_of_tie],
        coverage=kept[last_of_tie] / max(1, len(ranked)),
        risk=(errors / kept)[last_of_tie],
        errors=errors[last_of_tie].astype(np.int64),
    )


def operating_point(curve: RiskCoverage, target_accuracy: float) -> OperatingPoint:
    """Return the most coverage whose kept answers reach `target_accuracy` (1: no error)."""
    good = np.flatnonzero(curve.risk <= 1 - target_accuracy + 1e-12)
    if not len(good):
        return OperatingPoint(target_accuracy, None, 0.0, 0, 0.0)
    best = int(good[-1])
    return OperatingPoint(
        accuracy=target_accuracy,
        threshold=float(curve.threshold[best]),
        coverage=float(curve.coverage[best]),
        errors=int(curve.errors[best]),
        risk=float(curve.risk[best]),
    )


def rejection_thresholds(
    confidences: ArrayLike, right: ArrayLike, targets: tuple[float, ...] = (0.99, 0.999, 1.0)
) -> tuple[OperatingPoint, ...]:
    """Return what to reject for 99 %, for 99.9 % and for no error at all among what is kept."""
    curve = risk_coverage(confidences, right)
    return tuple(operating_point(curve, target) for target in targets)
