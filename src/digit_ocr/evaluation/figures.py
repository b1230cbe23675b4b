"""The charts of a report, as drawings: what is confused, how sure, at what price, how robust."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digit_ocr.evaluation.axes import Axes, nice_ticks, percent, percent_ticks
from digit_ocr.evaluation.calibration import OperatingPoint, Reliability, RiskCoverage
from digit_ocr.evaluation.drawing import SERIES, Drawing, Point
from digit_ocr.evaluation.metrics import wilson_interval

WIDTH, HEIGHT = 400.0, 330.0


def draw_confusion_matrix(confusion: NDArray[np.int64], classes: Sequence[str]) -> Drawing:
    """Return counts in a grid, rows are true; each cell tinted by its share of the row."""
    count = len(classes)
    cell, left, top = 40.0, 58.0, 50.0
    drawing = Drawing("Confusion matrix", left + cell * count + 16, top + cell * count + 16)
    drawing.text((left + cell * count / 2, 18), "read as", "muted", anchor="middle")
    drawing.text((15, top + cell * count / 2), "true digit", "muted", anchor="middle", turned=True)
    for row, name in enumerate(classes):
        middle = (row + 0.5) * cell
        drawing.text((left + middle, top - 8), name, bold=True, anchor="middle")
        drawing.text((left - 9, top + middle + 4), name, bold=True, anchor="end")
        total = max(1, int(confusion[row].sum()))
        for column in range(count):
            value = int(confusion[row, column])
            x, y = left + column * cell, top + row * cell
            box = (x + 1, y + 1, x + cell - 1, y + cell - 1)
            drawing.rectangle(box, "line", 0.35)
            if value:
                colour = "accent" if row == column else "wrong"
                opacity = tint(value / total, row == column)
                drawing.rectangle(box, colour, opacity)
                ink = "surface" if opacity > 0.55 else "ink"
                at = (x + cell / 2, y + cell / 2 + 4)
                drawing.text(at, str(value), ink, anchor="middle")
    return drawing


def tint(share: float, diagonal: bool) -> float:
    """Return how strongly to colour a cell that holds `share` of its row.

    The root makes a single mistake among a thousand visible; hits are even and stay calm.
    """
    return 0.1 + 0.75 * share**3 if diagonal else min(0.9, 0.06 + 1.7 * share**0.5)


def draw_reliability(bins: Reliability) -> Drawing:
    """Return accuracy against confidence with 95 % intervals, over a histogram of confidence."""
    drawing = Drawing("Reliability", WIDTH, HEIGHT)
    axes = Axes(drawing, (62.0, 12.0, WIDTH - 20, 222.0), (0, 1), (0, 1))
    fifths = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    axes.y_ticks(fifths, percent_ticks(fifths), "share that is right")
    drawing.line([axes.at(0, 0), axes.at(1, 1)], "muted", dashed=True)
    bars = Axes(drawing, (62.0, 238.0, WIDTH - 20, 288.0), (0, 1), (0, 1))
    tallest = np.log1p(max(1, int(bins.count.max())))
    for index in np.flatnonzero(bins.count):
        count, accuracy = int(bins.count[index]), float(bins.accuracy[index])
        confidence = float(bins.confidence[index])
        low, high = wilson_interval(round(accuracy * count), count)
        tip = f"{count} pictures: confidence {percent(confidence)}, right {percent(accuracy)}"
        left, right = float(bins.edges[index]), float(bins.edges[index + 1])
        (x0, y0), (x1, _) = bars.at(left, np.log1p(count) / tallest), bars.at(right, 0)
        drawing.rectangle((x0 + 1, y0, x1 - 1, bars.box[3]), "accent", 0.3, tip)
        drawing.line([axes.at(confidence, low), axes.at(confidence, high)], "accent", 1.5)
        drawing.dot(axes.at(confidence, accuracy), 4.5, "accent", tip)
    bars.x_ticks(fifths, percent_ticks(fifths), "confidence; below: pictures (logarithmic)")
    return drawing


def draw_risk_coverage(
    curves: Sequence[tuple[str, RiskCoverage]], points: Sequence[OperatingPoint] = ()
) -> Drawing:
    """Return the share that is wrong among what is kept, as the least sure are rejected.

    `points` are marked on the first curve; several curves get a legend.
    """
    drawing = Drawing("Risk and coverage", WIDTH, HEIGHT)
    most_risk = max((float(curve.risk.max()) for _, curve in curves), default=0.0)
    full_risk = max((float(curve.risk[-1]) for _, curve in curves), default=0.0)
    top = min(most_risk, 1.25 * full_risk) or 0.01
    farthest = max((_share_until_faultless(curve) for _, curve in curves), default=0.1)
    x_end = min(1.0, max(0.005, 1.15 * farthest))
    axes = Axes(drawing, (62.0, 12.0, WIDTH - 22, 288.0), (0, x_end), (0, top * 1.04))
    y_values = nice_ticks(0, top)
    axes.y_ticks(y_values, percent_ticks(y_values), "wrong among those kept")
    x_values = nice_ticks(0, x_end)
    axes.x_ticks(x_values, percent_ticks(x_values), "pictures rejected, least sure first")
    for (_, curve), colour in zip(curves, SERIES, strict=False):
        pixels: list[Point] = []
        for coverage, risk in zip(curve.coverage, curve.risk, strict=True):
            x, y = axes.at(1 - float(coverage), min(float(risk), top * 1.04))
            # From right to left; thousands of pictures share a pixel.
            if x <= axes.box[2] and (not pixels or abs(x - pixels[-1][0]) > 0.5 or coverage == 1):
                pixels.append((x, y))
        drawing.line(pixels, colour, 2)
    labelled: set[str] = set()
    # The strictest first: where several fall together, its label is the one to read.
    for point in reversed(points):
        if point.threshold is None or point.rejected > x_end:
            continue
        x, y = axes.at(point.rejected, point.risk)
        name = "no error" if point.accuracy == 1 else f"{100 * point.accuracy:g} % right"
        drawing.dot((x, y), 4.5, "ink", f"{name}: reject {percent(point.rejected)}")
        if (spot := f"{x:.0f},{y:.0f}") not in labelled:
            anchor: Any = "end" if x > WIDTH * 0.7 else "start"
            drawing.text((x + (-7 if anchor == "end" else 7), y - 8), name, size=11, anchor=anchor)
        labelled.add(spot)
    if len(curves) > 1:
        draw_legend(drawing, [name for name, _ in curves], WIDTH - 26, 26)
    return drawing


def draw_legend(drawing: Drawing, names: Sequence[str], right: float, top: float) -> None:
    """Write the models' names in their colours, flush right."""
    for row, (name, colour) in enumerate(zip(names, SERIES, strict=False)):
        drawing.text((right, top + 16 * row), name, colour, size=11, anchor="end", bold=True)


