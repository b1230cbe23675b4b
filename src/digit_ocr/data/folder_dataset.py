"""The user's own digits: a folder with the folders 0 … 9, each with pictures of that digit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from digit_ocr.data.labelled_digits import LabelledDigits, as_bytes, prepare_if_found
from digit_ocr.errors import DatasetCorrupt, ImageNotReadable, NoDigitFound
from digit_ocr.imaging.decode import load_grey
from digit_ocr.imaging.digit import PreparedDigit

MAX_NAMED = 3


def load_folder(folder: str | Path, *, blank_if_none: bool = False) -> LabelledDigits:
    """Return every picture under `folder`/0 … `folder`/9 in MNIST's form.

    `blank_if_none`: one in which imaging finds no digit is blank, to count as a reader's mistake.

    Raises: DatasetCorrupt: no such folder, a digit's folder is missing, nothing in any of them, or
        files that are no picture of a digit; the message names them.
    """
    folder = Path(folder)
    _check_classes(folder)
    images: list[npt.NDArray[np.uint8]] = []
    labels: list[int] = []
    ambiguous: dict[int, PreparedDigit] = {}
    unusable: list[str] = []
    digest = hashlib.sha256()
    for label, path in _pictures(folder):
        try:
            data = path.read_bytes()
            digit = prepare_if_found(load_grey(data), blank_if_none)
        except (ImageNotReadable, NoDigitFound, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            reason = (reason or "").removeprefix("the bytes: ")
            unusable.append(f"{path} ({reason or type(error).__name__})")
            continue
        digest.update(f"{label}/{path.name}\0{len(data)}\0".encode())
        digest.update(data)
        if digit is not None and digit.is_ambiguous:
            ambiguous[len(images)] = digit
        images.append(as_bytes(digit))
        labels.append(label)
    if unusable:
        more = "" if len(unusable) <= MAX_NAMED else f" and {len(unusable) - MAX_NAMED} more"
        raise DatasetCorrupt(
            f"{len(unusable)} of {len(unusable) + len(labels)} files in {folder} show no digit "
            f"that we can read; mend or remove {', '.join(unusable[:MAX_NAMED])}{more}"
        )
    if not labels:
        raise DatasetCorrupt(f"{folder} holds no pictures; put them into its folders 0 … 9")
    return LabelledDigits(
        np.stack(images), np.array(labels, np.int64), str(folder), digest.hexdigest(), ambiguous
    )


def _check_classes(folder: Path) -> None:
    if not folder.is_dir():
        raise DatasetCorrupt(f"{folder} is no folder; expected one with the folders 0 … 9")
    missing = [str(label) for label in range(10) if not (folder / str(label)).is_dir()]
    if len(missing) == 10:
        raise DatasetCorrupt(f"{folder} holds none of the folders 0 … 9 with pictures of digits")
    if missing:
        raise DatasetCorrupt(
            f"{folder} has no folder for {', '.join(missing)}; if there are none of these on "
            "purpose, say so with an empty folder"
        )


def _pictures(folder: Path) -> Iterator[tuple[int, Path]]:
    """Yield (label, path) of every file, sorted; hidden ones are the operating system's."""
    for label in range(10):
        for path in sorted((folder / str(label)).rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if path.is_file() and not hidden and path.name != "Thumbs.db":
                yield label, path
