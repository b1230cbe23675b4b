"""The network that a run starts with: fresh, as a checkpoint has it, or that made larger."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from digit_ocr.errors import CheckpointIncompatible, RecipeInvalid
from digit_ocr.inference.load import shipped_weights
from digit_ocr.inference.number_line import CLASSES
from digit_ocr.inference.torch_runtime import load_checkpoint
from digit_ocr.models import KINDS, MODELS
from digit_ocr.models.layers import Block
from digit_ocr.train.recipe import Recipe
from digit_ocr.train.run_folder import BEST

CLASS_COUNTS = {"digit": (10, 11), "number": (len(CLASSES),), "page": ()}
"""How many classes a network may have; of digits there may be one more, for none."""


def build_model(recipe: Recipe) -> nn.Module:
    """Return the recipe's network with fresh weights.

    Raises: RecipeInvalid: no such architecture, or options that it does not take.
    """
    name = recipe.model.architecture
    if name not in MODELS:
        raise RecipeInvalid(f"model.architecture: no {name!r}; one of {', '.join(MODELS)}")
    if KINDS[name] != recipe.kind:
        raise RecipeInvalid(f"kind: {name} reads a {KINDS[name]}, not a {recipe.kind}")
    classes = recipe.model.options.get("classes")
    if classes is not None and classes not in CLASS_COUNTS[recipe.kind]:
        known = " or ".join(map(str, CLASS_COUNTS[recipe.kind]))
        raise RecipeInvalid(
            f"model.options.classes: {classes}; a {recipe.kind} network has {known}"
        )
    try:
        return MODELS[name](**recipe.model.options)
    except (TypeError, ValueError, RuntimeError) as error:
        raise RecipeInvalid(f"model.options: {str(error).splitlines()[0]}") from error


def start_from(init: str, recipe: Recipe) -> tuple[Recipe, nn.Module, float]:
    """Return the recipe as it trains what `init` holds, that network, and its temperature.

    `init` is "shipped", a checkpoint, or a run's folder with its best one. Its architecture
    replaces the recipe's, unless that is the same with more blocks or channels.

    Raises: CheckpointIncompatible: it reads something else. ModelNotUsable: it is none.
    """
    path = shipped_weights(recipe.kind, ".safetensors") if init == "shipped" else Path(init)
    if path.is_dir():
        path = path / BEST
    start, metadata = load_checkpoint(path)
    if metadata.kind != recipe.kind:
        raise CheckpointIncompatible(
            f"the checkpoint reads a {metadata.kind}, the recipe {recipe.name} a {recipe.kind}"
        )
    if metadata.architecture == recipe.model.architecture:
        model = build_model(recipe)
        if grow(model, start):
            return recipe, model, metadata.temperature
    its_own = {"architecture": metadata.architecture, "options": metadata.options}
    recipe = recipe.model_validate(recipe.model_dump() | {"model": its_own})
    return recipe, start, metadata.temperature


def grow(model: nn.Module, start: nn.Module) -> bool:
    """Give a model the weights of a smaller one, and return whether it is that and more of it.

    It starts where the smaller one ended (Chen et al. 2015, "Net2Net: Accelerating Learning via
    Knowledge Transfer"): further blocks begin as the identity, and nothing that was there before
    listens to further channels yet.
    """
    weights, given = model.state_dict(), start.state_dict()
    new = {
        name: layer
        for name, layer in model.named_modules()
        if isinstance(layer, Block) and not any(key.startswith(f"{name}.") for key in given)
    }
    inherited = {key for key in weights if not any(key.startswith(f"{name}.") for name in new)}
    if inherited != given.keys() or not all(_fits(weights[key], given[key]) for key in given):
        return False
    *_, head = given
    if given[head].shape != weights[head].shape:  # Other classes are another task.
        return False
    if not new and all(weights[key].shape == given[key].shape for key in given):
        return False
    for key, small in given.items():
        large = weights[key]
        if large.ndim > 1:
            large[: small.shape[0], small.shape[1] :] = 0
        large[tuple(slice(size) for size in small.shape)] = small
    model.load_state_dict(weights)
    for layer in new.values():
        layer.begin_as_identity()
    return True


def _fits(large: Tensor, small: Tensor) -> bool:
    """Return whether one tensor is the other with no fewer channels."""
    if large.ndim != small.ndim or large.shape[2:] != small.shape[2:]:
        return False
    return all(a >= b for a, b in zip(large.shape[:2], small.shape[:2], strict=True))
