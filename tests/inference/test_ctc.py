"""Decoding against the definition: the sum over all paths, on strips of a few time steps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from digit_ocr.inference import ctc
from digit_ocr.inference.softmax import softmax

BLANK = 2


def random_probabilities(steps: int, seed: int, labels: int = 2) -> ctc.Probabilities:
    rng = np.random.default_rng(seed)
    return softmax(rng.normal(0, 2, (steps, labels + 1)))


def leaves(path: tuple[int, ...], blank: int = BLANK) -> tuple[int, ...]:
    """Return what the definition of CTC leaves of a path."""
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


def by_all_paths(probabilities: ctc.Probabilities) -> dict[tuple[int, ...], float]:
    """Return the probability of everything that can be read, path by path."""
    steps, labels = probabilities.shape
    total: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(labels), repeat=steps):
        probability = float(np.prod(probabilities[np.arange(steps), path]))
        digits = leaves(path, labels - 1)
        total[digits] = total.get(digits, 0.0) + probability
    return total


@pytest.mark.parametrize("seed", range(8))
def test_likelihood_is_the_sum_over_all_paths(seed: int) -> None:
    probabilities = random_probabilities(5, seed)
    for digits, expected in by_all_paths(probabilities).items():
        assert ctc.likelihood(probabilities, digits) == pytest.approx(expected, abs=1e-12)


def test_likelihood_of_digits_that_do_not_fit_is_zero() -> None:
    probabilities = random_probabilities(3, 0)
    assert ctc.likelihood(probabilities, (0, 0, 1)) == 0.0


def test_likelihood_does_not_underflow_on_long_strips() -> None:
    probabilities = random_probabilities(400, 0, labels=10)
    digits = tuple(range(10)) * 2
    assert 0.0 <= ctc.likelihood(probabilities, digits) < 1e-20


@pytest.mark.parametrize("seed", range(8))
def test_wide_beam_finds_the_most_probable_digits(seed: int) -> None:
    probabilities = random_probabilities(5, seed)
    found = ctc.beam_search(probabilities, width=100)[0]
    expected = by_all_paths(probabilities)
    assert found.likelihood == pytest.approx(max(expected.values()), rel=0.01)
    assert found.labels == max(expected, key=lambda key: expected[key])


def test_the_beam_tells_where_each_label_stands() -> None:
    probabilities = np.full((12, 3), 0.02)
    probabilities[:, BLANK] = 0.96
    for step, label in ((2, 0), (6, 1), (9, 1)):
        probabilities[step, [label, BLANK]] = 0.9, 0.08
    found = ctc.beam_search(probabilities)[0]
    assert (found.labels, found.steps) == ((0, 1, 1), (2, 6, 9))
    assert {candidate.labels for candidate in ctc.beam_search(probabilities)} >= {(0, 1), (1, 1)}


def test_a_label_stands_where_most_of_it_came() -> None:
    probabilities = np.full((12, 3), 1e-6)
    probabilities[:, BLANK] = 1 - 2e-6
    for step, chance in ((2, 0.05), (5, 0.8), (9, 0.1)):
        probabilities[step, [0, BLANK]] = chance, 1 - chance
    assert next(c.steps for c in ctc.beam_search(probabilities) if c.labels == (0,)) == (5,)


def test_decoding_prefers_digits_of_many_paths_to_the_one_best_path() -> None:
    # The best path is all blank (0.36), yet 0 is read along three others (0.64).
    probabilities = np.array([[0.4, 0.0, 0.6], [0.4, 0.0, 0.6]])
    decoded = ctc.decode(probabilities)
    assert decoded.labels == (0,)
    assert decoded.confidence == pytest.approx(0.64)
    assert len(decoded.spans) == 1


@pytest.mark.parametrize("length", range(5))
@pytest.mark.parametrize("seed", range(4))
def test_exact_length_is_the_best_path_of_that_length(length: int, seed: int) -> None:
    probabilities = random_probabilities(5, seed)
    path = ctc.exact_length_path(probabilities, length)
    steps = np.arange(5)
    best = max(
        float(np.prod(probabilities[steps, other]))
        for other in itertools.product(range(3), repeat=5)
        if len(leaves(other)) == length
    )
    assert len(leaves(tuple(path.tolist()))) == length
    assert float(np.prod(probabilities[steps, path])) == pytest.approx(best)


def test_length_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        ctc.decode(random_probabilities(3, 0), length=4)


def test_decoding_keeps_to_the_length_asked_for() -> None:
    probabilities = random_probabilities(40, 3, labels=10)
    for length in (0, 1, 4, 20):
        assert len(ctc.decode(probabilities, length=length).labels) == length


@pytest.mark.parametrize("seed", range(6))
def test_alignment_is_the_best_path_for_the_digits(seed: int) -> None:
    probabilities = random_probabilities(6, seed)
    digits = (0, 0, 1)
    spans = ctc.align(probabilities, digits)
    path = np.full(6, BLANK)
    for digit, (first, last) in zip(digits, spans, strict=True):
        path[first : last + 1] = digit
    assert leaves(tuple(path.tolist())) == digits
    steps = np.arange(6)
    best = max(
        float(np.prod(probabilities[steps, other]))
        for other in itertools.product(range(3), repeat=6)
        if leaves(other) == digits
    )
    assert float(np.prod(probabilities[steps, path])) == pytest.approx(best)


def test_collapsing_tells_where_each_digit_stands() -> None:
    path = np.array([2, 0, 0, 2, 0, 1, 1, 2])
    assert ctc.collapse(path, BLANK) == ((0, 0, 1), ((1, 2), (4, 4), (5, 6)))


def test_unsure_digit_has_the_lower_confidence() -> None:
    probabilities = np.full((9, 11), 0.001)
    probabilities[:, 10] = 0.99
    probabilities[2] = [0.001] * 3 + [0.99] + [0.001] * 7
    probabilities[6, :] = 0.001
    probabilities[6, 1], probabilities[6, 7] = 0.6, 0.39
    decoded = ctc.decode(probabilities / probabilities.sum(axis=1, keepdims=True))
    assert decoded.labels == (3, 1)
    sure, unsure = decoded.label_confidences
    assert sure > 0.95
    assert unsure == pytest.approx(0.6, abs=0.03)
    assert decoded.confidence < unsure


def test_higher_temperature_makes_less_sure() -> None:
    logits = np.random.default_rng(0).normal(0, 4, (20, 11))
    cold, hot = (softmax(logits, t).max(axis=1) for t in (1.0, 2.0))
    assert (hot < cold).all()


def test_blank_strip_reads_as_nothing_and_surely_so() -> None:
    probabilities = np.full((12, 11), 1e-5)
    probabilities[:, 10] = 1 - 1e-4
    decoded = ctc.decode(probabilities)
    assert decoded.labels == ()
    assert decoded.label_confidences == ()
    assert decoded.confidence > 0.99


def test_where_empty_strips_are_rare_a_doubtful_digit_is_read() -> None:
    probabilities = np.zeros((3, 11))
    probabilities[[0, 2], 10] = 1.0
    probabilities[1, [4, 10]] = 0.4, 0.6
    assert ctc.decode(probabilities).labels == ()
    read = ctc.decode(probabilities, empty_weight=0.5)
    assert read.labels == (4,)
    assert read.confidence == pytest.approx(0.4 / (0.4 + 0.5 * 0.6))
    assert read.label_confidences == pytest.approx((read.confidence,))


def test_a_path_of_no_digits_that_its_weight_makes_hopeless_gives_way() -> None:
    probabilities = np.zeros((3, 11))
    probabilities[[0, 2], 10] = 1.0
    probabilities[1, [4, 10]] = 0.2, 0.8
    read = ctc.decode(probabilities, empty_weight=0.01)
    assert read.labels == (4,)
    assert read.confidence == pytest.approx(0.2 / (0.2 + 0.01 * 0.8))


def test_how_rare_empty_strips_are_says_nothing_of_sure_digits() -> None:
    probabilities = np.zeros((3, 11))
    probabilities[[0, 2], 10] = 1.0
    probabilities[1, [4, 7]] = 0.7, 0.3
    assert ctc.decode(probabilities, empty_weight=0.1) == ctc.decode(probabilities)
