"""`digit-ocr read`: all numbers in each picture."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digit_ocr.cli.inputs import (
    DRAWING_SUFFIX,
    STANDARD_INPUT,
    Picture,
    find_pictures,
    in_order,
    with_pages,
)
from digit_ocr.cli.messages import complain, note
from digit_ocr.cli.options import Images, JsonLines, Recursive
from digit_ocr.cli.progress import tracked
from digit_ocr.errors import DigitOcrError
from digit_ocr.results import MAX_LENGTH

if TYPE_CHECKING:
    from digit_ocr.results import Box, Reading

CSV_COLUMNS = ("file", "line", "text", "confidence", "x0", "y0", "x1", "y1", "error")


def read(
    images: Images,
    json_lines: JsonLines = False,
    csv_rows: Annotated[bool, typer.Option("--csv", help="CSV, a row for each number.")] = False,
    annotate: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Save each picture with boxes and digits drawn on it."),
    ] = None,
    reject_below: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Show digits of less confidence as ?.")
    ] = 0.0,
    region: Annotated[
        list[str] | None,
        typer.Option(metavar="X0,Y0,X1,Y1", help="Read this box as one number (repeatable)."),
    ] = None,
    digits: Annotated[
        int | None, typer.Option(min=1, max=MAX_LENGTH, help="How many digits each number has.")
    ] = None,
    model: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="Weights of your own, digit, number or page (repeatable, one of each).",
        ),
    ] = None,
    recursive: Recursive = False,
) -> int:
    """Print all numbers in each picture.

    Lines from top to bottom, the numbers of a line from left to right.
    """
    if json_lines and csv_rows:
        raise typer.BadParameter("give --json or --csv, not both")
    regions = [parse_region(text) for text in region] if region else None
    pictures = find_pictures(images, recursive)
    if annotate is not None:
        annotate.mkdir(parents=True, exist_ok=True)

    import digit_ocr
    from digit_ocr.results import ReadFailure

    reader = digit_ocr.load_reader(model=model)
    results = in_order(
        with_pages(pictures),
        lambda sources: reader.read_many(
            sources,
            on_error="return",
            reject_below=reject_below,
            regions=regions,
            length=digits,
        ),
    )
    output: _Output = _Csv() if csv_rows else _JsonLines() if json_lines else _Text(len(pictures))
    drawn: set[str] = set()
    failed = False
    for picture, result in tracked(results, "reading", len(pictures)):
        error = result.error if isinstance(result, ReadFailure) else result
        if isinstance(error, Exception):
            failed = True
            complain(picture.explain(error))
            output.failure(picture, error)
            continue
        if not result.numbers:
            note(f"{picture.name}: no digits found")
        output.reading(picture, result)
        if annotate is not None:
            path = annotate / _drawing_name(picture, drawn)
            try:
                result.render(picture.source).save(path)
            except (OSError, DigitOcrError) as problem:
                failed = True
                complain(f"{path}: not drawn ({problem})")
    return int(failed)


def parse_region(text: str) -> Box:
    """Return `x0,y0,x1,y1` as a box.

    Raises: typer.BadParameter: not four whole numbers, or an empty box.
    """
    try:
        x0, y0, x1, y1 = (int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"--region {text!r}: expected four whole numbers x0,y0,x1,y1"
        ) from None
    if x0 < 0 or y0 < 0 or x1 <= x0 or y1 <= y0:
        raise typer.BadParameter(f"--region {text!r} is empty or begins outside the picture")
    return x0, y0, x1, y1


def _drawing_name(picture: Picture, taken: set[str]) -> str:
    """Return a file name that no other picture of this call has: two folders may share one."""
    file = "stdin" if picture.file == STANDARD_INPUT else picture.file
    page = "" if picture.page is None else f"-page{picture.page}"
    # Never the name of a picture itself: the folder of the originals may be the one to draw into.
    stem, whole = Path(file).stem + page, Path(file).name + page
    names = [f"{stem}{DRAWING_SUFFIX}", f"{whole}{DRAWING_SUFFIX}"]
    copies = (f"{whole}-{copy}{DRAWING_SUFFIX}" for copy in count(2))
    name = next(name for name in chain(names, copies) if name not in taken)
    taken.add(name)
    return name


class _Output:
    """Where results go, in one of the forms."""

    def reading(self, picture: Picture, reading: Reading) -> None:
        raise NotImplementedError

    def failure(self, picture: Picture, error: Exception) -> None:
        raise NotImplementedError


class _Text(_Output):
    def __init__(self, count: int) -> None:
        self.count = count

    def reading(self, picture: Picture, reading: Reading) -> None:
        if self.count == 1 and picture.page is None:
            if reading.text:
                print(reading.text, flush=True)
            return
        # Each line names its file, so that every line of the output is a whole record.
        for line in reading.text.split("\n"):
            print(f"{picture.name}\t{line}", flush=True)

    def failure(self, picture: Picture, error: Exception) -> None:
        """Standard error has said it."""


class _JsonLines(_Output):
    def reading(self, picture: Picture, reading: Reading) -> None:
        print_json(picture, reading.to_dict())

    def failure(self, picture: Picture, error: Exception) -> None:
        print_json(picture, failure_to_dict(error))


class _Csv(_Output):
    def __init__(self) -> None:
        self._write: Callable[[tuple[Any, ...]], Any] = csv.writer(
            sys.stdout, lineterminator="\n"
        ).writerow
        self._write(CSV_COLUMNS)

    def reading(self, picture: Picture, reading: Reading) -> None:
        for number in reading.numbers:
            confidence = round(number.confidence, 6)
            row = (picture.name, number.line, number.text, confidence, *number.box, "")
            self._write(row)
        if not reading.numbers:
            self._write((picture.name, *[""] * 8))
        sys.stdout.flush()

    def failure(self, picture: Picture, error: Exception) -> None:
        self._write((picture.name, *[""] * 7, f"{type(error).__name__}: {error}"))


def print_json(picture: Picture, values: dict[str, Any]) -> None:
    """Print one JSON object on a line: the file (and page), then `values`."""
    page = {} if picture.page is None else {"page": picture.page}
    print(json.dumps({"file": picture.file, **page, **values}), flush=True)


def failure_to_dict(error: Exception) -> dict[str, Any]:
    """Return what JSON output says of a picture that failed."""
    return {"error": {"type": type(error).__name__, "message": str(error)}}
