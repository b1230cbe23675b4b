"""The user's own digits as CSV, in Kaggle's form: label,pixel0,…,pixel783."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from digit_ocr.data.labelled_digits import LabelledDigits, as_bytes, prepare_if_found
from digit_ocr.errors import DatasetCorrupt, NoDigitFound
from digit_ocr.imaging.digit import PreparedDigit

SIDE = 28
PIXELS = SIDE * SIDE
COLUMNS = 1 + PIXELS
ROWS_AT_ONCE = 1000

Row = tuple[int, str]
"""Number of the line in the file, from 1, and its text."""


def load_csv(path: str | Path, *, blank_if_none: bool = False) -> LabelledDigits:
    """Return the digits of a CSV file, with or without a header, in MNIST's form.

    Each row is a label 0..9 and 784 pixels 0..255, row by row; light ink on dark or dark on light.
    `blank_if_none`: one in which imaging finds no digit is blank, to count as a reader's mistake.

    Raises: DatasetCorrupt: no file, no rows, or a row that is not of that form; the message names
        its line.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise DatasetCorrupt(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetCorrupt(f"{path} is no CSV: it is not text ({error.reason})") from error
    images: list[npt.NDArray[np.uint8]] = []
    labels: list[npt.NDArray[np.int64]] = []
    ambiguous: dict[int, PreparedDigit] = {}
    rows = _rows(text, path)
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        values = parse_rows(chunk, str(path))
        labels.append(values[:, 0].astype(np.int64))
        for digit in _prepared(values[:, 1:], chunk, path, blank_if_none):
            if digit is not None and digit.is_ambiguous:
                ambiguous[len(images)] = digit
            images.append(as_bytes(digit))
    if not images:
        raise DatasetCorrupt(f"{path} holds no rows; expected label,pixel0,…,pixel{PIXELS - 1}")
    return LabelledDigits(
        np.stack(images),
        np.concatenate(labels),
        str(path),
        hashlib.sha256(data).hexdigest(),
        ambiguous,
    )


def parse_rows(rows: list[Row], name: str) -> npt.NDArray[np.uint8]:
    """Return rows of text as (n, 785) uint8: the label 0..9, then the pixels.

    Raises: DatasetCorrupt: a row has another number of columns, or a value out of range.
    """
    if any(text.count(",") != COLUMNS - 1 for _, text in rows):
        _complain(rows, name)
    try:
        values = np.loadtxt(
            [text for _, text in rows], dtype=np.int32, delimiter=",", comments=None, ndmin=2
        )
    except (ValueError, OverflowError):
        _complain(rows, name)
    if values.min() < 0 or values.max() > 255 or values[:, 0].max() > 9:
        _complain(rows, name)
    return values.astype(np.uint8)


def _complain(rows: list[Row], name: str) -> NoReturn:
    """Raise DatasetCorrupt for the first row that is wrong."""
    for number, text in rows:
        cells = text.split(",")
        if len(cells) != COLUMNS:
            raise DatasetCorrupt(
                f"{name}, line {number}: {len(cells)} columns; expected {COLUMNS} "
                f"(label,pixel0,…,pixel{PIXELS - 1})"
            )
        for column, cell in enumerate(cells):
            largest = 255 if column else 9
            what = f"pixel{column - 1}" if column else "label"
            if not (cell.strip().isascii() and cell.strip().isdigit() and int(cell) <= largest):
                raise DatasetCorrupt(
                    f"{name}, line {number}: {what} is {cell.strip()[:20]!r}; "
                    f"expected a whole number from 0 to {largest}"
                )
    raise DatasetCorrupt(f"{name}, lines {rows[0][0]} to {rows[-1][0]} are not of one form")


def _rows(text: str, path: Path) -> Iterator[Row]:
    """Yield the rows that hold digits; the header, where there is one, must be Kaggle's."""
    may_be_header = True
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip().replace('"', "")
        if not stripped:
            continue
        first = stripped.split(",", 1)[0].strip()
        is_first, may_be_header = may_be_header, False
        if is_first and any(letter.isalpha() for letter in first):
            if first.lower() != "label":
                raise DatasetCorrupt(f"{path}: the first column is {first[:20]!r}, not 'label'")
            continue
        yield number, stripped


def _prepared(
    pixels: npt.NDArray[np.uint8], rows: list[Row], path: Path, blank_if_none: bool
) -> Iterator[PreparedDigit | None]:
    """Yield what imaging makes of each row of `pixels` (n, 784)."""
    for (line, _), grey in zip(rows, pixels.reshape(-1, SIDE, SIDE), strict=True):
        try:
            yield prepare_if_found(grey, blank_if_none)
        except NoDigitFound as error:
            raise DatasetCorrupt(f"{path}, line {line}: {error}") from error
