"""The weights that ship, measured again: are they what the model card says, and good enough?"""

from __future__ import annotations

import importlib
import io
import json
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

import digit_ocr
from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.evaluation.calibration import reliability

pytestmark = [pytest.mark.accuracy, pytest.mark.timeout(1800)]

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


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("MNIST test", 0.996),
        ("MNIST test, dark on white", 0.996),
        ("MNIST test, off-centre on a page", 0.994),
        ("MNIST test, in a synthetic photo", 0.99),
        ("MNIST test, cut tight, 16 px high", 0.985),
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


def test_confidence_is_as_honest_as_published(
    mnist: Mnist, benchmark_digits: ModuleType, published: dict[str, Any]
) -> None:
    reader = digit_ocr.load_reader()
    answers, confidences = benchmark_digits.answer(reader, list(mnist.test_images))
    right = answers == mnist.test_labels
    found = answers >= 0
    error = reliability(confidences[found], right[found]).expected_calibration_error
    assert error == pytest.approx(
        published["accuracy"]["MNIST test"]["calibration_error"], abs=3e-4
    )
    assert error <= 0.005


@pytest.fixture
def benchmark_numbers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("number_reading")


def test_numbers_are_read_as_well_as_published(mnist: Mnist, benchmark_numbers: ModuleType) -> None:
    """300 strings of 4 to 6 test digits, 64 pixels high."""
    strings = list(benchmark_numbers.mnist_strings(mnist))
    reader = digit_ocr.load_reader()
    texts = [reader.read(item.picture).text for item in strings]
    published = json.loads((BENCHMARKS / "results" / "numbers.json").read_text(encoding="utf-8"))
    row = published["sets"]["4 to 6 MNIST test digits, 64 px"]
    right = benchmark_numbers.score(strings, texts)["exact_match"]
    assert right == pytest.approx(row["exact_match"], abs=2 / len(strings))


def test_numbers_cut_out_closely_are_read_as_well_as_those_with_paper_around(
    mnist: Mnist, benchmark_numbers: ModuleType
) -> None:
    """The same strings; of a crop as tight as a box around the digits each edge cuts some."""

    def joined_match(pictures: list[Any]) -> float:
        texts = [reader.read(picture).text for picture in pictures]
        return float(benchmark_numbers.score(strings, texts)["joined_match"])

    reader = digit_ocr.load_reader()
    strings = list(benchmark_numbers.mnist_strings(mnist))
    pictures = [item.picture for item in strings]
    close = []
    for picture in pictures:
        rows, columns = ((picture < 128).any(axis=axis).nonzero()[0] for axis in (1, 0))
        close.append(picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    assert joined_match(close) >= joined_match(pictures) - 0.015


@pytest.mark.parametrize("seed", range(5))
def test_the_original_recipe_reaches_what_the_original_system_did(
    seed: int, tmp_path: Path
) -> None:
    from digit_ocr.train.fit import fit
    from digit_ocr.train.recipe import load_recipe

    recipe = load_recipe("original").override(seed=seed)
    assert fit(recipe, device="cpu", out=tmp_path / "run").test["accuracy"] >= 0.977


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_photographed_list_on_its_side_reads_as_it_does_upright(quarter_turns: int) -> None:
    reader = digit_ocr.load_reader()
    sample = resources.files("digit_ocr.service") / "static" / "samples" / "list.jpg"
    upright = np.asarray(Image.open(io.BytesIO(sample.read_bytes())).convert("L"))
    turned = np.ascontiguousarray(np.rot90(upright, quarter_turns))
    assert reader.read(turned).text == reader.read(upright).text


def test_of_printed_pages_whichever_way_up_as_few_numbers_are_reported_as_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pages without a digit in fonts that training never saw."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    pages = list(importlib.import_module("text_pages").printed_pages())
    reader = digit_ocr.load_reader()
    reported = sum(len(reader.read(page).numbers) for page in pages)
    published = json.loads((BENCHMARKS / "results" / "numbers.json").read_text(encoding="utf-8"))
    row = published["sets"]["printed pages without a digit, four ways up"]
    assert len(pages) == row["n"]
    assert reported == pytest.approx(row["reported"], abs=10)
