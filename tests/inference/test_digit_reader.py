"""One digit: its probabilities, its confidence, and when there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_ocr.errors import ModelNotUsable, NoDigitFound
from digit_ocr.imaging.digit import PreparedDigit
from digit_ocr.inference.digit import BATCH_SIZE, DigitReader
from digit_ocr.inference.metadata import ModelMetadata
from digit_ocr.inference.softmax import softmax
from digit_ocr.results import Prediction

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


class SeesInk:
    """Takes a blank picture for `own`, and one with ink for `all_ink`: a class and its logit."""

    def __init__(self, own: tuple[int, float], all_ink: tuple[int, float]) -> None:
        self.answers = own, all_ink
        self.metadata = ModelMetadata("digit", "fake", classes=(*"0123456789", "none"))

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = np.zeros((len(images), 11), np.float32)
        for row, image in zip(logits, images, strict=True):
            place, value = self.answers[int(image.max() > 0)]
            row[place] = value
        return logits


BLANK = np.zeros((28, 28), np.float32)
ALL_INK = PreparedDigit(BLANK + 1, (0, 0, 12, 12))
TWO_WAYS = PreparedDigit(BLANK, (2, 2, 9, 9), ALL_INK)


@pytest.mark.parametrize(
    ("own", "all_ink", "digit", "box"),
    [
        ((3, 4.0), (8, 5.0), 8, (0, 0, 12, 12)),
        ((3, 5.0), (8, 4.0), 3, (2, 2, 9, 9)),
        ((3, 4.0), (10, 9.0), 3, (2, 2, 9, 9)),
        ((10, 9.0), (8, 5.0), 8, (0, 0, 12, 12)),
    ],
    ids=["all ink is surer", "its own is surer", "all ink is none", "its own is none"],
)
def test_where_ink_was_left_out_the_surer_of_both_ways_to_see_it_counts(
    own: tuple[int, float], all_ink: tuple[int, float], digit: int, box: tuple[int, ...]
) -> None:
    reader = DigitReader(SeesInk(own, all_ink))
    alone = PreparedDigit(BLANK, (1, 1, 5, 5))
    results = reader.predict_prepared([TWO_WAYS, alone, TWO_WAYS])
    for result in (results[0], results[2]):
        assert isinstance(result, Prediction)
        assert (result.digit, result.box) == (digit, box)


def test_what_is_none_by_itself_must_be_a_sure_digit_among_all_ink() -> None:
    (result,) = DigitReader(SeesInk((10, 9.0), (8, 3.0))).predict_prepared([TWO_WAYS])
    assert isinstance(result, NoDigitFound)


@pytest.mark.parametrize(("logit", "is_read"), [(3.0, False), (5.0, True)])
def test_what_imaging_saw_no_digit_in_must_be_a_sure_one(logit: float, is_read: bool) -> None:
    all_ink = replace(ALL_INK, is_doubtful=True)
    doubtful = replace(TWO_WAYS, all_ink=all_ink, is_doubtful=True)
    reader = DigitReader(SeesInk((3, 2.0), (8, logit)))
    (result,) = reader.predict_prepared([doubtful])
    assert isinstance(result, Prediction if is_read else NoDigitFound)


def test_a_model_of_other_classes_is_refused(fake_model: type) -> None:
    with pytest.raises(ModelNotUsable, match="classes"):
        DigitReader(fake_model([0.0, 1.0]))


def test_softmax_of_huge_logits_is_finite() -> None:
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0], [-1e4, -1e4]])), [[1, 0], [0.5, 0.5]])
