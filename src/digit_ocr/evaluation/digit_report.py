"""The report on models that read one digit: what its page shows, and its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_ocr.data.labelled_digits import LabelledDigits
from digit_ocr.evaluation import calibration, figures
from digit_ocr.evaluation.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from digit_ocr.evaluation.digits import NONE_INDEX, DigitAnswers
from digit_ocr.evaluation.drawing import Drawing
from digit_ocr.evaluation.occlusion import map_occlusion
from digit_ocr.evaluation.pictures import Sheet, sheet_of_digits, sheet_of_heat
from digit_ocr.evaluation.report import (
    csv_file,
    figure_files,
    milliseconds,
    numbered,
    p_value,
    probability,
    render,
)
from digit_ocr.evaluation.robustness import Robustness
from digit_ocr.evaluation.subjects import Subject
from digit_ocr.inference.digit import DigitReader

MAX_MISTAKES = 24
MAX_DOUBTFUL = 12
MAX_CELL_MISTAKES = 60
MAX_CELL_HITS = 24


@dataclass(frozen=True, slots=True, eq=False)
class DigitResult:
    """All that a report shows of one model on digits."""

    subject: Subject
    reader: DigitReader
    answers: DigitAnswers
    robustness: Robustness | None
    metrics: dict[str, Any]


def render_digit_report(
    document: dict[str, Any], results: Sequence[DigitResult], digits: LabelledDigits
) -> dict[str, bytes]:
    """Return the files of the report by their path: the page, the predictions, the figures."""
    cells = [_pictures_of_cells(result.answers) for result in results]
    galleries = [_gallery_indices(result.answers) for result in results]
    shown = {index for by_cell in cells for indices in by_cell.values() for index in indices}
    shown |= {index for pair in galleries for indices in pair for index in indices}
    sheet = sheet_of_digits(digits.images, shown)
    heat, heat_places = _heat_sheet(results, galleries, digits.images)
    drawings: list[tuple[str, Drawing]] = []
    if len(results) > 1:
        drawings.append(("accuracy", _draw_accuracies(results)))
        drawings.append(("risk_coverage", figures.draw_risk_coverage(_risk_curves(results))))
    comparison = _comparison_view(document, drawings) if len(results) > 1 else None
    models = []
    for index, result in enumerate(results):
        drawn = _draw(result, len(results))
        drawings += [
            (numbered(name, index + (name == "risk_coverage" and len(results) > 1)), drawing)
            for name, drawing in drawn.items()
        ]
        model = _model_view(result, drawn, galleries[index], sheet, heat_places[index])
        model["cells"] = _cells_json(result.answers, cells[index], sheet)
        model["robustness"] = _robustness_view(result.robustness, digits.images)
        models.append(model)
    view = {
        "document": document,
        "models": models,
        "comparison": comparison,
        "sheet_uri": sheet.uri,
        "heat_uri": heat.uri,
    }
    return {
        "report.html": render("digits.html", view),
        "predictions.csv": _predictions_csv(results),
        **figure_files(drawings),
    }


def _draw(result: DigitResult, models: int) -> dict[str, Drawing]:
    answers = result.answers
    confusion = np.array(result.metrics["confusion_matrix"])
    curve = calibration.risk_coverage(answers.kept_confidences, answers.right)
    points = calibration.rejection_thresholds(answers.kept_confidences, answers.right)
    drawn = {
        "confusion_matrix": figures.draw_confusion_matrix(confusion, answers.classes),
        "reliability": figures.draw_reliability(
            calibration.reliability(answers.confidences, answers.right)
        ),
        "risk_coverage": figures.draw_risk_coverage([("", curve)], points),
    }
    if result.subject.training:
        drawn["training"] = figures.draw_training(result.subject.training)
    if result.robustness:
        drawn["robustness"] = figures.draw_robustness(
            result.robustness.names, result.robustness.accuracies
        )
    return drawn


def _model_view(
    result: DigitResult,
    drawn: dict[str, Drawing],
    gallery: tuple[list[int], list[int]],
    sheet: Sheet,
    heat_places: dict[int, tuple[int, int]],
) -> dict[str, Any]:
    metrics, answers = result.metrics, result.answers
    speed = metrics["speed"]
    mistakes, doubtful = gallery
    return {
        "metrics": metrics,
        "name": result.subject.name,
        "summary": _summary(metrics, len(answers)),
        "confusion": _confusion_view(metrics),
        "svg": {name: drawing.to_svg(inline=True) for name, drawing in drawn.items()},
        "mistakes": [_card(answers, index, sheet, heat_places) for index in mistakes],
        "doubtful": [_card(answers, index, sheet, heat_places) for index in doubtful],
        "speed": [
            ("the network, one prepared picture", milliseconds(speed["network_milliseconds"])),
            ("predict, one array of 28 × 28", milliseconds(speed["predict_milliseconds"])),
            ("in batches of 256", f"{speed['batch_pictures_per_second']:,.0f} pictures/s"),
        ],
        "bars_from": _bars_from(metrics["per_class"]),
    }


def _bars_from(per_class: list[dict[str, Any]]) -> float:
    """Return a round share below every F1, so that bars from there on show the differences."""
    worst = min((row["f1"] for row in per_class if row["support"]), default=0.0)
    return next((edge for edge in (0.99, 0.98, 0.95, 0.9, 0.8, 0.5) if edge < worst - 0.001), 0.0)


def _summary(metrics: dict[str, Any], total: int) -> dict[str, Any]:
    """Return what the headline says in words."""
    confusion = np.array(metrics["confusion_matrix"])
    np.fill_diagonal(confusion, 0)
    worst = None
    if confusion.any():
        row, column = np.unravel_index(confusion.argmax(), confusion.shape)
        worst = {
            "true": metrics["classes"][row],
            "read": metrics["classes"][column],
            "count": int(confusion[row, column]),
        }
    points = {
        f"{100 * point['accuracy']:g}": point for point in metrics["selective"]["operating_points"]
    }
    return {"total": total, "right": total - metrics["errors"], "worst": worst, "points": points}


def _confusion_view(metrics: dict[str, Any]) -> dict[str, Any]:
    confusion = np.array(metrics["confusion_matrix"])
    classes = metrics["classes"]
    rows = []
    for row in range(NONE_INDEX):
        total = max(1, int(confusion[row].sum()))
        cells = []
        for column, read in enumerate(classes):
            count = int(confusion[row, column])
            opacity = figures.tint(count / total, row == column)
            cells.append(
                {
                    "key": f"{row}-{column}",
                    "count": count,
                    "share": count / total,
                    "read": read,
                    "hit": row == column,
                    "tint": round(100 * opacity),
                }
            )
        rows.append({"true": classes[row], "total": int(confusion[row].sum()), "cells": cells})
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    first = np.unravel_index(wrong.argmax(), wrong.shape) if wrong.any() else (0, 0)
    return {"classes": classes, "rows": rows, "first": f"{first[0]}-{first[1]}"}


def _gallery_indices(answers: DigitAnswers) -> tuple[list[int], list[int]]:
    """Return the most confident mistakes and the least confident hits."""
    wrong, hits = np.flatnonzero(~answers.right), np.flatnonzero(answers.right)
    wrong = wrong[np.argsort(-answers.confidences[wrong], kind="stable")][:MAX_MISTAKES]
    hits = hits[np.argsort(answers.confidences[hits], kind="stable")][:MAX_DOUBTFUL]
    return wrong.tolist(), hits.tolist()


def _pictures_of_cells(answers: DigitAnswers) -> dict[str, list[int]]:
    """Return picture indices by cell: surest mistakes first, least sure hits first."""
    cells = {}
    for row in range(NONE_INDEX):
        for column in range(NONE_INDEX + 1):
            inside = np.flatnonzero((answers.labels == row) & (answers.predictions == column))
            order = np.argsort(answers.confidences[inside], kind="stable")
            if row != column:
                order = order[::-1]
            most = MAX_CELL_HITS if row == column else MAX_CELL_MISTAKES
            if len(inside):
                cells[f"{row}-{column}"] = inside[order][:most].tolist()
    return cells


def _cells_json(
    answers: DigitAnswers, cells: dict[str, list[int]], sheet: Sheet
) -> dict[str, list[list[Any]]]:
    """Return column and row in the sheet, number and confidence of each cell's pictures."""
    return {
        key: [
            [*sheet.places[index], index, probability(float(answers.confidences[index]))]
            for index in indices
        ]
        for key, indices in cells.items()
    }


