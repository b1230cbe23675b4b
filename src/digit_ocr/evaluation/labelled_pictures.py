"""A folder of pictures with a labels.csv: what each picture says, one digit or many."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digit_ocr.data.labelled_digits import LabelledDigits, prepare_all
from digit_ocr.errors import DatasetCorrupt
from digit_ocr.imaging.decode import load_grey

LABELS = "labels.csv"
MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class LabelledPictures:
    """`paths` of pictures and what stands in each: numbers joined by a space, lines by a break."""

    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    source: str
    sha256: str

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def are_digits(self) -> bool:
        """Whether every picture shows just one digit."""
        return all(len(label) == 1 for label in self.labels)


def has_labels(folder: str | Path) -> bool:
    """Whether the folder holds a labels.csv."""
    return (Path(folder) / LABELS).is_file()


def load_labelled_pictures(folder: str | Path) -> LabelledPictures:
    """Return the pictures that labels.csv names in its columns `file` and `label`.

    Files are looked for beside labels.csv, then in `images/`. In a label, anything but a digit
    parts numbers; a line break or `|` parts lines.

    Raises: DatasetCorrupt: a column is missing, no row, a file that is not there, an empty label.
    """
    folder = Path(folder)
    rows = _rows(folder / LABELS)
    paths, labels, missing = [], [], []
    for file, label in rows:
        candidates = (folder / file, folder / "images" / file)
        path = next((candidate for candidate in candidates if candidate.is_file()), None)
        if path is None:
            missing.append(file)
            continue
        paths.append(path)
        labels.append(label)
    if missing:
        more = "" if len(missing) <= MAX_NAMED else f" and {len(missing) - MAX_NAMED} more"
        raise DatasetCorrupt(
            f"{folder / LABELS}: {len(missing)} of {len(rows)} labels match no file: "
            f"{', '.join(missing[:MAX_NAMED])}{more}"
        )
    digest = hashlib.sha256()
    for path, label in zip(paths, labels, strict=True):
        digest.update(f"{path.name}\0{label}\0".encode())
        digest.update(path.read_bytes())
    return LabelledPictures(tuple(paths), tuple(labels), str(folder), digest.hexdigest())


def as_digits(pictures: LabelledPictures) -> LabelledDigits:
    """Return pictures of one digit each in MNIST's form; blank where imaging finds no digit.

    Raises: ImageNotReadable: a file is no picture.
    """
    images, ambiguous = prepare_all(map(load_grey, pictures.paths), len(pictures))
    labels = np.array([int(label) for label in pictures.labels], np.int64)
    return LabelledDigits(images, labels, pictures.source, pictures.sha256, ambiguous)


def normalise(text: str) -> str:
    """Return the numbers of `text`: digits alone, numbers parted by a space, lines by a break."""
    lines = [" ".join(re.findall(r"[0-9]+", line)) for line in re.split(r"[\n|]", text)]
    return "\n".join(line for line in lines if line)


def _rows(path: Path) -> list[tuple[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(text.splitlines(keepends=True))
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetCorrupt(f"{path} cannot be read: {error}") from error
    if not rows:
        raise DatasetCorrupt(f"{path} has no rows; expected file,label and a row for each picture")
    _, first = rows[0]
    if not {"file", "label"} <= set(first):
        columns = ", ".join(str(column) for column in first)
        raise DatasetCorrupt(f"{path} has the columns {columns}; expected file and label")
    pairs = []
    for number, row in rows:
        file, label = (row["file"] or "").strip(), normalise(row["label"] or "")
        if not file or not label:
            what = "label with a digit" if file else "file"
            raise DatasetCorrupt(f"{path}, line {number}: no {what}")
        pairs.append((file, label))
    return pairs
