from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from digit_ocr.data.digits import load_digits
from digit_ocr.errors import DatasetCorrupt, DigitOcrError, ExtraNotInstalled, ModelNotUsable
from digit_ocr.evaluation import evaluate as module
from digit_ocr.evaluation import report, speed
from digit_ocr.evaluation.digits import answer_digits
from digit_ocr.inference.reader import Reader

evaluate = partial(module.evaluate, threads=1)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.0)


@pytest.fixture
def written(tmp_path, model_path, digit_folder):
    evaluate([model_path], digit_folder, tmp_path)
    return tmp_path


def test_an_evaluation_leaves_a_page_figures_and_numbers(written):
    names = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert names == {
        *("report.html", "metrics.json", "predictions.csv"),
        *(f"figures/confusion_matrix.{suffix}" for suffix in ("svg", "png")),
        *(f"figures/reliability.{suffix}" for suffix in ("svg", "png")),
        *(f"figures/risk_coverage.{suffix}" for suffix in ("svg", "png")),
    }
    document = json.loads((written / "metrics.json").read_text())
    assert document["schema_version"] == 1
    assert document["data"]["count"] == 100
    (model,) = document["models"]
    with (written / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 100
    right = sum(row["label"] == row["prediction"] for row in rows)
    assert model["accuracy"] == pytest.approx(right / 100)


def test_the_page_asks_nobody_for_anything(written):
    found: list[str] = []

    class Addresses(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.extend(value for name, value in attributes if name in ("src", "href"))

    page = (written / "report.html").read_text()
    Addresses().feed(page)
    assert all(address.startswith(("data:", "#")) for address in found)
    assert set(re.findall(r"url\((.{5})", page)) == {"data:"}
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert "@import" not in page


def test_only_the_reports_own_files_are_replaced(written, model_path, digit_folder):
    own = written / "figures" / "robustness.svg"
    for path in (written / "notes.txt", written / "figures" / "mine.svg", own):
        path.write_text("before")
    (written / "report.html").write_text("old")
    evaluate([model_path], digit_folder, written)
    assert (written / "notes.txt").read_text() == "before"
    assert (written / "figures" / "mine.svg").read_text() == "before"
    assert not own.exists()  # A chart of an earlier run would belie this one.
    assert (written / "report.html").read_text() != "old"
    assert not list(written.rglob("*.partial"))


def test_predictions_that_are_not_wanted_are_neither_written_nor_named(
    written, model_path, digit_folder
):
    assert "predictions.csv" in (written / "report.html").read_text()
    evaluate([model_path], digit_folder, written, predictions=False)
    assert not (written / "predictions.csv").exists()
    assert "predictions.csv" not in (written / "report.html").read_text()


def test_several_models_stand_side_by_side_with_mcnemars_test(
    tmp_path, model_path, save_model, digit_folder
):
    worse = save_model(count=30, name="hasty", none=True)
    result = evaluate([model_path, worse, model_path], digit_folder, tmp_path)
    names = [model["name"] for model in result.metrics["models"]]
    assert len(set(names)) == 3
    assert names[1] == "linear/hasty 1.0.0"
    pairs = {(row["first"], row["second"]): row for row in result.metrics["comparisons"]}
    assert len(pairs) == 3
    assert pairs[(names[0], names[2])]["p_value"] == 1
    with (tmp_path / "predictions.csv").open() as file:
        assert len({len(row) for row in csv.reader(file)}) == 1
    page = (tmp_path / "report.html").read_text()
    assert "McNemar" in page
    assert (tmp_path / "figures" / "accuracy.png").exists()
    assert (tmp_path / "figures" / "confusion_matrix_3.svg").exists()


def test_robustness_and_training_are_shown_where_there_are_any(
    tmp_path, model_path, digit_folder, monkeypatch
):
    run = tmp_path / "run"
    run.mkdir()
    model = run / "model.onnx"
    model.write_bytes(model_path.read_bytes())
    epochs = [
        {"epoch": n, "train_loss": 1 / n, "validation": {"accuracy": 0.9}, "seconds": 1.0}
        for n in (1, 2)
    ]
    (run / "metrics.jsonl").write_text("\n".join(json.dumps(epoch) for epoch in epochs))
    monkeypatch.setattr("digit_ocr.evaluation.robustness.MAX_PICTURES", 5)
    monkeypatch.setattr(module, "MAX_PICTURES", 5)
    stages: list[tuple[str, int, int]] = []
    result = evaluate(
        [model],
        digit_folder,
        tmp_path / "out",
        robustness=True,
        progress=lambda *stage: stages.append(stage),
    )
    (measured,) = result.metrics["models"]
    assert [row["epoch"] for row in measured["training"]] == [1, 2]
    assert len(measured["robustness"]["corruptions"]) == 15
    assert {name for name, done, total in stages if done == total} == {
        "reading with linear/linear 1.0.0",
        "spoiling pictures for linear/linear 1.0.0",
    }
    for name in ("training", "robustness"):
        assert (tmp_path / "out" / "figures" / f"{name}.svg").exists()


def test_a_class_without_pictures_is_noted(tmp_path, model_path, digit_folder):
    folder = tmp_path / "digits"
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
    for path in digit_folder.glob("[1-9]/*.png"):
        (folder / path.parent.name / path.name).write_bytes(path.read_bytes())
    result = evaluate([model_path], folder, tmp_path / "out")
    assert result.notes == (f"{folder} holds no picture of 0",)
    assert "no pictures" in (tmp_path / "out" / "report.html").read_text()


def test_pictures_that_a_model_has_learned_from_are_noted(
    tmp_path, model_path, save_model, digit_folder
):
    sha256 = load_digits(str(digit_folder)).sha256
    tuned = save_model(name="tuned", data_sha256=sha256)
    result = evaluate([model_path, tuned], digit_folder, tmp_path / "out")
    (note,) = result.notes
    assert note.startswith("linear/tuned 1.0.0 has learned from pictures of this very set")
    assert note in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_mnist_is_read_as_predict_reads_it(tmp_path, model_path, digits, monkeypatch):
    off_centre = replace(digits, images=np.roll(digits.images, (3, -3), (1, 2)))
    monkeypatch.setattr(module, "load_digits", lambda *_, **__: off_centre)
    monkeypatch.setattr(module, "is_mnist", lambda _: True)
    result = evaluate([model_path], "mnist", tmp_path)
    (measured,) = result.metrics["models"]
    reader = Reader(model_path)
    right = [
        reader.predict(image).digit == label
        for image, label in zip(off_centre.images, off_centre.labels, strict=True)
    ]
    assert measured["accuracy"] == np.mean(right)
    raw = answer_digits(reader.digit_reader, off_centre.images, off_centre.labels)
    assert raw.right.mean() < measured["accuracy"]


def test_pictures_with_a_labels_csv_of_single_digits_are_digits(tmp_path, model_path, digit_folder):
    rows = ["file,label"]
    for path in digit_folder.glob("*/*.png"):
        Image.open(path).save(tmp_path / path.name)
        rows.append(f"{path.name},{path.parent.name}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    result = evaluate([model_path], tmp_path, tmp_path / "out")
    assert result.metrics["kind"] == "digits"
    assert result.metrics["data"]["count"] == 100


def test_text_from_outside_is_escaped_on_the_page(tmp_path, save_model, digit_folder):
    model = save_model(name="a<script>alert(1)<")
    evaluate([model], digit_folder, tmp_path)
    assert "<script>alert" not in (tmp_path / "report.html").read_text()


def test_bad_input_is_one_clear_line(tmp_path, model_path, save_model, digit_folder):
    empty = tmp_path / "empty"
    empty.mkdir()
    cases = [
        ([model_path], empty, DatasetCorrupt, "empty"),
        ([save_model(kind="number")], digit_folder, ModelNotUsable, "reads a number"),
        ([tmp_path / "no.onnx"], digit_folder, ModelNotUsable, "no such"),
        ([], digit_folder, DigitOcrError, "no model"),
    ]
    for models, data, error, message in cases:
        with pytest.raises(error, match=message) as raised:
            evaluate(models, data, tmp_path / "out")
        assert "\n" not in str(raised.value)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(DigitOcrError, match="is a file"):
        evaluate([model_path], digit_folder, file)


def test_numbers_need_a_number_model(tmp_path, model_path, draw):
    draw(1572, (120, 40)).save(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text("file,label\na.png,1572\n")
    with pytest.raises(ModelNotUsable, match="reads a digit; this data needs a number model"):
        evaluate([model_path], tmp_path, tmp_path / "out")


def test_without_the_extra_it_says_so_before_it_measures(tmp_path, monkeypatch, model_path):
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    with pytest.raises(ExtraNotInstalled, match=r"digit-ocr\[report\]"):
        evaluate([model_path], "mnist", tmp_path)
