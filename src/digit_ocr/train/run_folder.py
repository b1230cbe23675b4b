"""A run's folder: which one a run writes, and what lies in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from digit_ocr.errors import DigitOcrError, ModelNotUsable

BEST, LAST, METRICS, RECIPE, SUMMARY = (
    "best.safetensors",
    "last.pt",
    "metrics.jsonl",
    "recipe.toml",
    "result.json",
)


def require_free(folder: Path) -> None:
    """Say that a folder holds a run, before any data is loaded.

    Raises: DigitOcrError: it does.
    """
    if (folder / LAST).exists():
        raise DigitOcrError(
            f"{folder} holds a run already: --resume continues it, another --out starts anew"
        )


def claim_folder(name: str) -> Path:
    """Return the first of runs/NAME, runs/NAME-2 … in which no run has begun, and begin one.

    That is where no recipe is yet: of two runs that start together each has a folder of its own.
    """
    folders = _numbered(name)
    while True:
        folder = next(folders)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            (folder / RECIPE).open("x").close()
        except FileExistsError:
            continue
        return folder


def folder_to_resume(folder: Path | None, name: str) -> Path:
    """Return the folder, or where None that of the last run of this name.

    Raises: ModelNotUsable: no epoch of it has ended, so there is nothing to go on from.
    """
    if folder is None:
        folder = Path("runs") / name
        for following in itertools.takewhile(_has_begun, _numbered(name)):
            folder = following
    if not (folder / LAST).is_file():
        raise ModelNotUsable(f"nothing to resume: {folder / LAST} is missing")
    return folder


def _has_begun(folder: Path) -> bool:
    return (folder / RECIPE).exists()


def _numbered(name: str) -> Iterator[Path]:
    first = Path("runs") / name
    yield first
    for number in itertools.count(2):
        yield first.with_name(f"{name}-{number}")
