"""Labelled digits by the name that `--data` takes: mnist, a folder or a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from digit_ocr.data.csv_dataset import load_csv
from digit_ocr.data.download import holds_mnist
from digit_ocr.data.folder_dataset import load_folder
from digit_ocr.data.labelled_digits import LabelledDigits
from digit_ocr.data.mnist_dataset import load_mnist
from digit_ocr.errors import DatasetUnavailable

MNIST = "mnist"


def is_mnist(spec: str | Path) -> bool:
    """Whether `spec` names MNIST: "mnist", or a folder that holds its files."""
    return str(spec).lower() == MNIST or holds_mnist(Path(spec))


def load_digits(
    spec: str | Path = MNIST,
    data_folder: str | Path | None = None,
    *,
    part: Literal["train", "test"] = "test",
) -> LabelledDigits:
    """Return the digits that `spec` names: "mnist", a folder 0 … 9 of pictures, or a CSV file.

    `part` chooses MNIST's training or test pictures; own digits come whole, split them yourself.
    To train on, one in which imaging finds no digit is refused; to test by, it is blank.

    Raises: DatasetUnavailable: nothing of that name, or MNIST is out of reach.
        DatasetCorrupt: it is there, but is not what it should be; the message says where.
    """
    path = Path(spec)
    if is_mnist(spec):
        mnist = load_mnist(data_folder if str(spec).lower() == MNIST else path)
        if part == "train":
            return LabelledDigits(
                mnist.train_images, mnist.train_labels, "MNIST training", mnist.sha256
            )
        return LabelledDigits(mnist.test_images, mnist.test_labels, "MNIST test", mnist.sha256)
    if path.is_dir():
        return load_folder(path, blank_if_none=part == "test")
    if path.is_file():
        return load_csv(path, blank_if_none=part == "test")
    labelled = "a folder with a labels.csv, " if part == "test" else ""
    raise DatasetUnavailable(
        f"there is no data {str(spec)!r}; expected `mnist`, a folder with the folders 0 … 9, "
        f"{labelled}or a CSV file"
    )
