"""How good a model is, where it fails, and whether its confidence can be trusted: one call."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import digit_ocr
from digit_ocr.data.cache import write_atomically
from digit_ocr.data.digits import is_mnist, load_digits
from digit_ocr.data.labelled_digits import LabelledDigits, prepare_all
from digit_ocr.errors import DigitOcrError
from digit_ocr.evaluation import metrics
from digit_ocr.evaluation.corruptions import CORRUPTIONS, STRENGTHS
from digit_ocr.evaluation.digit_report import DigitResult, render_digit_report
from digit_ocr.evaluation.digits import Advance, answer_digits, measure_digits
from digit_ocr.evaluation.labelled_pictures import (
    LabelledPictures,
    as_digits,
    has_labels,
    load_labelled_pictures,
)
from digit_ocr.evaluation.number_report import NumberResult, render_number_report
from digit_ocr.evaluation.numbers import answer_numbers, measure_numbers
from digit_ocr.evaluation.report import (
    FIGURES,
    PREDICTIONS,
    is_own_figure,
    require_report_extra,
)
from digit_ocr.evaluation.robustness import MAX_PICTURES, measure_robustness
from digit_ocr.evaluation.speed import describe_machine, measure_speed
from digit_ocr.evaluation.subjects import ModelSource, load_subjects
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.load import Model
from digit_ocr.inference.reader import Reader

SCHEMA_VERSION = 1
"""Version of metrics.json, as docs/metrics-schema.md describes it."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`metrics`: what metrics.json holds. `notes`: what a reader of the figures should know."""

    metrics: dict[str, Any]
    notes: tuple[str, ...]
    report: Path


