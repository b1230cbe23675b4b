"""The report on models that read one digit: what its page shows, and its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_ocr.data.labelled_digits import LabelledDigits
from digit_ocr.evaluation import calibration, figures
from digit_ocr.evaluation.digit_views import (
    choose_gallery,
    choose_pictures_of_cells,
    first_edge_below,
    summarise,
    view_card,
    view_confusion,
    view_pictures_of_cells,
    view_robustness,
)
from digit_ocr.evaluation.digits import NONE_INDEX, DigitAnswers
from digit_ocr.evaluation.drawing import Drawing
from digit_ocr.evaluation.occlusion import map_occlusion
from digit_ocr.evaluation.pictures import Sheet, sheet_of_digits, sheet_of_heat
from digit_ocr.evaluation.report import (
    csv_file,
    milliseconds,
    numbered,
    p_value,
    report_files,
)
from digit_ocr.evaluation.robustness import Robustness
from digit_ocr.evaluation.subjects import Subject
from digit_ocr.inference.digit import DigitReader


@dataclass(frozen=True, slots=True, eq=False)
class DigitResult:
    """All that a report shows of one model on digits."""

    subject: Subject
    reader: DigitReader
    answers: DigitAnswers
    robustness: Robustness | None
    metrics: dict[str, Any]


def render_digit_report(
    document: dict[str, Any],
    results: Sequence[DigitResult],
    digits: LabelledDigits,
    predictions: bool,
) -> dict[str, bytes]:
    """Return the files of the report by their path, with `predictions` or without."""
    cells = [choose_pictures_of_cells(result.answers) for result in results]
    galleries = [choose_gallery(result.answers) for result in results]
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
        drawn = _draw(result)
        drawings += [
            (numbered(name, index + (name == "risk_coverage" and len(results) > 1)), drawing)
            for name, drawing in drawn.items()
        ]
        model = _model_view(result, drawn, galleries[index], sheet, heat_places[index])
        model["cells"] = view_pictures_of_cells(result.answers, cells[index], sheet)
        model["robustness"] = view_robustness(result.robustness, digits.images)
        models.append(model)
    view = {
        "document": document,
        "models": models,
        "comparison": comparison,
        "sheet_uri": sheet.uri,
        "heat_uri": heat.uri,
    }
    table = _predictions_csv(results) if predictions else None
    return report_files("digits.html", view, table, drawings)


def _draw(result: DigitResult) -> dict[str, Drawing]:
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
        "summary": summarise(metrics, len(answers)),
        "confusion": view_confusion(metrics),
        "svg": {name: drawing.to_svg(inline=True) for name, drawing in drawn.items()},
        "mistakes": [view_card(answers, index, sheet, heat_places) for index in mistakes],
        "doubtful": [view_card(answers, index, sheet, heat_places) for index in doubtful],
        "speed": [
            ("the network, one prepared picture", milliseconds(speed["network_milliseconds"])),
            ("predict, one array of 28 × 28", milliseconds(speed["predict_milliseconds"])),
            ("in batches of 256", f"{speed['batch_pictures_per_second']:,.0f} pictures/s"),
        ],
        "bars_from": first_edge_below(metrics["per_class"]),
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
            answers, classes = result.answers, result.answers.classes
            for index in range(len(answers)):
                yield [
                    result.subject.name,
                    index,
                    int(answers.labels[index]),
                    classes[answers.predictions[index]],
                    f"{answers.confidences[index]:.6f}",
                    *(f"{value:.6f}" for value in answers.probabilities[index]),
                    *[""] * (widest - len(classes)),
                ]

    widest = max(len(result.answers.classes) for result in results)
    names = [f"p{digit}" for digit in range(NONE_INDEX)] + ["p_none"]
    header = ["model", "index", "label", "prediction", "confidence", *names[:widest]]
    return csv_file(header, rows())
