"""The page: a template filled in, with everything that it shows inside it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from digit_ocr.errors import ExtraNotInstalled
from digit_ocr.evaluation.axes import percent
from digit_ocr.evaluation.drawing import Drawing
from digit_ocr.evaluation.pictures import COLUMNS

FIGURES = "figures"
"""The folder of the charts, beside report.html."""

PREDICTIONS = "predictions.csv"
"""Each answer, a row for each model and picture, beside report.html."""

FIGURE_NAMES = (
    "accuracy",
    "confusion_matrix",
    "reliability",
    "risk_coverage",
    "robustness",
    "training",
    "exact_match_by_length",
    "edits_by_digit",
)


def require_report_extra() -> None:
    """Check that a report can be written, before anything takes time.

    Raises: ExtraNotInstalled: jinja2 is missing.
    """
    if find_spec("jinja2") is None:
        raise ExtraNotInstalled("the evaluation report", "report")


def is_own_figure(name: str) -> bool:
    """Whether a file of that name in the folder of figures is ours to replace or remove."""
    return re.fullmatch(rf"({'|'.join(FIGURE_NAMES)})(_\d+)?\.(svg|png)", name) is not None


def report_files(
    template: str,
    view: dict[str, Any],
    predictions: bytes | None,
    figures: Iterable[tuple[str, Drawing]],
) -> dict[str, bytes]:
    """Return the files of a report by their path: the page, the predictions, the figures."""
    files = {"report.html": render(template, view | {"has_predictions": predictions is not None})}
    if predictions is not None:
        files[PREDICTIONS] = predictions
    return files | figure_files(figures)


def figure_files(figures: Iterable[tuple[str, Drawing]]) -> dict[str, bytes]:
    """Return the charts as files, SVG and PNG each, by their path beside the report."""
    files = {}
    for name, drawing in figures:
        files[f"{FIGURES}/{name}.svg"] = drawing.to_svg().encode()
        files[f"{FIGURES}/{name}.png"] = drawing.to_png()
    return files


def numbered(name: str, index: int) -> str:
    """Return a figure's name for the model at `index`: the first keeps it plain."""
    return name if index == 0 else f"{name}_{index + 1}"


def render(template: str, view: dict[str, Any]) -> bytes:
    """Return a template of this package as one self-contained HTML page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("digit_ocr.evaluation"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "thousands": thousands, "size": file_size}
    folder = resources.files("digit_ocr.evaluation") / "templates"
    page = environment.get_template(template).render(
        **view,
        # A path names its data by its end; where it lies is said further down.
        data_name=Path(view["document"]["data"]["source"]).name,
        style=(folder / "report.css").read_text(encoding="utf-8"),
        script=(folder / "report.js").read_text(encoding="utf-8"),
        sheet_columns=COLUMNS,
    )
    return page.encode()


def csv_file(header: list[str], rows: Iterable[list[Any]]) -> bytes:
    """Return a table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def thousands(count: float) -> str:
    """Return a count with its thousands parted: 10,000."""
    return f"{count:,.0f}"


def file_size(size_bytes: int) -> str:
    """Return a size in kB or MB."""
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:.0f} kB"
    return f"{size_bytes / 1e6:.1f} MB"


def probability(value: float) -> str:
    """Return a confidence for reading: never rounded up to certainty."""
    return "> 99.9 %" if value >= 0.9995 else f"{100 * value:.1f} %"


def p_value(value: float) -> str:
    """Return a p-value as one writes it."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def milliseconds(value: float) -> str:
    """Return a time in the unit that reads well."""
    if value < 1:
        return f"{1000 * value:.0f} µs"
    return f"{value:.1f} ms" if value < 1000 else f"{value / 1000:.1f} s"
