"""Fonts out of npm packages, by the `npm` that this machine is set up with; it verifies them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from digit_ocr.data.cache import cache_folder, write_atomically
from digit_ocr.errors import DatasetUnavailable

NPM_TIMEOUT_SECONDS = 300.0
AT_ONCE = 4
LICENCE = "LICENSE"


@dataclass(frozen=True, slots=True)
class FontPackage:
    """A package of a registry, and the files of it that are wanted beside its licence."""

    name: str
    version: str
    files: tuple[str, ...]
    licence: str = LICENCE
    """Its file; kept as LICENSE, whatever it is called there."""


def fonts_folder(data_folder: str | os.PathLike[str] | None = None) -> Path:
    """Return where fetched fonts are, each in a folder of its package's name."""
    return cache_folder(data_folder) / "fonts"


def fetch_fonts(packages: Sequence[FontPackage], folder: Path) -> None:
    """Put the fonts and the licence of each package into `folder`, but for what is there already.

    Raises: DatasetUnavailable: no npm, it failed, or a package lacks a font or its licence.
    """
    missing = [package for package in packages if not (folder / package.name / LICENCE).is_file()]
    if not missing:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise DatasetUnavailable("fonts are fetched by npm, which is not on this machine")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda package: _fetch(npm, package, folder / package.name), missing))


def _fetch(npm: str, package: FontPackage, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="digit-ocr-") as place:
        packed = _packed(npm, f"{package.name}@{package.version}", Path(place))
        try:
            with tarfile.open(packed) as archive:
                # The licence last: where it is, all is.
                for file in (*package.files, package.licence):
                    member = archive.extractfile(f"package/{file}")
                    if member is None:
                        raise KeyError(file)
                    kept_as = LICENCE if file == package.licence else file
                    write_atomically(folder / kept_as, member.read())
        except (tarfile.TarError, zlib.error, EOFError, KeyError, OSError) as error:
            raise DatasetUnavailable(f"{package.name} cannot be taken over: {error}") from error


def _packed(npm: str, package: str, folder: Path) -> Path:
    """Return the archive of a package, put into an empty folder."""
    command = [npm, "pack", package, "--silent", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=NPM_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DatasetUnavailable(f"{package}: no answer in {NPM_TIMEOUT_SECONDS:.0f} s") from error
    except OSError as error:
        raise DatasetUnavailable(f"npm does not start: {error}") from error
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        raise DatasetUnavailable(f"npm left no {package} (exit code {done.returncode})")
    return archives[0]
