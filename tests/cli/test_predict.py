from __future__ import annotations

import json
from pathlib import Path

from digit_ocr.errors import ModelNotUsable


def test_one_picture_prints_its_digit(command, reader, picture) -> None:
    outcome = command("predict", picture)

    assert (outcome.code, outcome.out, outcome.err) == (0, "Predicted digit: 7\n", "")


def test_several_pictures_print_their_names(command, reader, picture) -> None:
    outcome = command("predict", picture, picture)

    assert outcome.lines == [f"{picture}\t7"] * 2


def test_the_pages_of_a_tiff_are_read_one_by_one(command, reader, tmp_path: Path, draw) -> None:
    path = tmp_path / "scan.tiff"
    draw(1).save(path, save_all=True, append_images=[draw(2)])

    assert command("predict", path).lines == [f"{path}#1\t7", f"{path}#2\t7"]


def test_json_is_one_object_a_line_with_the_agreed_keys(command, reader, picture, blank) -> None:
    outcome = command("predict", "--json", picture, blank)
    first, second = map(json.loads, outcome.lines)

    assert outcome.code == 1
    assert list(first) == ["file", "digit", "confidence", "probabilities"]
    assert first["digit"] == 7
    assert len(first["probabilities"]) == 10
    assert list(second) == ["file", "error"]
    assert second["error"]["type"] == "NoDigitFound"


def test_a_picture_without_digit_is_an_error_that_names_it(command, reader, blank) -> None:
    outcome = command("predict", blank)

    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.errors == [f"digit-ocr: error: {blank}: the picture holds no ink"]


def test_a_missing_model_is_one_line(command, picture) -> None:
    outcome = command("predict", picture, "--model", "missing.onnx")

    assert outcome.code == 1
    assert len(outcome.errors) == 1
    assert "missing.onnx" in outcome.err


def test_a_model_of_unknown_form_is_one_line(command, picture) -> None:
    outcome = command("predict", picture, "--model", picture)

    assert outcome.code == 1
    assert len(outcome.errors) == 1
    assert ".onnx" in outcome.err


def test_a_model_of_another_kind_is_refused(command, picture, monkeypatch) -> None:
    def load(path: Path, kind: str) -> None:
        raise ModelNotUsable(f"{path}: reads a number, expected a {kind} model")

    monkeypatch.setattr("digit_ocr.inference.load.load_model", load)

    outcome = command("predict", picture, "--model", "number.onnx")

    assert outcome.code == 1
    assert outcome.errors == [
        "digit-ocr: error: number.onnx: reads a number, expected a digit model"
    ]
