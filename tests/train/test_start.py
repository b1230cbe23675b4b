"""A run starts from fresh weights, from those of a checkpoint, or from these, made larger."""

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

SMALL_MORE_INPUT: list[tuple[str, dict[str, Any], dict[str, Any], tuple[int, ...]]] = [
    ("page_net", {"width": 8, "blocks": [1, 2]}, {"blocks": [1, 3]}, (2, 1, 32, 64)),
    ("page_net", {"width": 8}, {"blocks": [3, 5]}, (2, 1, 32, 64)),
    ("page_net", {"width": 8}, {"width": 12, "blocks": [3, 5]}, (2, 1, 32, 64)),
    ("number_net", {}, {"channels": [16, 32, 48, 128], "context_channels": 200}, (2, 1, 32, 64)),
    ("digit_net", {}, {"widths": [32, 64, 160], "hidden": 200}, (2, 1, 28, 28)),
]


def trained(architecture: str, options: dict[str, Any]) -> nn.Module:
    """Return a network whose norms have seen something."""
    torch.manual_seed(3)
    model = MODELS[architecture](**options)
    for layer in model.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.running_mean)  # type: ignore[arg-type]
    return model.eval()


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


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


@pytest.mark.parametrize(("architecture", "options", "more", "shape"), SMALL_MORE_INPUT)
def test_a_larger_network_starts_where_the_checkpoint_ended(
    tmp_path, architecture, options, more, shape
) -> None:
    path, small = saved(tmp_path, architecture, options)
    recipe, model, temperature = start_from(path, recipe_of(architecture, options | more))
    assert recipe.model.options == options | more
    assert temperature == 1.3
    assert parameters(model) > parameters(small)
    images = torch.rand(shape)
    with torch.no_grad():
        torch.testing.assert_close(model.eval()(images), small(images))


@pytest.mark.parametrize(("architecture", "options", "more", "shape"), SMALL_MORE_INPUT)
def test_what_begins_as_nothing_learns(tmp_path, architecture, options, more, shape) -> None:
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


@pytest.mark.parametrize(
    ("its_own", "wanted"),
    [
        pytest.param({"width": 16}, {"width": 8, "blocks": [3, 5]}, id="narrower, deeper"),
        pytest.param({"width": 8, "blocks": [3, 5]}, {"width": 16}, id="wider, shallower"),
        pytest.param({"width": 8, "blocks": [3, 5]}, {"width": 8}, id="shallower"),
    ],
)
def test_a_network_that_is_smaller_anywhere_is_trained_as_the_checkpoint_has_it(
    tmp_path, its_own, wanted
) -> None:
    path, start = saved(tmp_path, "page_net", its_own)
    recipe, model, _ = start_from(path, recipe_of("page_net", wanted))
    assert recipe.model.options == its_own
    assert model.state_dict().keys() == start.state_dict().keys()


def test_a_network_that_knows_fewer_classes_is_not_given_more(tmp_path) -> None:
    path, _ = saved(tmp_path, "digit_net", {"classes": 10})
    recipe, _, _ = start_from(path, recipe_of("digit_net", {"classes": 11}))
    assert recipe.model.options == {"classes": 10}
