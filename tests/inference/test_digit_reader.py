"""One digit: its probabilities, its confidence, and when there is none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_ocr.errors import ModelNotUsable, NoDigitFound
from digit_ocr.inference.digit import BATCH_SIZE, DigitReader, softmax

SURE_OF_7 = [0.0] * 7 + [5.0] + [0.0] * 2


def test_a_prediction_names_digit_probabilities_box_and_model(
    fake_model: type, seven: NDArray[np.uint8]
) -> None:
    prediction = DigitReader(fake_model(SURE_OF_7)).predict(seven)
    assert prediction.digit == 7
    assert len(prediction.probabilities) == 10
    assert sum(prediction.probabilities) == pytest.approx(1)
    assert prediction.confidence == pytest.approx(prediction.probabilities[7])
    assert prediction.box == (12, 8, 29, 33)
    assert prediction.model == "fake/test"


def test_confidence_counts_the_chance_of_no_digit(
    fake_model: type, seven: NDArray[np.uint8]
) -> None:
    prediction = DigitReader(fake_model([*SURE_OF_7, 4.0])).predict(seven)
    assert prediction.confidence < prediction.probabilities[7]
    assert sum(prediction.probabilities) == pytest.approx(1)
    expected = np.exp(5) / (np.exp(5) + np.exp(4) + 9)
    assert prediction.confidence == pytest.approx(expected)


def test_what_the_model_takes_for_none_is_no_digit(
    fake_model: type, seven: NDArray[np.uint8]
) -> None:
    with pytest.raises(NoDigitFound, match=r"p = 0\.9"):
        DigitReader(fake_model([*SURE_OF_7, 9.0])).predict(seven)


def test_blank_paper_is_refused_before_the_model_sees_it(fake_model: type) -> None:
    model = fake_model(SURE_OF_7)
    with pytest.raises(NoDigitFound, match="blank"):
        DigitReader(model).predict(np.full((30, 30), 200, np.uint8))
    assert model.batch_sizes == []


def test_classify_works_in_bounded_batches(fake_model: type) -> None:
    model = fake_model([*SURE_OF_7, 0.0])
    images = np.zeros((2 * BATCH_SIZE + 3, 28, 28), np.float32)
    probabilities = DigitReader(model).classify(images)
    assert probabilities.shape == (len(images), 11)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert model.batch_sizes == [BATCH_SIZE, BATCH_SIZE, 3]
    assert DigitReader(model).classify(images[:0]).shape == (0, 11)


def test_temperature_makes_confidence_milder_and_keeps_the_digit(fake_model: type) -> None:
    images = np.zeros((1, 28, 28), np.float32)
    sharp = DigitReader(fake_model(SURE_OF_7)).classify(images)[0]
    mild = DigitReader(fake_model(SURE_OF_7, temperature=2.0)).classify(images)[0]
    assert mild.argmax() == sharp.argmax() == 7
    assert mild[7] < sharp[7]


def test_a_model_of_other_classes_is_refused(fake_model: type) -> None:
    with pytest.raises(ModelNotUsable, match="classes"):
        DigitReader(fake_model([0.0, 1.0]))


def test_softmax_of_huge_logits_is_finite() -> None:
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0], [-1e4, -1e4]])), [[1, 0], [0.5, 0.5]])
