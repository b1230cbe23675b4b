from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_ocr.evaluation import calibration
from digit_ocr.inference.softmax import softmax


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    """Logits (2000, 10) that are twice as sure as they should be, and labels (2000,)."""
    rng = np.random.default_rng(11)
    logits = rng.normal(size=(2000, 10)) * 2
    chances = softmax(logits)
    labels = (chances.cumsum(axis=1) > rng.random((2000, 1))).argmax(axis=1)
    return logits * 2, labels


def test_softmax_sums_to_one_and_survives_huge_logits():
    probabilities = softmax([[1e4, 0.0, -1e4], [3.0, 3.0, 3.0]])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(probabilities[1], 1 / 3)


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    right = probabilities.argmax(axis=1) == labels
    return calibration.reliability(probabilities.max(axis=1), right).expected_calibration_error


def test_expected_calibration_error_is_that_of_torchmetrics(answers):
    torch = pytest.importorskip("torch")
    oracle = pytest.importorskip("torchmetrics.functional.classification")
    logits, labels = answers
    probabilities = softmax(logits)
    theirs = oracle.multiclass_calibration_error(
        torch.from_numpy(probabilities), torch.from_numpy(labels), num_classes=10, n_bins=15
    )
    ours = expected_calibration_error(probabilities, labels)
    assert ours == pytest.approx(float(theirs), abs=1e-6)  # it sums in float32


def test_brier_score_is_that_of_scikit_learn(answers):
    oracle = pytest.importorskip("sklearn.metrics")
    logits, labels = answers
    probabilities = softmax(logits)
    squared = ((probabilities - np.eye(10)[labels]) ** 2).sum(axis=1).mean()
    assert calibration.brier_score(probabilities, labels) == pytest.approx(squared)
    two = np.stack([probabilities[:, 0], 1 - probabilities[:, 0]], axis=1)
    is_other = (labels != 0).astype(int)
    halved = oracle.brier_score_loss(is_other, two[:, 1])
    assert calibration.brier_score(two, is_other) == pytest.approx(2 * halved)


def test_a_fitted_temperature_undoes_overconfidence(answers):
    logits, labels = answers
    temperature = calibration.fit_temperature(logits, labels)
    assert temperature == pytest.approx(2, rel=0.06)
    before = expected_calibration_error(softmax(logits), labels)
    after = expected_calibration_error(softmax(logits, temperature), labels)
    assert after < before / 4


def test_the_fitted_temperature_is_the_likeliest(answers):
    oracle = pytest.importorskip("sklearn.metrics")
    logits, labels = answers
    best = calibration.fit_temperature(logits, labels)
    losses = [
        oracle.log_loss(labels, softmax(logits, best * factor)) for factor in (0.97, 1.0, 1.03)
    ]
    assert min(losses) == losses[1]


def test_what_counts_twice_weighs_as_if_it_were_there_twice(answers):
    logits, labels = answers
    twice = np.arange(len(labels)) % 3 == 0
    weighted = calibration.fit_temperature(logits, labels, 1.0 + twice)
    repeated = np.repeat(np.arange(len(labels)), 1 + twice)
    assert weighted == pytest.approx(
        calibration.fit_temperature(logits[repeated], labels[repeated])
    )


def test_a_faultless_set_gives_a_bounded_temperature():
    logits = np.eye(10) * 5
    assert calibration.fit_temperature(logits, np.arange(10)) >= calibration.COLDEST
    with pytest.raises(ValueError, match="no logits"):
        calibration.fit_temperature(np.empty((0, 10)), [])


def test_few_answers_hardly_move_the_expected_temperature_and_many_do(answers):
    logits, labels = answers
    right = np.flatnonzero(logits.argmax(1) == labels)[:20]
    few = calibration.fit_temperature(logits[right], labels[right], expected=1.0)
    assert few == pytest.approx(1.0, rel=0.2)
    assert calibration.fit_temperature(logits[right], labels[right]) < 0.5
    many = calibration.fit_temperature(logits, labels, expected=1.0)
    assert many == pytest.approx(calibration.fit_temperature(logits, labels), rel=0.05)


def test_certain_answers_fall_into_the_last_bin():
    bins = calibration.reliability([1.0, 1.0, 0.0], [True, False, False])
    assert bins.count[-1] == 2
    assert bins.count[0] == 1
    assert bins.accuracy[-1] == 0.5


def test_risk_coverage_keeps_ties_together():
    curve = calibration.risk_coverage([0.9, 0.8, 0.8, 0.1], [True, True, False, False])
    assert curve.threshold.tolist() == [0.9, 0.8, 0.1]
    assert curve.coverage.tolist() == [0.25, 0.75, 1.0]
    np.testing.assert_allclose(curve.risk, [0, 1 / 3, 0.5])


def test_thresholds_are_those_that_reject_below_needs():
    confidences = np.linspace(0.001, 1, 1000)
    right = np.ones(1000, bool)
    right[[2, 5, 40, 500]] = False
    for point in calibration.rejection_thresholds(confidences, right):
        kept = confidences >= point.threshold
        assert right[kept].mean() >= point.accuracy
        assert point.coverage == pytest.approx(kept.mean())
        assert point.errors == (~right[kept]).sum()
        assert point.rejected == pytest.approx(1 - kept.mean())
    assert calibration.rejection_thresholds(confidences, right)[-1].coverage == 0.499


def test_no_threshold_helps_when_the_surest_answer_is_wrong():
    point = calibration.rejection_thresholds([0.9, 0.5], [False, True], (1.0,))[0]
    assert point.threshold is None
    assert point.coverage == 0


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.7, 0.99]), st.booleans()), min_size=1))
def test_full_coverage_has_the_plain_error_rate(answers):
    confidences, right = zip(*answers, strict=True)
    curve = calibration.risk_coverage(confidences, right)
    assert curve.coverage[-1] == 1
    assert curve.risk[-1] == pytest.approx(1 - np.mean(right))
    assert 0 <= curve.area <= 1
