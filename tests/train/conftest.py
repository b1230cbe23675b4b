"""A data set of a few digits, and a recipe for it."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.train.recipe import load_recipe


@pytest.fixture(scope="session")
def digits_csv(tmp_path_factory):
    """120 pictures of ten bars, each at its own height: quickly learned, offline."""
    generator = np.random.default_rng(0)
    rows = ["label," + ",".join(f"pixel{i}" for i in range(784))]
    for number in range(120):
        label = number % 10
        image = np.zeros((28, 28), np.uint8)
        image[4:24, 4:8] = 255
        image[4 + 2 * label : 6 + 2 * label, 8:24] = generator.integers(180, 255)
        rows.append(",".join(map(str, [label, *image.ravel()])))
    path = tmp_path_factory.mktemp("data") / "digits.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def recipe():
    original = load_recipe("original")
    small = original.model_dump() | {"epochs": 4, "data": {"validation": 20}}
    return original.model_validate(small).override(batch_size=16)