def _card(
    answers: DigitAnswers, index: int, sheet: Sheet, heat_places: dict[int, tuple[int, int]]
) -> dict[str, Any]:
    probabilities = answers.probabilities[index]
    top = np.argsort(-probabilities, kind="stable")[:3]
    # A blank picture has no digit, whatever the network makes of it.
    names = answers.classes
    return {
        "index": index,
        "place": sheet.places[index],
        "heat": heat_places[index],
        "true": names[answers.labels[index]],
        "read": names[answers.predictions[index]],
        "confidence": probability(float(answers.confidences[index])),
        "top": [
            {
                "name": names[choice],
                "share": float(probabilities[choice]),
                "text": probability(float(probabilities[choice])),
                "true": bool(choice == answers.labels[index]),
            }
            for choice in top
        ],
    }


def _heat_sheet(
    results: Sequence[DigitResult],
    galleries: Sequence[tuple[list[int], list[int]]],
    images: NDArray[np.uint8],
) -> tuple[Sheet, list[dict[int, tuple[int, int]]]]:
    """Return one sheet of occlusion maps, and for each model where its pictures' maps are."""
    maps, owners = [np.zeros((0, 28, 28), np.float32)], []
    for number, (result, (mistakes, doubtful)) in enumerate(zip(results, galleries, strict=True)):
        chosen = np.array(mistakes + doubtful, np.intp)
        answered = np.minimum(
            result.answers.predictions[chosen], result.answers.probabilities.shape[1] - 1
        )
        maps.append(map_occlusion(result.reader, images[chosen], answered))
        owners += [(number, int(index)) for index in chosen]
    sheet = sheet_of_heat(np.concatenate(maps))
    places: list[dict[int, tuple[int, int]]] = [{} for _ in results]
    for position, (number, index) in enumerate(owners):
        places[number][index] = sheet.places[position]
    return sheet, places


