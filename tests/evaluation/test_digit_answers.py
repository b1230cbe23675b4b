from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digit_ocr.data.labelled_digits import prepare_all
from digit_ocr.evaluation import robustness
from digit_ocr.evaluation.corruptions import CORRUPTIONS
from digit_ocr.evaluation.digits import answer_digits, judge, measure_digits
from digit_ocr.evaluation.occlusion import map_occlusion
from digit_ocr.evaluation.robustness import load_reference, measure_robustness
from digit_ocr.imaging.digit import PreparedDigit
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.load import load_model


@pytest.fixture(scope="module")
def reader(model_path):
    return DigitReader(load_model(model_path, threads=1))


@pytest.fixture(scope="module")
def answers(reader, digits):
    return answer_digits(reader, digits.images, digits.labels)


def test_the_figures_are_those_of_scikit_learn_on_the_same_predictions(answers):
    oracle = pytest.importorskip("sklearn.metrics")
    measured = measure_digits(answers)
    predictions, labels = answers.predictions, answers.labels
    assert 0.6 < measured["accuracy"] < 1  # There must be mistakes to count.
    assert measured["accuracy"] == oracle.accuracy_score(labels, predictions)
    assert measured["confusion_matrix"] == oracle.confusion_matrix(labels, predictions).tolist()
    assert measured["macro_f1"] == pytest.approx(
        oracle.f1_score(labels, predictions, average="macro")
    )
    assert measured["calibration"]["negative_log_likelihood"] == pytest.approx(
        oracle.log_loss(labels, answers.probabilities)
    )
    recall = oracle.recall_score(labels, predictions, average=None)
    assert [row["recall"] for row in measured["per_class"]] == pytest.approx(recall.tolist())


def test_the_figures_are_those_of_torchmetrics_on_the_same_predictions(answers):
    torch = pytest.importorskip("torch")
    oracle = pytest.importorskip("torchmetrics.functional.classification")
    probabilities = torch.from_numpy(answers.probabilities)
    labels = torch.from_numpy(answers.labels)
    measured = measure_digits(answers)
    error = oracle.multiclass_calibration_error(probabilities, labels, num_classes=10, n_bins=15)
    ours = measured["calibration"]["expected_calibration_error"]
    assert ours == pytest.approx(float(error), abs=1e-6)
    matrix = oracle.multiclass_confusion_matrix(probabilities, labels, num_classes=10)
    assert measured["confusion_matrix"] == matrix.tolist()
    right = oracle.multiclass_accuracy(probabilities, labels, num_classes=10, average="micro")
    assert measured["accuracy"] == pytest.approx(float(right))


def test_no_digit_is_the_answer_where_that_is_likelier_than_not():
    probabilities = np.zeros((3, 11))
    probabilities[0, [4, 10]] = 0.6, 0.4
    probabilities[1, [4, 10]] = 0.4, 0.6
    # More likely than any one digit, but there is a digit: `predict` names it.
    probabilities[2, [4, 5, 10]] = 0.34, 0.26, 0.4
    answers = judge(probabilities, np.array([4, 4, 4]), blank=np.zeros(3, bool))
    assert answers.predictions.tolist() == [4, 10, 4]
    assert answers.confidences.tolist() == [0.6, 0.6, 0.34]
    # What was refused is rejected before anything that was read.
    assert answers.kept_confidences.tolist() == [0.6, 0.0, 0.34]
    measured = measure_digits(answers)
    assert measured["classes"][10] == "none"
    assert measured["confusion_matrix"][4][10] == 1
    assert measured["macro_f1"] == pytest.approx(0.8)


def test_a_picture_in_which_imaging_found_nothing_is_answered_with_nothing(reader):
    blank = np.zeros((1, 28, 28), np.uint8)
    answers = answer_digits(reader, blank, np.array([3]))
    assert answers.predictions.tolist() == [10]
    assert measure_digits(answers)["accuracy"] == 0