def _share_until_faultless(curve: RiskCoverage) -> float:
    faultless = np.flatnonzero(curve.errors == 0)
    return 1 - float(curve.coverage[faultless[-1]]) if len(faultless) else 0.5


def draw_accuracies(names: Sequence[str], hits: Sequence[int], total: int) -> Drawing:
    """Return each model's accuracy with its 95 % interval on one scale."""
    shares = [wilson_interval(count, total) for count in hits]
    low, high = min(s[0] for s in shares), max(s[1] for s in shares)
    margin = max(0.0005, 0.08 * (high - low))
    drawing = Drawing("Accuracy with 95 % intervals", WIDTH, 66.0 + 34 * len(names))
    bounds = (max(0.0, low - margin), min(1.0, high + margin))
    axes = Axes(drawing, (16.0, 8.0, WIDTH - 16, drawing.height - 48), bounds, (0, len(names)))
    for row, (name, count) in enumerate(zip(names, hits, strict=True)):
        colour = SERIES[row % len(SERIES)]
        _, y = axes.at(low, len(names) - row - 0.7)
        left, right = (axes.at(edge, 0)[0] for edge in shares[row])
        drawing.line([(left, y), (right, y)], colour, 3)
        x, _ = axes.at(count / total, 0)
        drawing.dot((x, y), 5, colour, f"{name}: {percent(count / total, 2)}")
        flip: Any = "end" if x > WIDTH / 2 else "start"
        drawing.text((x, y - 10), f"{name}  {percent(count / total, 2)}", size=12, anchor=flip)
    values = nice_ticks(*bounds)
    axes.x_ticks(values, percent_ticks(values), "accuracy, 95 % interval")
    return drawing


def draw_training(records: Sequence[dict[str, Any]]) -> Drawing:
    """Return the loss on training data, and what is wrong on validation, epoch by epoch.

    `records` are the lines of a run's metrics.jsonl.
    """
    drawing = Drawing("Training", WIDTH, HEIGHT + 40)
    epochs = [float(record["epoch"]) for record in records]
    losses = [float(record["train_loss"]) for record in records]
    errors = [1 - float(record["validation"]["accuracy"]) for record in records]
    span = (min(epochs) - 0.5, max(epochs) + 0.5) if len(epochs) == 1 else (epochs[0], epochs[-1])
    panels = (
        ((62.0, 12.0, WIDTH - 14, 148.0), losses, "accent", "training loss", False),
        ((62.0, 180.0, WIDTH - 14, 328.0), errors, "wrong", "wrong in validation", True),
    )
    for box, values, colour, title, share in panels:
        axes = Axes(drawing, box, span, (0, max(*values, 1e-6) * 1.06))
        ticks = nice_ticks(*axes.y_range, about=4)
        labels = percent_ticks(ticks) if share else [f"{tick:.3g}" for tick in ticks]
        axes.y_ticks(ticks, labels, title)
        points = [axes.at(x, y) for x, y in zip(epochs, values, strict=True)]
        drawing.line(points, colour, 2)
        for point, record in zip(points, records, strict=True):
            if len(records) <= 40 or record.get("best"):
                drawing.dot(point, 3.5 if record.get("best") else 2.2, colour)
    whole = sorted({float(round(tick)) for tick in nice_ticks(*span, about=8)})
    whole = [tick for tick in whole if span[0] <= tick <= span[1]]
    axes.x_ticks(whole, [f"{tick:.0f}" for tick in whole], "epoch; larger dots: best so far")
    return drawing


