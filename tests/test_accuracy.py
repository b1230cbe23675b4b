"""The weights that ship, measured again: are they what the model card says, and good enough?"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import digit_ocr
from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.evaluation.calibration import reliability
from digit_ocr.evaluation.digits import answer_digits
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.load import load_model

pytestmark = [pytest.mark.accuracy, pytest.mark.timeout(900)]

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
# A network's rounding differs between processors; a digit or two may fall to the other side.
ROUNDING = 3e-4


@pytest.fixture
def benchmark_digits(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("digits")


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """What the tables of the README and the model card are made from."""
    return json.loads((BENCHMARKS / "results" / "digits.json").read_text(encoding="utf-8"))


def test_the_shipped_weights_are_those_of_the_published_tables(published: dict[str, Any]) -> None:
    assert load_model(kind="digit").metadata.name == published["model"]


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("MNIST test", 0.996),
        ("MNIST test, dark on white", 0.996),
        ("MNIST test, off-centre on a page", 0.994),
        ("MNIST test, in a synthetic photo", 0.99),
    ],
)
def test_mnist_s_test_digits_are_read_as_well_as_published(
    name: str,
    at_least: float,
    mnist: Mnist,
    benchmark_digits: ModuleType,
    published: dict[str, Any],
) -> None:
    rng = np.random.default_rng(benchmark_digits.SEED)
    pictures = [benchmark_digits.DISGUISES[name](image, rng) for image in mnist.test_images]
    answers, _ = benchmark_digits.answer(digit_ocr.load_reader(), pictures)
    accuracy = float((answers == mnist.test_labels).mean())
    assert accuracy == pytest.approx(published["accuracy"][name]["accuracy"], abs=ROUNDING)
    assert accuracy >= at_least


def test_confidence_is_honest_on_mnist_s_test_digits(mnist: Mnist) -> None:
    reader = DigitReader(load_model(kind="digit"))
    answers = answer_digits(reader, mnist.test_images, mnist.test_labels)
    assert reliability(answers.confidences, answers.right).expected_calibration_error <= 0.005


def test_digits_side_by_side_are_read_as_one_number(mnist: Mnist) -> None:
    """300 strings of 4 to 6 test digits, 64 pixels high."""
    rng = np.random.default_rng(5)
    reader = digit_ocr.load_reader()
    right = 0
    for _ in range(300):
        chosen = rng.integers(0, 10_000, rng.integers(4, 7))
        strip = 255 - np.hstack(list(mnist.test_images[chosen])).repeat(2, 0).repeat(2, 1)
        picture = np.pad(strip, ((4, 4), (8, 8)), constant_values=255)
        right += reader.read(picture).text == "".join(map(str, mnist.test_labels[chosen]))
    assert right >= 0.99 * 300


@pytest.mark.parametrize("seed", range(5))
def test_the_original_recipe_reaches_what_the_original_system_did(
    seed: int, tmp_path: Path
) -> None:
    from digit_ocr.train.fit import fit
    from digit_ocr.train.recipe import load_recipe

    recipe = load_recipe("original").override(seed=seed)
    assert fit(recipe, device="cpu", out=tmp_path / "run").test["accuracy"] >= 0.977
