from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digit_ocr.data.digits import is_mnist, load_digits
from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.errors import DatasetCorrupt, DatasetUnavailable


def test_mnist_gives_the_part_that_is_asked_for(mnist: Mnist) -> None:
    test, train = load_digits("mnist"), load_digits("mnist", part="train")

    assert np.array_equal(test.images, mnist.test_images)
    assert np.array_equal(train.labels, mnist.train_labels)
    assert test.sha256 == train.sha256 == mnist.sha256
    assert test.source != train.source


def test_a_folder_with_mnists_files_is_mnist(
    tmp_path: Path, put: Callable[..., None], contents: dict[str, bytes]
) -> None:
    assert not is_mnist(tmp_path)
    put(tmp_path)
    assert is_mnist(tmp_path)
    assert is_mnist("MNIST")


def test_a_folder_and_a_csv_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DatasetCorrupt, match="folders 0"):
        load_digits(tmp_path)

    (tmp_path / "digits.csv").write_text("1,2,3\n")
    with pytest.raises(DatasetCorrupt, match="columns"):
        load_digits(tmp_path / "digits.csv")


def test_a_name_that_is_nothing_says_what_is_expected() -> None:
    with pytest.raises(DatasetUnavailable, match=r"'minst'.*`mnist`, a folder.*CSV"):
        load_digits("minst")
