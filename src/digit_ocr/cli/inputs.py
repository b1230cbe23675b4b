"""The pictures that arguments name: files, folders, globs, standard input; pages of a TIFF."""

from __future__ import annotations

import glob
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digit_ocr.errors import DigitOcrError, ImageNotReadable

if TYPE_CHECKING:
    from PIL import Image

IMAGE_SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"),
    *(".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"),
)
TIFF_SUFFIXES = (".tif", ".tiff")
TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to read, or why there is none. `page` counts from 1 where there are several."""

    file: str
    source: str | bytes | Image.Image | None = None
    page: int | None = None
    error: DigitOcrError | None = None

    @property
    def name(self) -> str:
        """How output names the picture, such as `scan.tif#2`."""
        return self.file if self.page is None else f"{self.file}#{self.page}"

    def explain(self, error: Exception) -> str:
        """Return the error's message, led by the picture's name where it does not say it."""
        message = str(error)
        return message if self.file in message else f"{self.name}: {message}"


def find_pictures(arguments: Iterable[str], recursive: bool = False) -> list[Picture]:
    """Return what the arguments name, in order; what names nothing is a `Picture` with an error."""
    pictures: list[Picture] = []
    for argument in arguments:
        if argument == STANDARD_INPUT:
            pictures.append(Picture(STANDARD_INPUT, sys.stdin.buffer.read()))
        elif Path(argument).is_dir():
            pictures += _in_folder(argument, recursive)
        elif glob.has_magic(argument) and not Path(argument).exists():
            pictures += _in_glob(argument, recursive)
        else:
            # Always tried, whatever its suffix: if it is no picture, reading says why.
            pictures.append(Picture(argument, argument))
    return pictures


def _in_folder(folder: str, recursive: bool) -> list[Picture]:
    paths = Path(folder).rglob("*") if recursive else Path(folder).iterdir()
    try:
        files = sorted(
            str(path)
            for path in paths
            if path.suffix.lower() in IMAGE_SUFFIXES
            and not path.name.startswith(".")
            and path.is_file()
        )
    except OSError as error:
        return [_missing(folder, error.strerror or str(error))]
    if not files:
        hint = "" if recursive else " (--recursive looks into its folders too)"
        return [_missing(folder, f"the folder holds no pictures{hint}")]
    return [Picture(file, file) for file in files]


def _in_glob(pattern: str, recursive: bool) -> list[Picture]:
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207
    if not found:
        return [_missing(pattern, "no file matches")]
    pictures: list[Picture] = []
    for name in found:
        pictures += _in_folder(name, recursive) if Path(name).is_dir() else [Picture(name, name)]
    return pictures


def _missing(name: str, reason: str) -> Picture:
    return Picture(name, error=ImageNotReadable(f"{name}: {reason}"))


def with_pages(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Yield the pictures, each page of a multi-page TIFF as a picture of its own."""
    for picture in pictures:
        if _may_have_pages(picture.source):
            yield from _pages(picture)
        else:
            yield picture


def _may_have_pages(source: Any) -> bool:
    if isinstance(source, bytes):
        return source.startswith(TIFF_SIGNATURES)
    return isinstance(source, str) and Path(source).suffix.lower() in TIFF_SUFFIXES


def _pages(picture: Picture) -> Iterator[Picture]:
    from digit_ocr.imaging.decode import open_pages

    pages = enumerate(open_pages(picture.source), start=1)  # type: ignore[arg-type]
    number = 0
    try:
        number, first = next(pages)
        rest = next(pages, None)
        if rest is None:
            yield Picture(picture.file, first)
            return
        yield Picture(picture.file, first, number)
        while rest is not None:
            number, page = rest
            yield Picture(picture.file, page, number)
            rest = next(pages, None)
    except DigitOcrError as error:
        yield Picture(picture.file, page=number + 1 if number else None, error=error)


def in_order(
    pictures: Iterable[Picture], read_many: Callable[[Iterator[Any]], Iterable[Any]]
) -> Iterator[tuple[Picture, Any]]:
    """Yield each picture with its result or its error, in order.

    `read_many` turns sources into results one for one; pictures that have no source pass it by.
    """
    waiting: deque[Picture] = deque()

    def sources() -> Iterator[Any]:
        for picture in pictures:
            waiting.append(picture)
            if picture.error is None:
                yield picture.source

    for result in read_many(sources()):
        while waiting[0].error is not None:
            failed = waiting.popleft()
            yield failed, failed.error
        yield waiting.popleft(), result
    for failed in waiting:
        yield failed, failed.error