def draw_robustness(names: Sequence[str], accuracies: NDArray[np.float64]) -> Drawing:
    """Return accuracies (corruptions, strengths) as a heat map, the darker the more is wrong."""
    left, top, wide, tall = 112.0, 40.0, 54.0, 24.0
    columns = accuracies.shape[1]
    drawing = Drawing("Robustness", left + wide * columns + 12, top + tall * len(names) + 12)
    middle = left + wide * columns / 2
    drawing.text((middle, 14), "strength of the corruption", "muted", anchor="middle")
    for column in range(columns):
        at = (left + (column + 0.5) * wide, top - 8)
        drawing.text(at, str(column + 1), anchor="middle", bold=True)
    for row, name in enumerate(names):
        y = top + row * tall
        drawing.text((left - 9, y + 16), name, anchor="end")
        for column, value in enumerate(accuracies[row]):
            x = left + column * wide
            box = (x + 1, y + 1, x + wide - 1, y + tall - 1)
            opacity = robustness_tint(float(value))
            drawing.rectangle(box, "line", 0.35)
            drawing.rectangle(box, "wrong", opacity)
            ink = "surface" if opacity > 0.55 else "ink"
            at = (x + wide / 2, y + 16)
            drawing.text(at, f"{100 * value:.1f}", ink, size=11, anchor="middle")
    return drawing


def robustness_tint(accuracy: float) -> float:
    """Return how strongly to colour a cell of that accuracy; the root shows small losses."""
    return 0.92 * math.sqrt(max(0.0, 1 - accuracy))


def draw_by_length(rows: Sequence[dict[str, Any]]) -> Drawing:
    """Return the share of exact matches by the number of digits, with 95 % intervals."""
    drawing = Drawing("Exact match by length", WIDTH, HEIGHT)
    axes = Axes(drawing, (62.0, 26.0, WIDTH - 14, 288.0), (0, len(rows)), (0, 1))
    fifths = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    axes.y_ticks(fifths, percent_ticks(fifths), "read exactly")
    for place, row in enumerate(rows):
        (x, y), (_, bottom) = axes.at(place + 0.5, row["exact_match"]), axes.at(0, 0)
        half = min(24.0, 0.36 * (axes.box[2] - axes.box[0]) / len(rows))
        tip = f"{row['digits']} digits: {row['count']} pictures, {percent(row['exact_match'])}"
        drawing.rectangle((x - half, y, x + half, bottom), "accent", 0.35, tip)
        low, high = row["interval_95"]
        drawing.line([axes.at(place + 0.5, low), axes.at(place + 0.5, high)], "accent", 1.5)
        if len(rows) <= 12:
            at = (x, axes.box[1] - 8)
            drawing.text(at, f"n {row['count']}", "muted", size=10, anchor="middle")
    every = -(-len(rows) // 14)
    shown = range(0, len(rows), every)
    labels = [str(rows[place]["digits"]) for place in shown]
    axes.x_ticks([place + 0.5 for place in shown], labels, "digits in the picture")
    return drawing


def draw_edits(rows: Sequence[dict[str, Any]]) -> Drawing:
    """Return how many of each digit were misread, left out or invented."""
    drawing = Drawing("Edits by digit", WIDTH, HEIGHT)
    kinds = (("substituted", "wrong"), ("deleted", "accent"), ("inserted", "third"))
    most = max(max(sum(row[kind] for kind, _ in kinds) for row in rows), 1)
    axes = Axes(drawing, (48.0, 36.0, WIDTH - 14, 288.0), (-0.5, 9.5), (0, most * 1.05))
    ticks = sorted({float(round(tick)) for tick in nice_ticks(0, most)})
    axes.y_ticks(ticks, [f"{tick:.0f}" for tick in ticks], "edits")
    for row in rows:
        floor = 0
        for kind, colour in kinds:
            (left, top) = axes.at(int(row["digit"]) - 0.34, floor + row[kind])
            (right, bottom) = axes.at(int(row["digit"]) + 0.34, floor)
            if row[kind]:
                tip = f"{row['digit']} {kind}: {row[kind]} (of {row['count']})"
                drawing.rectangle((left, top, right, bottom), colour, 0.85, tip)
            floor += row[kind]
    axes.x_ticks([float(digit) for digit in range(10)], list("0123456789"), "digit")
    for place, (kind, colour) in enumerate(kinds):
        x = 52.0 + 112 * place
        drawing.rectangle((x, 10, x + 11, 21), colour, 0.85)
        drawing.text((x + 17, 20), kind, "muted")
    return drawing