def _robustness_view(
    robustness: Robustness | None, images: NDArray[np.uint8]
) -> dict[str, Any] | None:
    if robustness is None:
        return None
    # One digit through everything: what the names mean.
    sample = images[:1]
    spoilt = [corrupt(sample, name, strength) for name in CORRUPTIONS for strength in STRENGTHS]
    sheet = sheet_of_digits(np.concatenate(spoilt), range(len(spoilt)))
    relative = robustness.corruption_errors
    rows = []
    for row, name in enumerate(robustness.names):
        cells = [
            {
                "accuracy": float(value),
                "tint": round(100 * figures.robustness_tint(float(value))),
                "place": sheet.places[row * len(STRENGTHS) + column],
            }
            for column, value in enumerate(robustness.accuracies[row])
        ]
        reference = None if robustness.reference is None else 1 - robustness.reference[row].mean()
        rows.append(
            {
                "name": name,
                "levels": CORRUPTIONS[name].describe,
                "cells": cells,
                "mean": float(robustness.accuracies[row].mean()),
                "reference": None if reference is None else float(reference),
                "relative": None if relative is None else float(relative[row]),
            }
        )
    return {
        "rows": rows,
        "sheet_uri": sheet.uri,
        "pictures": robustness.pictures,
        "mean": float(robustness.accuracies.mean()),
        "relative": None if relative is None else float(relative.mean()),
    }


def _comparison_view(
    document: dict[str, Any], drawings: Sequence[tuple[str, Drawing]]
) -> dict[str, Any]:
    tests = [
        row | {"p": p_value(row["p_value"]), "differ": row["p_value"] < 0.05}
        for row in document["comparisons"]
    ]
    return {
        "svg": {name: drawing.to_svg(inline=True) for name, drawing in drawings},
        "tests": tests,
    }


def _draw_accuracies(results: Sequence[DigitResult]) -> Drawing:
    names = [result.subject.name for result in results]
    hits = [int(result.answers.right.sum()) for result in results]
    return figures.draw_accuracies(names, hits, len(results[0].answers))


def _risk_curves(
    results: Sequence[DigitResult],
) -> list[tuple[str, calibration.RiskCoverage]]:
    return [
        (
            result.subject.name,
            calibration.risk_coverage(result.answers.kept_confidences, result.answers.right),
        )
        for result in results
    ]


def _predictions_csv(results: Sequence[DigitResult]) -> bytes:
    def rows() -> Iterator[list[Any]]:
        for result in results:
            answers = result.answers
            for index in range(len(answers)):
                yield [
                    result.subject.name,
                    index,
                    int(answers.labels[index]),
                    answers.classes[answers.predictions[index]],
                    f"{answers.confidences[index]:.6f}",
                    *(f"{value:.6f}" for value in answers.probabilities[index]),
                ]

    widest = max(result.answers.probabilities.shape[1] for result in results)
    names = [f"p{digit}" for digit in range(NONE_INDEX)] + ["p_none"]
    header = ["model", "index", "label", "prediction", "confidence", *names[:widest]]
    return csv_file(header, rows())
