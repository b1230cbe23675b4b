"""`digit-ocr evaluate`: how good a model is, as tables here and as a page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from digit_ocr.cli.extras import needs_extra
from digit_ocr.cli.messages import note
from digit_ocr.cli.progress import StageBar

SHIPPED = "shipped"


def evaluate(
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="shipped|PATH", help="A model to judge (repeatable).  [default: shipped]"
        ),
    ] = None,
    data: Annotated[
        str,
        typer.Option(
            metavar="mnist|DIR|CSV",
            help="MNIST's test pictures, folders 0 … 9, a CSV file, or pictures with labels.csv.",
        ),
    ] = "mnist",
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the report goes.  [default: reports/DATA]"),
    ] = None,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Judge it on spoilt pictures too; minutes.")
    ] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores to use; all otherwise.")] = None,
) -> None:
    """Measure how good models are.

    Prints accuracy and errors by class, and writes report.html, metrics.json and figures.
    """
    with needs_extra("evaluating", "report"):
        from digit_ocr.evaluation.evaluate import evaluate as measure

    models = [None if name == SHIPPED else name for name in model or [SHIPPED]]
    folder = out or Path("reports") / (Path(data).resolve().stem or "report")
    with StageBar() as bar:
        result = measure(
            models, data, folder, robustness=robustness, threads=threads, progress=bar.show
        )
    for line in result.notes:
        note(line)
    for measured in result.metrics["models"]:
        if result.metrics["kind"] == "digits":
            _print_digits(measured, result.metrics["data"]["count"])
        else:
            _print_numbers(measured, result.metrics["data"]["count"])
    for row in result.metrics["comparisons"]:
        print(
            f"{row['first']} against {row['second']}: right alone {row['only_first_right']} and "
            f"{row['only_second_right']}, McNemar p = {row['p_value']:.2g}"
        )
    print(f"Report: {result.report}")


def _print_digits(measured: dict[str, Any], count: int) -> None:
    low, high = measured["accuracy_interval_95"]
    print(f"{measured['name']}")
    print(
        f"Accuracy: {measured['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%}), "
        f"{measured['errors']} errors of {count}"
    )
    error = measured["calibration"]["expected_calibration_error"]
    print(f"Expected calibration error: {error:.2%}\n")
    print("digit  precision  recall      f1  count")
    for row in measured["per_class"]:
        print(
            f"{row['class']:>5}  {row['precision']:9.4f}  {row['recall']:6.4f}  "
            f"{row['f1']:6.4f}  {row['support']:5}"
        )
    classes = ["-" if name == "none" else name for name in measured["classes"]]
    width = max(5, len(str(count)) + 1)
    print("\nConfusion matrix (rows: true digits, columns: read as)")
    print(" " * 5 + "".join(f"{name:>{width}}" for name in classes))
    for name, row in zip(classes[:10], measured["confusion_matrix"], strict=False):
        print(f"{name:>5}" + "".join(f"{value or '.':>{width}}" for value in row))
    print()


def _print_numbers(measured: dict[str, Any], count: int) -> None:
    low, high = measured["exact_match_interval_95"]
    print(f"{measured['name']}")
    print(
        f"Exact match: {measured['exact_match']:.2%} (95 % interval {low:.2%} to {high:.2%}), "
        f"{measured['errors']} errors of {count}"
    )
    print(
        f"Character error rate: {measured['character_error_rate']:.2%} "
        f"({measured['substitutions']} substituted, {measured['deletions']} missed, "
        f"{measured['insertions']} added of {measured['characters']})\n"
    )
