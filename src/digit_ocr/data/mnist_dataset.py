"""MNIST: 60,000 training and 10,000 test pictures of handwritten digits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from digit_ocr.data.download import (
    FILES,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    mnist_files,
)
from digit_ocr.data.idx import parse_idx

MNIST_SHA256 = hashlib.sha256("".join(file.sha256 for file in FILES).encode()).hexdigest()
"""One name for the data: the SHA-256 of the four files' SHA-256 in hexadecimal, joined."""


@dataclass(frozen=True, slots=True, eq=False)
class Mnist:
    """All of MNIST.

    Images: (60000 | 10000, 28, 28) uint8, ink 255 on paper 0. Labels: (60000 | 10000,) int64.
    """

    train_images: npt.NDArray[np.uint8]
    train_labels: npt.NDArray[np.int64]
    test_images: npt.NDArray[np.uint8]
    test_labels: npt.NDArray[np.int64]
    sha256: str = MNIST_SHA256


def load_mnist(data_folder: str | Path | None = None) -> Mnist:
    """Return MNIST from the data folder, fetched and verified where it is not there yet.

    Raises: DatasetUnavailable: every source failed; the message names each and its reason.
    """
    files = mnist_files(data_folder)
    arrays = {file: parse_idx(files[file.name], file.name) for file in FILES}
    return Mnist(
        arrays[TRAIN_IMAGES],
        arrays[TRAIN_LABELS].astype(np.int64),
        arrays[TEST_IMAGES],
        arrays[TEST_LABELS].astype(np.int64),
    )
