"""sample, data, export, benchmark, evaluate: what they print, leave and refuse."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from digit_ocr.cli.benchmark import draw_page
from digit_ocr.data import font_packages, mnist_dataset
from digit_ocr.errors import DatasetUnavailable, ModelNotUsable
from digit_ocr.evaluation import evaluate as evaluate_module
from digit_ocr.imaging.decode import load_grey
from digit_ocr.train import export as export_module


def test_a_sample_is_saved_and_named_with_its_label(command, mnist) -> None:
    outcome = command("sample", "--index", 1, "--out", "samples/two.png")

    assert outcome.code == 0
    assert outcome.lines == ["Sample picture: samples/two.png", "True label: 2"]
    assert np.array_equal(load_grey("samples/two.png"), mnist.test_images[1])


@pytest.mark.parametrize(
    "arguments", [["--index", "10000"], ["--out", "sample.docx"], ["--out", "x.psd"]]
)
def test_an_impossible_sample_is_wrong_usage(command, arguments) -> None:
    outcome = command("sample", *arguments)

    assert outcome.code == 2
    assert len(outcome.errors) == 1


def test_fetching_says_where_the_data_is(command, mnist, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mnist_dataset, "load_mnist", lambda folder: mnist)

    outcome = command("data", "fetch", "mnist", "--data", tmp_path)

    assert outcome.code == 0
    assert "60000 training and 10000 test pictures" in outcome.out
    assert str(tmp_path) in outcome.out


def test_fetching_fonts_says_how_many_and_where(command, monkeypatch, tmp_path: Path) -> None:
    folders: list[Path] = []
    monkeypatch.setattr(
        font_packages, "fetch_fonts", lambda packages, folder: folders.append(folder)
    )

    outcome = command("data", "fetch", "fonts", "--data", tmp_path)

    assert outcome.code == 0
    assert folders == [tmp_path / "fonts"]
    assert outcome.lines == [
        "fonts: 91 of handwriting, 116 of print and 12 of displays, each with its licence, in "
        f"{tmp_path / 'fonts'}"
    ]
    assert outcome.errors == [
        f"digit-ocr: training finds them there with DIGIT_OCR_DATA={tmp_path}"
    ]


def test_machine_without_npm_gets_one_line(command, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    outcome = command("data", "fetch", "fonts", "--data", tmp_path)

    assert outcome.code == 1
    assert outcome.out == ""
    assert len(outcome.errors) == 1
    assert "npm" in outcome.errors[0]


def test_data_out_of_reach_is_one_line(command, monkeypatch) -> None:
    def load(folder: object) -> None:
        raise DatasetUnavailable("MNIST is not available; tried …")

    monkeypatch.setattr(mnist_dataset, "load_mnist", load)

    for arguments in (["data", "fetch", "mnist"], ["sample"]):
        outcome = command(*arguments)
        assert outcome.code == 1
        assert outcome.out == ""
        assert len(outcome.errors) == 1


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Path]]:
    """What was to be exported where; done at once."""
    calls: list[tuple[Path, Path]] = []

    def export(checkpoint: Path, out: Path) -> SimpleNamespace:
        calls.append((checkpoint, out))
        if checkpoint.name == "missing.pth":
            raise ModelNotUsable(f"{checkpoint}: no such checkpoint")
        out.write_bytes(b"onnx")
        return SimpleNamespace(name="simple_cnn/original 1.0.0")

    def export_int8(run: Path, out: Path, data: str) -> tuple[SimpleNamespace, float, float]:
        return export(run / data, out), 0.9753, 0.9751

    monkeypatch.setattr(export_module, "export", export)
    monkeypatch.setattr(export_module, "export_int8", export_int8)
    return calls


def test_an_export_lies_beside_its_checkpoint_unless_told_otherwise(
    command, exports, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()

    assert command("export", "run").code == 0
    assert command("export", "run/best.safetensors", "--out", "digit.onnx").code == 0
    assert exports == [
        (Path("run/best.safetensors"), Path("run/best.onnx")),
        (Path("run/best.safetensors"), Path("digit.onnx")),
    ]


def test_an_export_in_eight_bits_says_how_right_it_is(command, exports, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    outcome = command("export", "run", "--int8", "--data", "mine", "--out", "digit.onnx")
    assert outcome.code == 0
    assert "0.9751 right in 8 bits, 0.9753 in 32" in outcome.out
    assert exports == [(Path("run/mine"), Path("digit.onnx"))]
    assert command("export", "run", "--data", "mine").code == 2
    # Its validation data come from the run.
    assert command("export", "best.pth", "--int8").code == 2


def test_an_export_that_cannot_be_is_one_line(command, exports) -> None:
    missing = command("export", "missing.pth")
    assert missing.code == 1
    assert missing.errors == ["digit-ocr: error: missing.pth: no such checkpoint"]

    assert command("export", "best.pth", "--out", "digit.bin").code == 2


def test_the_benchmark_is_a_table_or_json(command, reader) -> None:
    table = command("benchmark", "--seconds", "0.01")
    assert table.code == 0
    assert "predict one digit" in table.out

    outcome = command("benchmark", "--seconds", "0.01", "--threads", "1", "--json")
    measured = json.loads(outcome.out)
    assert reader.options == {"threads": 1}
    assert [row["name"] for row in measured["measurements"]][-1] == "read one page"
    assert all(row["milliseconds"] > 0 for row in measured["measurements"])


def test_the_benchmarks_pictures_have_ink_on_paper() -> None:
    page = draw_page("12\n34", (300, 200))

    assert page.shape == (200, 300)
    assert page.dtype == np.uint8
    assert 0.5 < (page > 200).mean() < 0.99


DIGITS = {
    "name": "stub",
    "accuracy": 0.9,
    "accuracy_interval_95": [0.85, 0.93],
    "errors": 10,
    "classes": [*"0123456789", "none"],
    "confusion_matrix": [[10 * (row == column) for column in range(11)] for row in range(11)],
    "per_class": [
        {"class": str(digit), "precision": 0.9, "recall": 0.8, "f1": 0.85, "support": 10}
        for digit in range(10)
    ],
    "calibration": {"expected_calibration_error": 0.01},
}
NUMBERS = {
    "name": "stub",
    "exact_match": 0.9,
    "exact_match_interval_95": [0.85, 0.93],
    "errors": 10,
    "character_error_rate": 0.02,
    "characters": 400,
    "substitutions": 3,
    "deletions": 4,
    "insertions": 1,
}


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """What was to be evaluated; answered at once."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def evaluate(*arguments: Any, **options: Any) -> SimpleNamespace:
        calls.append((arguments, options))
        options["progress"]("reading", 1, 1)
        numbers = arguments[1] == "strings"
        metrics = {
            "kind": "numbers" if numbers else "digits",
            "data": {"count": 100},
            "models": [NUMBERS if numbers else DIGITS] * len(arguments[0]),
            "comparisons": [
                {
                    "first": "a",
                    "second": "b",
                    "only_first_right": 5,
                    "only_second_right": 7,
                    "p_value": 0.774,
                }
            ],
        }
        return SimpleNamespace(
            metrics=metrics, notes=("no picture of 3",), report=arguments[2] / "report.html"
        )

    monkeypatch.setattr(evaluate_module, "evaluate", evaluate)
    return calls


def test_an_evaluation_prints_accuracy_classes_and_confusions(command, evaluations) -> None:
    outcome = command("evaluate")

    assert outcome.code == 0
    assert evaluations[0][0] == ([None], "mnist", Path("reports/mnist"))
    assert "Accuracy: 90.00% (95 % interval 85.00% to 93.00%), 10 errors of 100" in outcome.out
    assert "    7     0.9000  0.8000  0.8500     10" in outcome.lines
    assert "    7" + "    ." * 7 + "   10" + "    ." * 3 in outcome.lines
    assert outcome.lines[-1] == "Report: reports/mnist/report.html"
    assert outcome.errors == ["digit-ocr: no picture of 3"]


def test_models_data_and_folder_reach_the_evaluation(command, evaluations) -> None:
    flags = "--model shipped --model best.pth --data strings --out here --robustness --threads 1"
    outcome = command("evaluate", *flags.split())

    [(arguments, options)] = evaluations
    assert arguments == ([None, "best.pth"], "strings", Path("here"))
    assert (options["robustness"], options["threads"]) == (True, 1)
    assert "Exact match: 90.00%" in outcome.out
    assert "McNemar p = 0.77" in outcome.out
