"""A run starts from fresh weights, from those of a checkpoint, or from these and more blocks."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from digit_ocr.inference.metadata import ModelMetadata
from digit_ocr.models import MODELS
from digit_ocr.train.checkpoint import save_model
from digit_ocr.train.recipe import Recipe, parse_recipe
from digit_ocr.train.start import start_from

SHALLOW_DEEP_INPUT: list[tuple[str, dict[str, Any], dict[str, Any], tuple[int, ...]]] = [
    ("page_net", {"width": 8, "blocks": [1, 2]}, {"blocks": [1, 3]}, (2, 1, 32, 64)),
    ("page_net", {"width": 8}, {"blocks": [3, 5]}, (2, 1, 32, 64)),
]


def trained(architecture: str, options: dict[str, Any]) -> nn.Module:
    """Return a network whose norms have seen something."""
    torch.manual_seed(3)
    model = MODELS[architecture](**options)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.running_mean)  # type: ignore[arg-type]
    return model.eval()


def recipe_of(architecture: str, options: dict[str, Any]) -> Recipe:
    kind = architecture.removesuffix("_net")
    model = {"architecture": architecture, "options": options}
    return parse_recipe({"name": "mine", "kind": kind, "model": model}, "mine.toml")


def saved(folder, architecture: str, options: dict[str, Any]) -> tuple[str, nn.Module]:
    model = trained(architecture, options)
    kind = architecture.removesuffix("_net")
    metadata = ModelMetadata(
        kind=kind, architecture=architecture, options=options, recipe="mine", temperature=1.3
    )
    save_model(folder / "start.safetensors", model, metadata)
    return str(folder / "start.safetensors"), model


@pytest.mark.parametrize(("architecture", "options", "more", "shape"), SHALLOW_DEEP_INPUT)
def test_a_recipe_of_more_blocks_starts_where_the_checkpoint_ended(
    tmp_path, architecture, options, more, shape
) -> None:
    path, shallow = saved(tmp_path, architecture, options)
    recipe, model, temperature = start_from(path, recipe_of(architecture, options | more))
    assert recipe.model.options == options | more
    assert temperature == 1.3
    assert len(model.state_dict()) > len(shallow.state_dict())
    images = torch.rand(shape)
    with torch.no_grad():
        torch.testing.assert_close(model.eval()(images), shallow(images))


@pytest.mark.parametrize(("architecture", "options", "more", "shape"), SHALLOW_DEEP_INPUT)
def test_blocks_that_begin_as_nothing_learn(tmp_path, architecture, options, more, shape) -> None:
    path, _ = saved(tmp_path, architecture, options)
    _, model, _ = start_from(path, recipe_of(architecture, options | more))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    before = {name: value.clone() for name, value in model.named_parameters()}
    for _ in range(2):
        optimizer.zero_grad()
        model.train()(torch.rand(shape)).square().mean().backward()
        optimizer.step()
    for name, value in model.named_parameters():
        assert not torch.equal(value, before[name]), name


def test_another_shape_than_the_recipe_has_is_trained_as_it_is(tmp_path) -> None:
    path, narrow = saved(tmp_path, "page_net", {"width": 8})
    recipe, model, _ = start_from(path, recipe_of("page_net", {"width": 16, "blocks": [3, 5]}))
    assert recipe.model.options == {"width": 8}
    assert model.state_dict().keys() == narrow.state_dict().keys()


def test_a_recipe_of_fewer_blocks_trains_all_that_the_checkpoint_has(tmp_path) -> None:
    path, _ = saved(tmp_path, "page_net", {"width": 8, "blocks": [3, 5]})
    recipe, _, _ = start_from(path, recipe_of("page_net", {"width": 8}))
    assert recipe.model.options["blocks"] == [3, 5]