def evaluate(
    models: Sequence[ModelSource],
    data: str | Path,
    out: str | Path,
    *,
    data_folder: str | Path | None = None,
    robustness: bool = False,
    predictions: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure each model on the data, and write report.html, metrics.json, predictions and figures.

    `models` are files, or None for the weights that ship. `data` is "mnist" (its test pictures), a
    folder 0 … 9, a CSV, or a folder with a labels.csv: of digits where each label is one, of
    numbers otherwise. In `out`, which may exist, only the report's own files are replaced.
    `predictions` is whether predictions.csv, a row for each picture, is among them.

    Raises: ModelNotUsable, CheckpointIncompatible, DatasetUnavailable, DatasetCorrupt,
        ImageNotReadable; ExtraNotInstalled: jinja2 is missing.
    """
    require_report_extra()
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise DigitOcrError(f"{out} is a file; the report needs a folder")
    if not models:
        raise DigitOcrError("no model to evaluate")
    pictures = load_labelled_pictures(data) if has_labels(data) else None
    if pictures is not None and not pictures.are_digits:
        return _evaluate_numbers(models, pictures, out, predictions, threads, progress)
    digits = as_digits(pictures) if pictures else load_digits(data, data_folder, part="test")
    # Corruptions are compared with SimpleCNN's on MNIST, so only there.
    mnist = is_mnist(data) and pictures is None
    return _evaluate_digits(models, digits, out, mnist, robustness, predictions, threads, progress)


def _evaluate_digits(
    models: Sequence[ModelSource],
    digits: LabelledDigits,
    out: Path,
    mnist: bool,
    robustness: bool,
    predictions: bool,
    threads: int | None,
    progress: Progress | None,
) -> Evaluation:
    results = []
    notes = []
    shown, ambiguous = digits.images, digits.ambiguous
    if mnist:
        # Others went through imaging when they were loaded; corruptions want these as they are.
        shown, ambiguous = prepare_all(digits.images, len(digits))
    for subject in load_subjects(models, ("digit",), threads):
        reader = DigitReader(subject.model)
        advance = _counter(progress, f"reading with {subject.name}", len(digits))
        answers = answer_digits(reader, shown, digits.labels, advance, ambiguous)
        if not mnist and subject.model.metadata.data_sha256 == digits.sha256:
            notes.append(
                f"{subject.name} has learned from pictures of this very set, and reads those "
                f"better than new ones{_said_by_its_run(subject.model)}"
            )
        measured = subject.to_dict() | measure_digits(answers)
        measured["speed"] = measure_speed(reader, digits.images)
        measured["training"] = list(subject.training) or None
        harder = None
        if robustness:
            total = len(CORRUPTIONS) * len(STRENGTHS) * min(MAX_PICTURES, len(digits))
            advance = _counter(progress, f"spoiling pictures for {subject.name}", total)
            harder = measure_robustness(
                reader, digits.images, digits.labels, is_mnist=mnist, advance=advance
            )
        measured["robustness"] = harder.to_dict() if harder else None
        results.append(DigitResult(subject, reader, answers, harder, measured))
    counts = np.bincount(digits.labels, minlength=10)
    missing = [str(digit) for digit in range(10) if not counts[digit]]
    if missing:
        notes.append(f"{digits.source} holds no picture of {', '.join(missing)}")
    described = {
        "source": digits.source,
        "count": len(digits),
        "sha256": digits.sha256,
        "class_counts": counts.tolist(),
    }
    right = [result.answers.right.tolist() for result in results]
    document = _document("digits", described, [r.metrics for r in results], right, notes)
    files = render_digit_report(document, results, digits, predictions)
    return _write(out, document, files, notes)


def _said_by_its_run(model: Model) -> str:
    accuracy = model.metadata.metrics.get("test_accuracy")
    return "" if accuracy is None else f": of those kept for its test it read {accuracy:.2%}"


def _evaluate_numbers(
    models: Sequence[ModelSource],
    pictures: LabelledPictures,
    out: Path,
    predictions: bool,
    threads: int | None,
    progress: Progress | None,
) -> Evaluation:
    results = []
    for subject in load_subjects(models, ("number", "page"), threads):
        reader = Reader(subject.source, threads)
        advance = _counter(progress, f"reading with {subject.name}", len(pictures))
        # Models load on their first use, which is no picture's time.
        reader.read(np.full((64, 64), 255, np.uint8))
        answers = answer_numbers(reader, pictures, advance)
        measured = subject.to_dict() | measure_numbers(answers)
        measured["speed"] = {"read_milliseconds": 1000 * answers.seconds / len(pictures)}
        results.append(NumberResult(subject, answers, measured))
    described = {
        "source": pictures.source,
        "count": len(pictures),
        "sha256": pictures.sha256,
    }
    right = [result.answers.right for result in results]
    document = _document("numbers", described, [r.metrics for r in results], right, [])
    files = render_number_report(document, results, pictures, predictions)
    return _write(out, document, files, [])


def _document(
    kind: str,
    data: dict[str, Any],
    models: list[dict[str, Any]],
    right: list[list[bool]],
    notes: list[str],
) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "digit_ocr_version": digit_ocr.__version__,
        "data": data,
        "machine": describe_machine(),
        "notes": notes,
        "models": models,
        "comparisons": _compare([model["name"] for model in models], right),
    }


def _compare(names: list[str], right: list[list[bool]]) -> list[dict[str, Any]]:
    """Return McNemar's test of each pair of models."""
    rows = []
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            test = metrics.mcnemar(right[first], right[second])
            rows.append(
                {
                    "first": names[first],
                    "second": names[second],
                    "only_first_right": test.only_first_right,
                    "only_second_right": test.only_second_right,
                    "p_value": test.p_value,
                }
            )
    return rows


def _counter(progress: Progress | None, stage: str, total: int) -> Advance | None:
    if progress is None:
        return None
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(stage, done, total)

    progress(stage, 0, total)
    return advance


def _write(
    out: Path, document: dict[str, Any], files: dict[str, bytes], notes: list[str]
) -> Evaluation:
    """Write the files; those of an earlier report that this one lacks go away."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    files = {"metrics.json": (text + "\n").encode(), **files}
    for name, content in files.items():
        write_atomically(out / name, content)
    for path in (out / FIGURES).glob("*"):
        if is_own_figure(path.name) and f"{FIGURES}/{path.name}" not in files:
            path.unlink()
    if PREDICTIONS not in files:
        (out / PREDICTIONS).unlink(missing_ok=True)
    return Evaluation(document, tuple(notes), out / "report.html")
