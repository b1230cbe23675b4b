"""The report on models that read numbers: what its page shows, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digit_ocr.evaluation import calibration, figures
from digit_ocr.evaluation.drawing import Drawing
from digit_ocr.evaluation.labelled_pictures import LabelledPictures
from digit_ocr.evaluation.numbers import NumberAnswers
from digit_ocr.evaluation.pictures import data_uri, thumbnail
from digit_ocr.evaluation.report import (
    csv_file,
    milliseconds,
    numbered,
    p_value,
    probability,
    report_files,
)
from digit_ocr.evaluation.subjects import Subject
from digit_ocr.imaging.decode import open_picture

MAX_WRONG = 36
MAX_RIGHT = 12
THUMBNAIL = (320, 160)


@dataclass(frozen=True, slots=True, eq=False)
class NumberResult:
    """All that a report shows of one model on numbers."""

    subject: Subject
    answers: NumberAnswers
    metrics: dict[str, Any]


def render_number_report(
    document: dict[str, Any],
    results: Sequence[NumberResult],
    pictures: LabelledPictures,
    predictions: bool,
) -> dict[str, bytes]:
    """Return the files of the report by their path, with `predictions` or without."""
    drawings: list[tuple[str, Drawing]] = []
    models = []
    for index, result in enumerate(results):
        drawn = _draw(result)
        drawings += [(numbered(name, index), drawing) for name, drawing in drawn.items()]
        models.append(_model_view(result, drawn, pictures))
    tests = [
        row | {"p": p_value(row["p_value"]), "differ": row["p_value"] < 0.05}
        for row in document["comparisons"]
    ]
    view = {"document": document, "models": models, "tests": tests}
    table = _predictions_csv(results, pictures) if predictions else None
    return report_files("numbers.html", view, table, drawings)


def _draw(result: NumberResult) -> dict[str, Drawing]:
    answers, metrics = result.answers, result.metrics
    curve = calibration.risk_coverage(answers.confidences, answers.right)
    points = calibration.rejection_thresholds(answers.confidences, answers.right)
    return {
        "exact_match_by_length": figures.draw_by_length(metrics["by_length"]),
        "edits_by_digit": figures.draw_edits(metrics["by_digit"]),
        "reliability": figures.draw_reliability(
            calibration.reliability(answers.confidences, answers.right)
        ),
        "risk_coverage": figures.draw_risk_coverage([("", curve)], points),
    }


def _model_view(
    result: NumberResult, drawn: dict[str, Drawing], pictures: LabelledPictures
) -> dict[str, Any]:
    answers = result.answers
    right = answers.right
    by_confidence = sorted(range(len(right)), key=lambda index: answers.confidences[index])
    wrong = [index for index in reversed(by_confidence) if not right[index]][:MAX_WRONG]
    doubtful = [index for index in by_confidence if right[index]][:MAX_RIGHT]
    return {
        "name": result.subject.name,
        "metrics": result.metrics,
        "svg": {name: drawing.to_svg(inline=True) for name, drawing in drawn.items()},
        "wrong": [_sample(answers, pictures, index) for index in wrong],
        "doubtful": [_sample(answers, pictures, index) for index in doubtful],
        "speed": milliseconds(result.metrics["speed"]["read_milliseconds"]),
    }


def _sample(answers: NumberAnswers, pictures: LabelledPictures, index: int) -> dict[str, Any]:
    path = pictures.paths[index]
    return {
        "file": path.name,
        "uri": data_uri(thumbnail(open_picture(path), *THUMBNAIL), "jpeg"),
        "true": answers.truths[index],
        "read": answers.texts[index],
        "confidence": probability(answers.confidences[index]),
    }


def _predictions_csv(results: Sequence[NumberResult], pictures: LabelledPictures) -> bytes:
    rows = [
        [
            result.subject.name,
            path.name,
            truth,
            text,
            f"{confidence:.6f}",
            int(truth == text),
        ]
        for result in results
        for path, truth, text, confidence in zip(
            pictures.paths,
            result.answers.truths,
            result.answers.texts,
            result.answers.confidences,
            strict=True,
        )
    ]
    return csv_file(["model", "file", "label", "text", "confidence", "exact"], rows)
