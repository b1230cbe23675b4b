"""The original commands as calls; tests/test_original_commands.py runs them for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from digit_ocr.cli import original


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The arguments that reach `digit-ocr`, from an empty folder."""
    monkeypatch.chdir(tmp_path)
    asked: list[list[str]] = []
    monkeypatch.setattr(original, "main", asked.append)
    return asked


def test_training_takes_the_flags_of_the_command(calls, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["train.py", "--epochs", "1"])
    original.train()

    assert calls == [
        [
            *("train", "--recipe", "original", "--state-dict", "models/best_model.pth"),
            *("--epochs", "1"),
        ]
    ]


@pytest.mark.parametrize("option", [["--recipe", "original"], ["--recipe=original"]])
def test_the_original_recipe_by_its_name_leaves_its_state_dict(option, calls) -> None:
    original.train(option)

    assert "--state-dict" in calls[0]


@pytest.mark.parametrize("option", [["--recipe", "fast"], ["--recipe=fast"], ["--init", "shipped"]])
def test_another_network_leaves_no_state_dict_for_the_original_one(option, calls, capsys) -> None:
    original.train(option)

    assert calls == [["train", *option]]
    assert "models/best_model.pth is SimpleCNN's" in capsys.readouterr().err


def test_a_sample_is_made_by_the_sample_command(calls) -> None:
    original.create_sample(["--index", "3"])

    assert calls == [["sample", "--index", "3"]]


def test_the_trained_model_reads_the_sample_where_both_are_there(calls, capsys) -> None:
    for path in (original.BEST_MODEL_PATH, original.SAMPLE_PATH):
        path.parent.mkdir()
        path.write_bytes(b"")
    original.predict_digit([])

    assert calls == [["predict", "--model", "models/best_model.pth", "data/sample.png"]]
    assert capsys.readouterr().err == ""


def test_what_is_missing_is_said_with_the_command_that_makes_it(calls, capsys) -> None:
    original.predict_digit([])
    notes = capsys.readouterr().err

    assert calls == [["predict", "data/sample.png"]]
    assert "shipped weights" in notes
    assert "python -m src.inference.create_sample" in notes


@pytest.mark.parametrize("given", [["mine.png", "--json"], ["--json", "mine.png"], ["-"]])
def test_another_picture_can_be_given(given, calls) -> None:
    original.predict_digit(given)

    assert calls == [["predict", *given]]


@pytest.mark.parametrize("flags", [["--json"], ["--debug", "--json"]])
def test_flags_alone_still_read_the_sample(flags, calls) -> None:
    original.predict_digit(flags)

    assert calls == [["predict", *flags, "data/sample.png"]]


@pytest.mark.parametrize("flags", [["--model", "mine.onnx"], ["--model=mine.onnx"]])
def test_a_model_given_reads_the_sample_and_no_other_is_named(flags, calls, capsys) -> None:
    original.predict_digit(flags)

    assert calls == [["predict", *flags, "data/sample.png"]]
    assert "weights" not in capsys.readouterr().err
