"""Recipes say everything that decides a run, and refuse what they do not know."""

from __future__ import annotations

import tomllib

import pytest
import torch

from digit_ocr.errors import RecipeInvalid
from digit_ocr.train.fit import make_task
from digit_ocr.train.recipe import Optimizer, load_recipe, parse_recipe, shipped_recipes
from digit_ocr.train.schedule import make_optimizer
from digit_ocr.train.start import build_model

MINIMAL = {"name": "mine", "model": {"architecture": "simple_cnn"}}


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_every_shipped_recipe_names_a_network_that_can_be_built_and_a_task(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert sum(p.numel() for p in build_model(recipe).parameters()) > 1000
    assert make_task(recipe).kind == recipe.kind


def test_an_unknown_key_is_refused_and_the_near_one_suggested() -> None:
    with pytest.raises(RecipeInvalid, match=r"'optimizer\.learning_rat'.*'learning_rate'"):
        parse_recipe({**MINIMAL, "optimizer": {"learning_rat": 0.1}}, "mine.toml")


def test_a_wrong_type_is_refused_by_name() -> None:
    with pytest.raises(RecipeInvalid, match="epochs"):
        parse_recipe({**MINIMAL, "epochs": "3"}, "mine.toml")


def test_an_impossible_value_is_refused_by_name() -> None:
    with pytest.raises(RecipeInvalid, match=r"optimizer\.batch_size"):
        parse_recipe({**MINIMAL, "optimizer": {"batch_size": 0}}, "mine.toml")


@pytest.mark.parametrize(
    ("kind", "given", "named"),
    [
        ("page", {"augment": {"blur": 0.1}}, "augment"),
        ("number", {"augment": {"rotation_degrees": 5.0}}, r"augment\.rotation_degrees"),
        ("number", {"data": {"repeat": 2}}, r"data\.repeat"),
        ("page", {"optimizer": {"label_smoothing": 0.1}}, r"optimizer\.label_smoothing"),
    ],
)
def test_a_key_that_does_nothing_for_its_kind_is_refused(kind, given, named) -> None:
    with pytest.raises(RecipeInvalid, match=f"mine.toml: {named} has no effect on a {kind}"):
        parse_recipe({**MINIMAL, "kind": kind, **given}, "mine.toml")
    parse_recipe({**MINIMAL, **given}, "mine.toml")


def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(RecipeInvalid, match=r"broken\.toml is no TOML"):
        load_recipe(str(path))


def test_a_missing_recipe_names_those_that_ship() -> None:
    with pytest.raises(RecipeInvalid, match="original"):
        load_recipe("nonsense")


def test_an_unknown_network_names_those_there_are() -> None:
    recipe = parse_recipe({"name": "x", "model": {"architecture": "resnet50"}}, "x")
    with pytest.raises(RecipeInvalid, match="simple_cnn"):
        build_model(recipe)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "page"}, "digit_net reads a digit, not a page"),
        ({"model": {"architecture": "digit_net", "options": {"classes": 5}}}, "10 or 11"),
        ({"model": {"architecture": "digit_net", "options": {"classes": 12}}}, "10 or 11"),
        (
            {"model": {"architecture": "digit_net", "options": {"widths": [-4, 8, 8]}}},
            "model.options: ",
        ),
    ],
)
def test_a_network_that_cannot_learn_the_task_is_refused(changes, named: str) -> None:
    recipe = parse_recipe(
        {"name": "mine", "model": {"architecture": "digit_net"}} | changes, "mine.toml"
    )
    with pytest.raises(RecipeInvalid, match=named) as refused:
        build_model(recipe)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\nb", ".hidden"])
def test_a_name_that_is_no_folders_is_refused(name: str) -> None:
    with pytest.raises(RecipeInvalid, match="name: "):
        parse_recipe({"name": name, "model": {"architecture": "digit_net"}}, "mine.toml")


def test_momentum_is_nesterovs_where_there_is_any() -> None:
    model = torch.nn.Linear(2, 2)
    for momentum in (0.0, 0.9):
        made = make_optimizer(Optimizer(name="sgd", momentum=momentum), model)
        assert made.defaults["nesterov"] == (momentum > 0)


def test_options_that_the_network_does_not_take_are_refused() -> None:
    model = {"architecture": "simple_cnn", "options": {"depth": 3}}
    with pytest.raises(RecipeInvalid, match="depth"):
        build_model(parse_recipe({"name": "x", "model": model}, "x"))


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_a_resolved_recipe_read_back_is_the_same_recipe(name: str) -> None:
    recipe = load_recipe(name)
    assert parse_recipe(tomllib.loads(recipe.to_toml()), "resolved") == recipe


def test_flags_override_the_recipe_and_none_changes_nothing() -> None:
    recipe = load_recipe("original")
    changed = recipe.override(epochs=7, learning_rate=0.5, batch_size=None)
    assert (changed.epochs, changed.optimizer.learning_rate) == (7, 0.5)
    assert changed.optimizer.batch_size == recipe.optimizer.batch_size
    assert recipe.epochs == 3
