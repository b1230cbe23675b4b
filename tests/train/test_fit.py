"""A run: what it leaves, what it resumes, what it survives."""

from __future__ import annotations

import errno
import json
import os

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from digit_ocr.errors import (
    CheckpointIncompatible,
    DigitOcrError,
    ModelNotUsable,
    TrainingDiverged,
)
from digit_ocr.inference.torch_runtime import load_checkpoint
from digit_ocr.train.fit import (
    BEST,
    LAST,
    METRICS,
    RECIPE,
    _Run,
    build_model,
    fit,
    make_task,
    precision_on,
)
from digit_ocr.train.progress import Silent
from digit_ocr.train.recipe import load_recipe


def run(recipe, data, out, **options):
    return fit(recipe, data=data, device="cpu", out=out, **options)


def test_a_run_leaves_its_recipe_metrics_best_and_last_checkpoint(recipe, digits_csv, tmp_path):
    result = run(recipe, digits_csv, tmp_path / "run")
    assert {path.name for path in result.folder.iterdir()} >= {BEST, LAST, METRICS, RECIPE}
    records = [json.loads(line) for line in (result.folder / METRICS).read_text().splitlines()]
    assert [record["epoch"] for record in records] == [1, 2, 3, 4]
    best = max(records, key=lambda record: record["validation"]["accuracy"])
    assert result.best_epoch == best["epoch"]
    assert result.validation["accuracy"] == best["validation"]["accuracy"]
    assert load_recipe(str(result.folder / RECIPE)) == recipe


def test_a_recipe_may_keep_its_last_epoch_instead_of_the_best(recipe, digits_csv, tmp_path):
    falling = recipe.override(learning_rate=1.0, checkpoint="last")
    result = run(falling, digits_csv, tmp_path / "run")
    records = [json.loads(line) for line in (result.folder / METRICS).read_text().splitlines()]
    *before, last = [record["validation"]["accuracy"] for record in records]
    assert max(before) >= last
    assert result.best_epoch == len(records)
    assert result.validation["accuracy"] == last


def test_until_it_ends_such_a_run_keeps_the_best(recipe, digits_csv, tmp_path):
    class StopsAfterThree(Silent):
        def epoch(self, record):
            if record["epoch"] == 3:
                raise KeyboardInterrupt

    falling = recipe.override(learning_rate=1.0, checkpoint="last")
    with pytest.raises(KeyboardInterrupt):
        run(falling, digits_csv, tmp_path / "run", progress=StopsAfterThree())
    records = [json.loads(line) for line in (tmp_path / "run" / METRICS).read_text().splitlines()]
    _, metadata = load_checkpoint(tmp_path / "run" / BEST)
    best = max(record["validation"]["accuracy"] for record in records)
    assert metadata.metrics["accuracy"] == pytest.approx(best, abs=1e-6)


def test_the_test_split_is_counted_once_each(recipe, digits_csv, tmp_path):
    result = run(recipe, digits_csv, tmp_path / "run")
    confusion = np.array(result.confusion)
    assert confusion.shape == (10, 10)
    assert confusion.sum() == 20
    assert result.test["accuracy"] == confusion.trace() / 20


def test_the_best_checkpoint_knows_what_inference_needs(recipe, digits_csv, tmp_path):
    result = run(recipe, digits_csv, tmp_path / "run")
    _, metadata = load_checkpoint(result.best)
    assert metadata.kind == "digit"
    assert metadata.architecture == "simple_cnn"
    assert metadata.classes == tuple("0123456789")
    assert metadata.preprocessing["size"] == 28
    assert metadata.metrics["accuracy"] == pytest.approx(result.validation["accuracy"], abs=1e-6)
    assert len(metadata.data_sha256) == 64
    assert metadata.temperature > 0


