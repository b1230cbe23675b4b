from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_ocr.errors import DatasetCorrupt, NoDigitFound
from digit_ocr.evaluation.digits import answer_digits
from digit_ocr.evaluation.evaluate import evaluate
from digit_ocr.evaluation.labelled_pictures import (
    as_digits,
    load_labelled_pictures,
    normalise,
)
from digit_ocr.evaluation.metrics import confusion_matrix
from digit_ocr.evaluation.numbers import NumberAnswers, answer_numbers, measure_numbers
from digit_ocr.inference.reader import Reader
from digit_ocr.results import Digit, Number, Reading
from digit_ocr.synthesis.crops import generate_pictures
from digit_ocr.synthesis.glyphs import GlyphSource


def reading(text: str, confidence: float = 0.9) -> Reading:
    box = (0, 0, 1, 1)
    numbers = tuple(
        Number(tuple(Digit(int(c), 0.9, box) for c in word), confidence, box, line)
        for line, words in enumerate(text.split("\n"))
        for word in words.split()
    )
    return Reading(numbers, 10, 10, "stub")


class StubReader:
    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def read(self, image: Path) -> Reading:
        return reading(self.texts[image.name])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    Image.new("L", (30, 20), 255).save(tmp_path / "a.png")
    Image.new("L", (30, 20), 200).save(tmp_path / "images" / "b.png")
    (tmp_path / "labels.csv").write_text("file,label\na.png,1572\nb.png,12.5|7\n")
    return tmp_path


def test_answers_are_the_texts_of_the_reader(folder):
    pictures = load_labelled_pictures(folder)
    assert pictures.labels == ("1572", "12 5\n7")
    done: list[int] = []
    answers = answer_numbers(
        StubReader({"a.png": "1572", "b.png": "12 5\n7"}), pictures, done.append
    )
    assert answers.right == [True, True]
    assert answers.confidences == (0.9, 0.9)
    assert done == [1, 1]


def test_every_edit_is_counted_for_its_digit():
    answers = NumberAnswers(
        truths=("1572", "11", "43 8"),
        texts=("1512", "711", "43"),
        confidences=(0.9, 0.8, 0.7),
        seconds=1.0,
    )
    measured = measure_numbers(answers)
    assert measured["exact_match"] == 0
    assert measured["characters"] == 9
    assert measured["character_error_rate"] == pytest.approx(3 / 9)
    assert (measured["substitutions"], measured["deletions"], measured["insertions"]) == (1, 1, 1)
    by_digit = {row["digit"]: row for row in measured["by_digit"]}
    assert by_digit["7"]["substituted"] == by_digit["7"]["inserted"] == 1
    assert by_digit["8"]["deleted"] == 1
    assert by_digit["1"]["count"] == 3
    assert measured["confusions"] == [{"true": "7", "read": "1", "count": 1}]
    assert measured["numbers"] == {
        **{"true": 4, "read": 3, "matched": 1},
        **{"recall": 0.25, "precision": pytest.approx(1 / 3)},
    }


def test_exact_matches_are_told_apart_by_length():
    answers = NumberAnswers(("1", "2", "345"), ("1", "3", "345"), (0.9,) * 3, 1.0)
    rows = measure_numbers(answers)["by_length"]
    assert [(row["digits"], row["count"], row["exact_match"]) for row in rows] == [
        (1, 2, 0.5),
        (3, 1, 1.0),
    ]


def test_a_number_cut_in_two_is_no_exact_match_but_costs_no_character():
    measured = measure_numbers(NumberAnswers(("1572",), ("15 72",), (0.9,), 1.0))
    assert measured["exact_match"] == 0
    assert measured["character_error_rate"] == 0


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("12.5", "12 5"), ("7|8", "7\n8"), ("a 10-20", "10 20"), ("||", ""), ("  3 \n\n4", "3\n4")],
)
def test_anything_but_a_digit_parts_numbers(text, numbers):
    assert normalise(text) == numbers


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no rows"),
        ("file,label\n", "has no rows"),
        ("name,text\na.png,1\n", "has the columns name, text; expected file and label"),
        ("file,label\nc.png,1\nd.png,2\na.png,3\n", "2 of 3 labels match no file: c.png, d.png"),
        ("file,label\na.png,\n", "line 2: no label with a digit"),
        ("file,label\n,12\n", "line 2: no file"),
        ("file,label\na.png,1\n\n\nb.png,\n", "line 5: no label with a digit"),
        (b"\xff\xfe\x00x", "cannot be read"),
    ],
)
def test_bad_labels_are_one_clear_line(folder, content, message):
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "labels.csv").write_bytes(data)
    with pytest.raises(DatasetCorrupt, match=message) as raised:
        load_labelled_pictures(folder)
    assert "\n" not in str(raised.value)


def test_digits_are_judged_as_they_are_predicted(folder, tmp_path, mnist):
    """In pictures of which imaging leaves out some ink too."""
    rng, labels = np.random.default_rng(7), []
    reader = Reader(threads=1)
    source = GlyphSource(mnist.train_images[:500], mnist.train_labels[:500])
    pictures = generate_pictures(rng, source, 0.6, 0.0)
    expected = []
    for index, picture in enumerate(islice(pictures, 300)):
        Image.fromarray(picture.grey).save(folder / f"{index}.png")
        labels.append(f"{index}.png,{picture.label}")
        try:
            expected.append(reader.predict(picture.grey).digit)
        except NoDigitFound:
            expected.append(10)
    (folder / "labels.csv").write_text("\n".join(["file,label", *labels]) + "\n")
    digits = as_digits(load_labelled_pictures(folder))
    assert len(digits.ambiguous) > 20
    (judged,) = evaluate([None], folder, tmp_path / "report", threads=1).metrics["models"]

    def apart(matrix) -> int:
        """Return how many answers are others than those predicted."""
        as_predicted = confusion_matrix(np.array(expected), digits.labels, 11)
        return int(np.abs(np.array(matrix) - as_predicted).sum()) // 2

    # What is judged was rounded to bytes: that may turn one at the edge of being none.
    assert apart(judged["confusion_matrix"]) <= 1
    by_own_ink = answer_digits(reader.digit_reader, digits.images, digits.labels)
    assert apart(confusion_matrix(by_own_ink.predictions, digits.labels, 11)) > 3


def test_a_digit_that_imaging_does_not_find_stays_blank_and_counts(folder, draw):
    draw(7, (60, 60)).save(folder / "a.png")
    (folder / "labels.csv").write_text("file,label\na.png,7\nb.png,3\n")
    pictures = load_labelled_pictures(folder)
    assert pictures.are_digits
    digits = as_digits(pictures)
    assert digits.labels.tolist() == [7, 3]
    assert digits.images[0].any()
    assert not digits.images[1].any()