def test_all_that_imaging_says_of_a_picture_is_looked_at(reader, digits, answers):
    place = int(np.where(answers.right, answers.confidences, 0).argmax())
    clear, label = digits.images[place], digits.labels[place : place + 1]
    faint = digits.images[np.flatnonzero(digits.labels != label)[0]] // 4
    seen = [PreparedDigit(image / np.float32(255), (0, 0, 28, 28)) for image in (faint, clear)]
    alone = answer_digits(reader, faint[None], label)
    assert not alone.right[0]
    both = replace(seen[0], all_ink=seen[1])
    together = answer_digits(reader, faint[None], label, ambiguous={0: both})
    assert together.right[0]
    assert together.confidences[0] == pytest.approx(answers.confidences[place])


def test_what_imaging_found_no_digit_in_must_surely_be_one(reader, digits, answers):
    place = int(np.where(answers.right, answers.confidences, 0).argmax())
    image, label = digits.images[place] / np.float32(255), digits.labels[place]
    clear = PreparedDigit(image, (0, 0, 28, 28), is_doubtful=True)
    faint = replace(clear, image=image * np.float32(0.3))
    sure, unsure = reader.classify(np.stack([clear.image, faint.image])).max(axis=1)
    assert sure > 0.8 > unsure
    images = np.stack([digits.images[place], digits.images[place] // 3])
    judged = answer_digits(reader, images, np.full(2, label), ambiguous={0: clear, 1: faint})
    assert judged.predictions.tolist() == [label, 10]


def test_progress_counts_every_picture(reader, digits):
    counted: list[int] = []
    answer_digits(reader, digits.images, digits.labels, counted.append)
    assert sum(counted) == len(digits)


def test_an_occlusion_map_is_brightest_where_the_class_is_decided():
    class OnePlace:
        """Says 1 where there is ink at (6, 20), and 0 otherwise."""

        def classify(self, images):
            one = 0.1 + 0.8 * images[:, 6, 20]
            return np.stack([1 - one, one], axis=1)

    image = np.full((1, 28, 28), 255, np.uint8)
    (heat,) = map_occlusion(OnePlace(), image, np.array([1]))
    assert heat.max() == 1
    assert heat[6, 20] > 0.9
    assert heat[20, 6] == 0
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert abs(row - 6) <= 2
    assert abs(column - 20) <= 2


def test_robustness_falls_with_strength_and_compares_only_on_mnist(reader, digits, monkeypatch):
    few = {name: CORRUPTIONS[name] for name in ("blur", "occlusion")}
    monkeypatch.setattr(robustness, "CORRUPTIONS", few)
    result = measure_robustness(reader, digits.images[:20], digits.labels[:20])
    assert result.accuracies.shape == (2, 5)
    assert result.accuracies[1, 0] > result.accuracies[1, -1]
    assert result.corruption_errors is None
    assert result.to_dict()["mean_corruption_error"] is None
    compared = measure_robustness(reader, digits.images[:20], digits.labels[:20], is_mnist=True)
    errors = (1 - result.accuracies).sum(axis=1) / load_reference().sum(axis=1)
    assert compared.to_dict()["mean_corruption_error"] == pytest.approx(errors.mean())


def test_spoilt_pictures_are_read_in_every_way_that_imaging_sees_them(reader, digits, monkeypatch):
    monkeypatch.setattr(robustness, "CORRUPTIONS", {"blur": CORRUPTIONS["blur"]})
    ways = {
        place: PreparedDigit(image / np.float32(255), (0, 0, 28, 28))
        for place, image in enumerate(digits.images[:20])
    }
    blank = np.zeros((20, 28, 28), np.uint8)
    monkeypatch.setattr(robustness, "prepare_all", lambda pictures, count: (blank, ways))
    result = measure_robustness(reader, digits.images[:20], digits.labels[:20])
    clear = answer_digits(reader, digits.images[:20], digits.labels[:20]).right.mean()
    assert clear > 0.3
    assert result.accuracies == pytest.approx(clear)


def test_the_reference_is_worse_where_pictures_are_worse():
    reference = load_reference()
    assert reference.shape == (15, 5)
    assert (reference[:, -1] >= reference[:, 0]).all()
    assert reference[:, 0].min() < 0.05


def test_spoilt_pictures_go_through_imaging(digits):
    prepared, _ = prepare_all([255 - digits.images[0], np.zeros((28, 28), np.uint8)], 2)
    assert prepared[0].mean() < 128  # Ink on paper again, though it came inverted.
    assert not prepared[1].any()
