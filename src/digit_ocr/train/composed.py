"""Composed pictures: those to train on and those to judge by, from digits of different writers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch

from digit_ocr.data.digits import load_digits
from digit_ocr.data.labelled_digits import LabelledDigits
from digit_ocr.data.splits import Indices, stratified_split
from digit_ocr.errors import RecipeInvalid
from digit_ocr.train.recipe import Data, Recipe
from digit_ocr.train.task import Batch, Splits

logger = logging.getLogger(__name__)

Arrays = dict[str, npt.NDArray[Any]]


def load_composed(kind: str, recipe: Recipe, data: str, data_folder: Path | None) -> Splits:
    """Return composed pictures alone: `kind` is numbers or pages, nothing is left for a test.

    Raises: RecipeInvalid: the recipe asks for none.
    """
    counts = (recipe.data.composed, recipe.data.composed_validation)
    if 0 in counts:
        raise RecipeInvalid(
            f"{recipe.name}: data.composed and data.composed_validation are {counts[0]} and "
            f"{counts[1]}; a {recipe.kind} is learned from composed pictures, ask for some of both"
        )
    digits = load_digits(data, data_folder, part="train")
    parts = stratified_split(
        digits.labels, validation_count(digits, recipe.data), recipe.data.split_seed
    )
    train, validation = (
        _tensors(compose(kind, recipe, digits, part, for_validation=held, held_back_fonts=held))
        for part, held in zip(parts, (False, True), strict=True)
    )
    empty = {name: tensor[:0] for name, tensor in validation.items()}
    return Splits(train, validation, empty, digits.sha256, record_of(digits, recipe))


def compose(
    kind: str,
    recipe: Recipe,
    digits: LabelledDigits,
    part: Indices,
    *,
    for_validation: bool,
    held_back_fonts: bool,
) -> Arrays:
    """Return the recipe's composed pictures of a kind, made of the digits at the indices `part`.

    The kinds and their arrays are those of `synthesis.pool`. `held_back_fonts` takes the fonts and
    letters that nothing else is trained on. Of another `recipe.seed`, other pictures to learn from,
    the same to judge by.
    """
    # The slowest import of training, which a recipe without composed pictures does not need.
    from digit_ocr.synthesis.fetched_fonts import installed_hands, installed_prints
    from digit_ocr.synthesis.glyphs import GlyphSource
    from digit_ocr.synthesis.pool import make_pool

    data = recipe.data
    count = data.composed_validation if for_validation else data.composed
    seed = data.split_seed * 2 + for_validation
    if not for_validation:
        seed += recipe.seed << 32
    fetched = ((), ()) if held_back_fonts else (installed_hands(), installed_prints())
    if not all(fetched) and not held_back_fonts:
        logger.warning("learning without some fonts, get them by: digit-ocr data fetch fonts")
    source = GlyphSource(digits.images[part], digits.labels[part], held_back_fonts, *fetched)
    return make_pool(kind, count, seed, source)


def _tensors(arrays: Arrays) -> Batch:
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def validation_count(digits: LabelledDigits, recipe: Data) -> int:
    """Return how many digits are held back: what the recipe says, a fifth of few."""
    return min(recipe.validation, len(digits) // 5)


def record_of(digits: LabelledDigits, recipe: Recipe) -> dict[str, Any]:
    """Return what a run notes about the digits that it was made of."""
    record = {
        "source": digits.source,
        "sha256": digits.sha256,
        "split_seed": recipe.data.split_seed,
        "composed": recipe.data.composed,
        "composed_validation": recipe.data.composed_validation,
    }
    if recipe.data.composed:
        from digit_ocr.synthesis.fetched_fonts import installed_hands, installed_prints
        from digit_ocr.synthesis.pool import SYNTHESIS_VERSIONS

        # With other fonts there the same recipe composes other pictures.
        record["hands"] = len(installed_hands())
        record["prints"] = len(installed_prints())
        record["synthesis"] = SYNTHESIS_VERSIONS[f"{recipe.kind}s"]
    return record


def composed_from(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a run's record decides its composed pictures, beside its recipe and data."""
    return {name: record[name] for name in ("hands", "prints", "synthesis") if name in record}
