from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_ocr.evaluation import metrics

texts = st.text(alphabet="0123", max_size=7)


@pytest.fixture
def guesses() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 10, 800)
    predictions = np.where(rng.random(800) < 0.8, labels, rng.integers(0, 9, 800))
    return predictions, labels


def test_accuracy_confusion_and_class_scores_are_those_of_scikit_learn(guesses):
    oracle = pytest.importorskip("sklearn.metrics")
    predictions, labels = guesses
    confusion = metrics.confusion_matrix(predictions, labels)
    assert metrics.accuracy(predictions, labels) == oracle.accuracy_score(labels, predictions)
    np.testing.assert_array_equal(confusion, oracle.confusion_matrix(labels, predictions))
    scores = metrics.precision_recall_f1(confusion)
    expected = oracle.precision_recall_fscore_support(labels, predictions, zero_division=0)
    for ours, theirs in zip(
        (scores.precision, scores.recall, scores.f1, scores.support), expected, strict=True
    ):
        np.testing.assert_allclose(ours, theirs)


def test_class_scores_are_those_of_torchmetrics(guesses):
    torch = pytest.importorskip("torch")
    oracle = pytest.importorskip("torchmetrics.functional.classification")
    predictions, labels = (torch.from_numpy(values) for values in guesses)
    confusion = metrics.confusion_matrix(*guesses)
    theirs = oracle.multiclass_f1_score(predictions, labels, num_classes=10, average=None)
    np.testing.assert_allclose(metrics.precision_recall_f1(confusion).f1, theirs, rtol=1e-6)


def test_a_class_that_is_absent_or_never_predicted_scores_zero_without_a_warning():
    scores = metrics.precision_recall_f1(metrics.confusion_matrix([0, 0], [0, 1], classes=3))
    assert scores.precision.tolist() == [0.5, 0, 0]
    assert scores.recall.tolist() == [1, 0, 0]


def test_a_label_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"0\.\.9"):
        metrics.confusion_matrix([1], [10])
    with pytest.raises(ValueError, match="shapes differ"):
        metrics.accuracy([1, 2], [1])


def test_wilson_interval_matches_the_published_example_and_never_leaves_the_unit_interval():
    # Newcombe 1998, table I, method 3: 81 of 263, and 0 of 20.
    assert metrics.wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert metrics.wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    low, high = metrics.wilson_interval(20, 20)
    assert low < 1
    assert high == 1
    assert metrics.wilson_interval(0, 0) == (0, 1)


def test_accuracy_of_nothing_is_not_a_number():
    assert math.isnan(metrics.accuracy([], []))


def test_mcnemar_is_the_exact_binomial_test():
    stats = pytest.importorskip("scipy.stats")
    rng = random.Random(3)
    first = [rng.random() < 0.9 for _ in range(4000)]
    second = [rng.random() < 0.88 for _ in range(4000)]
    test = metrics.mcnemar(first, second)
    only_first, only_second = test.only_first_right, test.only_second_right
    expected = stats.binomtest(only_first, only_first + only_second).pvalue
    assert test.p_value == pytest.approx(expected)


def test_mcnemar_of_a_model_with_itself_finds_no_difference():
    assert metrics.mcnemar([True, False], [True, False]) == metrics.McNemar(0, 0, 1.0)
    with pytest.raises(ValueError, match="2 and 1 pictures"):
        metrics.mcnemar([True, False], [True])


@pytest.mark.parametrize(
    ("truth", "read", "substitutions", "deletions", "insertions"),
    [
        ("1572", "1572", (), (), ()),
        ("1572", "1512", (("7", "1"),), (), ()),
        ("11", "711", (), (), ("7",)),
        ("100", "10", (), ("0",), ()),
        ("", "8", (), (), ("8",)),
        ("43", "", (), ("4", "3"), ()),
    ],
)
def test_alignment_names_each_edit(truth, read, substitutions, deletions, insertions):
    edits = metrics.align(truth, read)
    assert edits == metrics.Edits(substitutions, deletions, insertions)


@given(texts, texts, texts)
def test_edit_distance_is_a_metric(first, second, third):
    distance = metrics.edit_distance
    assert (distance(first, second) == 0) == (first == second)
    assert distance(first, second) == distance(second, first)
    assert distance(first, third) <= distance(first, second) + distance(second, third)


def test_character_error_rate_is_that_of_torchmetrics():
    pytest.importorskip("torch")
    oracle = pytest.importorskip("torchmetrics.functional.text")
    rng = random.Random(1)
    truths = ["".join(rng.choices("0123456789", k=rng.randint(1, 9))) for _ in range(60)]
    reads = ["".join(c for c in t if rng.random() < 0.9) + rng.choice(["", "7"]) for t in truths]
    ours = metrics.character_error_rate(truths, reads)
    assert ours == pytest.approx(float(oracle.char_error_rate(reads, truths)), rel=1e-6)


def test_character_error_rate_needs_something_true():
    with pytest.raises(ValueError, match="no true character"):
        metrics.character_error_rate([""], ["1"])
    with pytest.raises(ValueError, match="1 truths but 0 readings"):
        metrics.character_error_rate(["1"], [])