def test_the_plain_state_dict_loads_into_somebody_elses_simple_cnn(recipe, digits_csv, tmp_path):
    class Theirs(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.fc1 = nn.Conv2d(1, 16, 3, padding=1), nn.Linear(3136, 10)

        def forward(self, x):
            return self.fc1(nn.functional.max_pool2d(self.conv1(x).relu(), 2).flatten(1))

    path = tmp_path / "models" / "best_model.pth"
    result = run(recipe, digits_csv, tmp_path / "run", state_dict_path=path)
    theirs = Theirs()
    theirs.load_state_dict(torch.load(path, weights_only=True))
    ours, _ = load_checkpoint(result.best)
    images = torch.rand(4, 1, 28, 28)
    assert torch.allclose(theirs(images), ours(images), atol=1e-6)


@pytest.mark.parametrize("name", ["original", "fast"])
def test_a_resumed_run_reaches_the_same_weights_as_an_uninterrupted_one(name, digits_csv, tmp_path):
    base = load_recipe(name)
    values = base.model_dump() | {"epochs": 4, "data": {"validation": 20}}
    values["optimizer"] |= {"batch_size": 16, "ema_decay": 0.9}
    recipe = base.model_validate(values)

    class StopsAfterTwo(Silent):
        def epoch(self, record):
            if record["epoch"] == 2:
                raise KeyboardInterrupt

    whole = run(recipe, digits_csv, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(recipe, digits_csv, tmp_path / "parted", progress=StopsAfterTwo())
    run(recipe, digits_csv, tmp_path / "parted", resume=True)
    first = torch.load(whole.folder / LAST, weights_only=True)
    second = torch.load(tmp_path / "parted" / LAST, weights_only=True)
    assert first["model"].keys() == second["model"].keys()
    for tensors in ("model", "averaged"):
        assert all(torch.equal(first[tensors][key], second[tensors][key]) for key in first[tensors])
    assert len((tmp_path / "parted" / METRICS).read_text().splitlines()) == 4


def test_processes_of_a_resumed_run_vary_pictures_each_in_its_own_way(
    recipe, digits_csv, tmp_path, monkeypatch
):
    run(recipe.override(epochs=1), digits_csv, tmp_path / "run")

    def resumed(rank):
        monkeypatch.setattr(Fabric, "global_rank", rank)
        task, model = make_task(recipe), build_model(recipe)
        process = _Run(Fabric(accelerator="cpu"), recipe, task, model, tmp_path / "run", Silent())
        process._restore()
        return torch.rand(4, generator=process.augmentation)

    assert torch.equal(resumed(1), resumed(1))
    assert not torch.equal(resumed(0), resumed(1))
    assert not torch.equal(resumed(1), resumed(2))


def test_a_run_is_never_overwritten(recipe, digits_csv, tmp_path):
    run(recipe.override(epochs=1), digits_csv, tmp_path / "run")
    before = (tmp_path / "run" / BEST).read_bytes()
    with pytest.raises(DigitOcrError, match="--resume"):
        run(recipe, digits_csv, tmp_path / "run")
    assert (tmp_path / "run" / BEST).read_bytes() == before


def test_runs_without_a_folder_of_their_own_are_numbered(recipe, digits_csv, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = [run(recipe.override(epochs=1), digits_csv, None).folder for _ in range(2)]
    assert [str(folder) for folder in folders] == ["runs/original", "runs/original-2"]


def test_resuming_with_another_recipe_is_refused(recipe, digits_csv, tmp_path):
    run(recipe.override(epochs=1), digits_csv, tmp_path / "run")
    with pytest.raises(CheckpointIncompatible, match="another recipe"):
        run(recipe.override(seed=5), digits_csv, tmp_path / "run", resume=True)


def test_resuming_nothing_is_a_clear_error(recipe, digits_csv, tmp_path):
    with pytest.raises(ModelNotUsable, match="nothing to resume"):
        run(recipe, digits_csv, tmp_path / "nowhere", resume=True)


@pytest.mark.parametrize("has_bf16", [True, False])
def test_auto_precision_is_bf16_only_where_the_device_computes_in_it(has_bf16, monkeypatch):
    capabilities = {"avx512_bf16": has_bf16, "amx_bf16": False}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    expected = "bf16-mixed" if has_bf16 else "32-true"
    assert precision_on("cpu", "auto") == expected
    assert precision_on("cpu", "32-true") == "32-true"
    assert precision_on("mps", "auto") == "32-true"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: has_bf16)
    assert precision_on("cuda", "auto") == expected


def test_a_run_keeps_the_precision_that_it_had_and_goes_on_in_another(
    recipe, digits_csv, tmp_path, monkeypatch
):
    auto = recipe.override(precision="auto")
    for has_bf16, expected in ((True, "bf16-mixed"), (False, "32-true")):
        capabilities = {"avx512_bf16": has_bf16}
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda c=capabilities: c, raising=False)
        result = run(auto, digits_csv, tmp_path / expected)
        assert load_recipe(str(result.folder / RECIPE)).precision == expected
    longer = auto.override(epochs=recipe.epochs + 1)
    run(longer, digits_csv, tmp_path / "bf16-mixed", resume=True)
    assert len((tmp_path / "bf16-mixed" / METRICS).read_text().splitlines()) == longer.epochs


def test_a_full_disk_leaves_the_last_good_checkpoint(recipe, digits_csv, tmp_path, monkeypatch):
    run(recipe.override(epochs=1), digits_csv, tmp_path / "run")
    before = (tmp_path / "run" / LAST).read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run(recipe, digits_csv, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / LAST).read_bytes() == before
    load_checkpoint(tmp_path / "run" / BEST)
    assert not [path for path in (tmp_path / "run").iterdir() if path.name.startswith(".")]


def test_a_loss_that_is_not_finite_stops_the_run(recipe, digits_csv, tmp_path):
    with pytest.raises(TrainingDiverged, match="learning rate"):
        run(recipe.override(learning_rate=1e30), digits_csv, tmp_path / "run")


def test_fine_tuning_starts_from_the_checkpoint(recipe, digits_csv, tmp_path):
    first = run(recipe, digits_csv, tmp_path / "first")
    tuned = run(
        recipe.override(epochs=1, learning_rate=1e-9),
        digits_csv,
        tmp_path / "tuned",
        init=str(first.best),
    )
    assert tuned.validation["accuracy"] == first.validation["accuracy"]


def test_fine_tuning_takes_the_architecture_of_its_checkpoint(recipe, digits_csv, tmp_path):
    first = run(recipe.override(epochs=1), digits_csv, tmp_path / "first")
    values = load_recipe("fast").model_dump() | {"epochs": 1, "data": {"validation": 20}}
    tuned = run(
        load_recipe("fast").model_validate(values),
        digits_csv,
        tmp_path / "tuned",
        init=str(first.best),
    )
    assert load_checkpoint(tuned.best)[1].architecture == "simple_cnn"
