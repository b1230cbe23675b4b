"""What the page of a digit report shows of one model, ready for its template."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_ocr.evaluation import figures
from digit_ocr.evaluation.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from digit_ocr.evaluation.digits import NONE_INDEX, DigitAnswers
from digit_ocr.evaluation.pictures import Sheet, sheet_of_digits
from digit_ocr.evaluation.report import probability
from digit_ocr.evaluation.robustness import Robustness

MAX_MISTAKES = 24
MAX_DOUBTFUL = 12
MAX_CELL_MISTAKES = 60
MAX_CELL_HITS = 24


def first_edge_below(per_class: list[dict[str, Any]]) -> float:
    """Return a round share below every F1, so that bars from there on show the differences."""
    worst = min((row["f1"] for row in per_class if row["support"]), default=0.0)
    return next((edge for edge in (0.99, 0.98, 0.95, 0.9, 0.8, 0.5) if edge < worst - 0.001), 0.0)


def summarise(metrics: dict[str, Any], total: int) -> dict[str, Any]:
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


def view_confusion(metrics: dict[str, Any]) -> dict[str, Any]:
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


def choose_gallery(answers: DigitAnswers) -> tuple[list[int], list[int]]:
    """Return the most confident mistakes and the least confident hits."""
    wrong, hits = np.flatnonzero(~answers.right), np.flatnonzero(answers.right)
    wrong = wrong[np.argsort(-answers.confidences[wrong], kind="stable")][:MAX_MISTAKES]
    hits = hits[np.argsort(answers.confidences[hits], kind="stable")][:MAX_DOUBTFUL]
    return wrong.tolist(), hits.tolist()


def choose_pictures_of_cells(answers: DigitAnswers) -> dict[str, list[int]]:
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


def view_pictures_of_cells(
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


def view_card(
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


def view_robustness(
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
