"""The pictures that arguments name: files, folders, globs, standard input; pages of a TIFF."""

from __future__ import annotations

import glob
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digit_ocr.errors import DigitOcrError, ImageNotReadable

if TYPE_CHECKING:
    from PIL import Image

IMAGE_SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"),
    *(".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"),
)
DRAWING_SUFFIX = ".annotated.png"
"""Of what `read --annotate` saves; in a folder it is no picture to read."""
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
        return message if message.startswith(self.file) else f"{self.name}: {message}"


def find_pictures(arguments: Iterable[str], recursive: bool = False) -> list[Picture]:
    """Return what the arguments name, in order; what names nothing is a `Picture` with an error."""
    pictures: list[Picture] = []
    for argument in arguments:
        try:
            pictures += _named_by(argument, recursive)
        except OSError as error:
            pictures.append(_missing(argument, error.strerror or str(error)))
    return pictures


def _named_by(argument: str, recursive: bool) -> list[Picture]:
    path = Path(argument)
    if argument == STANDARD_INPUT:
        if sys.stdin is None:
            return [_missing(STANDARD_INPUT, "there is no standard input")]
        return [Picture(STANDARD_INPUT, sys.stdin.buffer.read())]
    if path.is_dir():
        return _in_folder(argument, recursive)
    if glob.has_magic(argument) and not path.exists():
        return _in_glob(argument, recursive)
    # Always tried, whatever its suffix: if it is no picture, reading says why.
    return [Picture(argument, argument)]


def _in_folder(folder: str, recursive: bool) -> list[Picture]:
    files: list[str] = []
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        files += [str(Path(place) / name) for name in names if _is_picture_name(name)]
    pictures = [Picture(file, file) for file in sorted(files) if _is(Path.is_file, file)]
    missing = [_missing(error.filename, error.strerror or str(error)) for error in closed]
    if not pictures and not missing:
        hint = "" if recursive else " (--recursive looks into its folders too)"
        return [_missing(folder, f"the folder holds no pictures{hint}")]
    return [*pictures, *missing]


def _is_picture_name(name: str) -> bool:
    is_own_drawing = name.endswith(DRAWING_SUFFIX)
    is_hidden = name.startswith(".")
    return Path(name).suffix.lower() in IMAGE_SUFFIXES and not is_hidden and not is_own_drawing


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
    for picture in map(_kept, pictures):
        if _head(picture.source).startswith(TIFF_SIGNATURES):
            yield from _pages(picture)
        else:
            yield picture


def _kept(picture: Picture) -> Picture:
    """Return a picture that comes through a pipe with its bytes: they come but once."""
    source = picture.source
    if isinstance(source, str) and _is(Path.is_fifo, source):
        return replace(picture, source=Path(source).read_bytes())
    return picture


def _head(source: Any) -> bytes:
    """Return the first bytes of a file or of what was read of one."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, str) and _is(Path.is_file, source):
        with suppress(OSError), Path(source).open("rb") as file:
            return file.read(4)
    return b""


def _is(kind: Callable[[Path], bool], name: str) -> bool:
    """Return whether the name is of that kind; what may not be looked at is none."""
    try:
        return kind(Path(name))
    except (OSError, ValueError):
        return False


def _pages(picture: Picture) -> Iterator[Picture]:
    from digit_ocr.imaging.decode import open_pages

    try:
        pages = open_pages(picture.source)  # type: ignore[arg-type]
        page: Image.Image | DigitOcrError | None = next(pages)
        following = next(pages, None)
        if following is None:
            yield _as_picture(picture.file, page, None)
            return
        number = 1
        while page is not None:
            yield _as_picture(picture.file, page, number)
            page, following, number = following, next(pages, None), number + 1
    except DigitOcrError as error:
        yield Picture(picture.file, error=error)


def _as_picture(file: str, page: Image.Image | DigitOcrError | None, number: int | None) -> Picture:
    if isinstance(page, DigitOcrError):
        return Picture(file, page=number, error=page)
    return Picture(file, page, number)


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
