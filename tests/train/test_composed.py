"""Composed pictures of a run: made once, of digits and fonts that validation does not share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from digit_ocr.data.labelled_digits import LabelledDigits
from digit_ocr.errors import RecipeInvalid
from digit_ocr.synthesis import fetched_fonts, pool
from digit_ocr.synthesis.fonts import TRAINING_FONTS
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.train import composed, digit_task
from digit_ocr.train.fit import make_task
from digit_ocr.train.recipe import Recipe, load_recipe

DIGITS = LabelledDigits(
    images=np.repeat(np.arange(100, dtype=np.uint8), 784).reshape(100, 28, 28),
    labels=np.arange(100) % 10,
    source="a hundred pictures, each of its own grey",
    sha256="0" * 64,
)


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int, GlyphSource]]:
    """What was asked of the pool; nothing is composed."""
    asked: list[tuple[str, int, int, GlyphSource]] = []

    def make_pool(kind: str, count: int, seed: int, source: GlyphSource) -> dict[str, Any]:
        asked.append((kind, count, seed, source))
        return {"images": np.zeros((count, 28, 28), np.uint8), "labels": np.arange(count) + 7}

    monkeypatch.setattr(pool, "make_pool", make_pool)
    for module in (composed, digit_task):
        monkeypatch.setattr(module, "load_digits", lambda *_, **__: DIGITS)
    return asked


def recipe(name: str, **data: int) -> Recipe:
    values = load_recipe(name).model_dump()
    return Recipe.model_validate(values | {"data": {"validation": 20, "split_seed": 3, **data}})


@pytest.mark.parametrize(("name", "kind"), [("numbers", "numbers"), ("pages", "pages")])
def test_training_and_validation_share_neither_digits_nor_fonts(
    name: str, kind: str, made: list[tuple[str, int, int, GlyphSource]]
) -> None:
    splits = make_task(recipe(name, composed=6, composed_validation=2)).load("mnist", None)

    train, validation = made
    assert train[:3] == (kind, 6, 6)
    assert validation[:3] == (kind, 2, 7)
    greys = [set(np.unique(source.images).tolist()) for *_, source in (train, validation)]
    assert [len(grey) for grey in greys] == [80, 20]
    assert greys[0].isdisjoint(greys[1])
    assert [source.held_back for *_, source in (train, validation)] == [False, True]
    counts = [len(part["images"]) for part in (splits.train, splits.validation, splits.test)]
    assert counts == [6, 2, 0]


@pytest.mark.parametrize("fonts", ["hands", "prints"])
def test_fonts_that_are_there_are_learned_from_not_judged_by_and_noted(
    made: list[tuple[str, int, int, GlyphSource]], monkeypatch: pytest.MonkeyPatch, fonts: str
) -> None:
    notes = []
    for there in ((), TRAINING_FONTS[:2]):
        monkeypatch.setattr(fetched_fonts, f"installed_{fonts}", lambda there=there: there)
        splits = make_task(recipe("numbers", composed=6, composed_validation=2)).load("mnist", None)
        notes.append(splits.record[fonts])

    assert [getattr(source, fonts) for *_, source in made] == [(), (), TRAINING_FONTS[:2], ()]
    assert notes == [0, 2]


def test_another_seed_learns_from_other_pictures_and_is_judged_by_the_same(
    made: list[tuple[str, int, int, GlyphSource]],
) -> None:
    for seed in (0, 1):
        asked = recipe("numbers", composed=6, composed_validation=2)
        make_task(asked.model_copy(update={"seed": seed})).load("mnist", None)

    train, validation, other_train, other_validation = (seed for _, _, seed, _ in made)
    assert other_train != train
    assert other_validation == validation


def test_composed_digits_that_the_network_knows_join_those_of_the_data_set() -> None:
    splits = make_task(recipe("original", composed=5, composed_validation=1)).load("digits", None)

    assert splits.train["labels"][-3:].tolist() == [7, 8, 9]
    assert splits.train["group"].tolist() == [0] * 60 + [1] * 3
    assert splits.validation["group"].tolist() == [0] * 20 + [1]
    assert splits.record["train"] == 63


@pytest.mark.parametrize("name", ["numbers", "pages"])
def test_a_recipe_that_composes_nothing_is_refused(name: str) -> None:
    with pytest.raises(RecipeInvalid, match=r"data\.composed"):
        make_task(recipe(name)).load("mnist", None)


def test_few_digits_give_a_fifth_to_validation() -> None:
    assert composed.validation_count(DIGITS, load_recipe("numbers").data) == 20
