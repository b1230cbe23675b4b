"""A run: what it leaves, what it resumes, what it survives."""

from __future__ import annotations

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from digit_ocr.errors import (
    CheckpointIncompatible,
    DigitOcrError,
    ModelNotUsable,
    RecipeInvalid,
    TrainingDiverged,
)
from digit_ocr.inference.torch_runtime import load_checkpoint
from digit_ocr.train.checkpoint import save_model
from digit_ocr.train.digit_task import DigitTask
from digit_ocr.train.fit import _Run, fit, make_task, precision_on
from digit_ocr.train.progress import Silent
from digit_ocr.train.recipe import load_recipe
from digit_ocr.train.run_folder import BEST, LAST, METRICS, RECIPE, claim_folder
from digit_ocr.train.start import build_model


def run(recipe, data, out, **options):
    return fit(recipe, data=data, device="cpu", out=out, **options)


def test_a_run_leaves_its_recipe_metrics_best_and_last_checkpoint(recipe, digits_csv, tmp_path):
    result = run(recipe, digits_csv, tmp_path / "run")
    assert {path.name for path in result.folder.iterdir()} >= {BEST, LAST, METRICS, RECIPE}
    records = [json.loads(line) for line in (result.folder / METRICS).read_text().splitlines()]
    assert [record["epoch"] for record in records] == [1, 2, 3, 4]
    # Of equals the later one.
    best = max(records, key=lambda record: (record["validation"]["accuracy"], record["epoch"]))
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


@pytest.mark.parametrize("name", ["original", "fast", "best"])
def test_a_resumed_run_reaches_the_same_weights_as_an_uninterrupted_one(name, digits_csv, tmp_path):
    base = load_recipe(name)
    values = base.model_dump() | {"epochs": 4, "data": {"validation": 20}}
    values["precision"] = "32-true"
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


def test_resuming_for_more_epochs_leaves_the_recipe_that_was_run(recipe, digits_csv, tmp_path):
    run(recipe.override(epochs=1), digits_csv, tmp_path / "run")
    run(recipe.override(epochs=2), digits_csv, tmp_path / "run", resume=True)
    assert load_recipe(str(tmp_path / "run" / RECIPE)).epochs == 2


def test_a_run_is_not_resumed_with_other_data(recipe, digits_csv, tmp_path):
    run(recipe.override(epochs=1), digits_csv, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    lines = Path(digits_csv).read_text(encoding="utf-8").splitlines()
    other = tmp_path / "other.csv"
    other.write_text("\n".join(lines[:-10]), encoding="utf-8")
    with pytest.raises(CheckpointIncompatible, match=r"other pictures than .*other.csv"):
        run(recipe.override(epochs=2), str(other), tmp_path / "run", resume=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


@pytest.mark.parametrize("count", [1, 4, 10])
def test_too_few_digits_to_judge_by_are_refused_before_training(
    count, recipe, digits_csv, tmp_path
):
    lines = Path(digits_csv).read_text(encoding="utf-8").splitlines()
    few = tmp_path / "few.csv"
    few.write_text("\n".join(lines[: count + 1]), encoding="utf-8")
    with pytest.raises(DigitOcrError, match=f"few.csv holds {count} digits, too few"):
        run(recipe, str(few), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_faultless_handful_does_not_make_weights_surer_than_they_were(
    recipe, digits_csv, tmp_path
):
    learned = run(recipe.override(epochs=30, learning_rate=3e-3), digits_csv, tmp_path / "first")
    assert learned.validation["accuracy"] == 1
    model, before = load_checkpoint(learned.best)
    save_model(learned.best, model, replace(before, temperature=2.0))
    tuned = run(
        recipe.override(epochs=1, learning_rate=1e-6),
        digits_csv,
        tmp_path / "tuned",
        init=str(learned.folder),
    )
    assert tuned.validation["accuracy"] == 1
    assert load_checkpoint(tuned.best)[1].temperature == pytest.approx(2.0, rel=0.25)


def test_a_plain_state_dict_of_another_network_is_refused_before_training(digits_csv, tmp_path):
    fast = load_recipe("fast")
    with pytest.raises(RecipeInvalid, match="SimpleCNN alone, fast trains digit_net"):
        run(fast, digits_csv, tmp_path / "run", state_dict_path=tmp_path / "best.pth")
    assert not (tmp_path / "run").exists()


def test_batches_of_one_are_refused_where_norms_need_more(recipe, digits_csv, tmp_path):
    with pytest.raises(RecipeInvalid, match="two pictures"):
        run(load_recipe("fast").override(batch_size=1), digits_csv, tmp_path / "run")
    few = recipe.override(batch_size=1, epochs=1)
    assert run(few, digits_csv, tmp_path / "simple").best.is_file()


def test_processes_of_a_resumed_run_vary_pictures_each_in_its_own_way(
    recipe, digits_csv, tmp_path, monkeypatch
):
    run(recipe.override(epochs=1), digits_csv, tmp_path / "run")

    def resumed(rank):
        monkeypatch.setattr(Fabric, "global_rank", rank)
        task, model = make_task(recipe), build_model(recipe)
        process = _Run(Fabric(accelerator="cpu"), recipe, task, model, tmp_path / "run", Silent())
        process._restore(task.load(digits_csv, None))
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


def test_of_runs_that_start_together_each_has_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [str(claim_folder("fast")) for _ in range(3)] == [
        "runs/fast",
        "runs/fast-2",
        "runs/fast-3",
    ]


def test_the_last_run_begun_is_resumed_and_no_other(recipe, digits_csv, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(recipe.override(epochs=1), digits_csv, None)
    claim_folder(recipe.name)  # One that was stopped in its first epoch.
    with pytest.raises(ModelNotUsable, match="nothing to resume: runs/original-2"):
        run(recipe.override(epochs=2), digits_csv, None, resume=True)


def test_resuming_for_fewer_epochs_than_are_done_is_refused(recipe, digits_csv, tmp_path):
    result = run(recipe, digits_csv, tmp_path / "run")
    before = (result.folder / RECIPE).read_bytes()
    with pytest.raises(CheckpointIncompatible, match="has done 4 epochs"):
        run(recipe.override(epochs=2), digits_csv, tmp_path / "run", resume=True)
    assert (result.folder / RECIPE).read_bytes() == before


def test_resuming_with_other_composed_pictures_is_refused(
    recipe, digits_csv, tmp_path, monkeypatch
):
    composing = recipe.model_copy(
        update={"epochs": 1, "data": recipe.data.model_copy(update={"composed": 40})}
    )
    monkeypatch.setenv("DIGIT_OCR_DATA", str(tmp_path / "cache"))
    run(composing, digits_csv, tmp_path / "run")
    monkeypatch.setattr("digit_ocr.synthesis.pool.SYNTHESIS_VERSIONS", dict.fromkeys(
        ("digits", "numbers", "pages"), 999
    ))  # fmt: skip
    with pytest.raises(CheckpointIncompatible, match="other composed pictures"):
        run(composing.override(epochs=2), digits_csv, tmp_path / "run", resume=True)


def test_a_validation_loss_that_is_not_finite_stops_before_anything_is_kept(
    recipe, digits_csv, tmp_path, monkeypatch
):
    def not_finite(*_):
        return {"accuracy": 0.1, "loss": float("nan")}

    monkeypatch.setattr(DigitTask, "summarise", not_finite)
    with pytest.raises(TrainingDiverged, match="validation loss is not finite"):
        run(recipe, digits_csv, tmp_path / "run")
    assert not (tmp_path / "run" / BEST).exists()


def test_a_folder_for_the_state_dict_is_refused_before_any_data_is_loaded(recipe, tmp_path):
    with pytest.raises(DigitOcrError, match="is a folder"):
        run(recipe, tmp_path / "missing.csv", tmp_path / "run", state_dict_path=tmp_path)


def test_a_state_of_something_else_is_refused_in_one_line(recipe, digits_csv, tmp_path):
    (tmp_path / "run").mkdir()
    torch.save({"weights": torch.zeros(3)}, tmp_path / "run" / LAST)
    with pytest.raises(ModelNotUsable, match="no state of a run"):
        run(recipe, digits_csv, tmp_path / "run", resume=True)


def test_one_step_changes_the_weights(recipe, digits_csv, tmp_path):
    once = recipe.override(epochs=1, batch_size=1000, schedule="one_cycle")
    result = run(once, digits_csv, tmp_path / "run")
    torch.manual_seed(once.seed)
    before = build_model(once).state_dict()
    after = load_checkpoint(result.best)[0].state_dict()
    assert all((after[name] != before[name]).any() for name in before)


def test_resuming_with_another_recipe_is_refused(recipe, digits_csv, tmp_path):
    run(recipe.override(epochs=1), digits_csv, tmp_path / "run")
    with pytest.raises(CheckpointIncompatible, match="another recipe"):
        run(recipe.override(seed=5), digits_csv, tmp_path / "run", resume=True)


def test_resuming_nothing_is_a_clear_error_before_any_data_is_loaded(recipe, tmp_path):
    with pytest.raises(ModelNotUsable, match="nothing to resume"):
        run(recipe, tmp_path / "missing.csv", tmp_path / "nowhere", resume=True)


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


def test_a_run_may_keep_a_share_of_the_weights_that_it_started_from(recipe, digits_csv, tmp_path):
    start = run(recipe, digits_csv, tmp_path / "start").best
    kept = recipe.override(keep=0.25, epochs=1)
    for name, asked in (("all", recipe.override(epochs=1)), ("kept", kept)):
        run(asked, digits_csv, tmp_path / name, init=str(start))
    first, learned, blend = (
        load_checkpoint(path)[0].state_dict()
        for path in (start, tmp_path / "all" / BEST, tmp_path / "kept" / BEST)
    )
    for name in first:
        assert torch.allclose(blend[name], 0.25 * first[name] + 0.75 * learned[name], atol=1e-6)


def test_a_resumed_run_keeps_a_share_of_the_weights_that_it_began_with(
    recipe, digits_csv, tmp_path
):
    start, other = (
        run(recipe.override(epochs=1, seed=seed), digits_csv, tmp_path / str(seed)).best
        for seed in (1, 2)
    )
    kept = recipe.override(keep=0.5, epochs=2, checkpoint="last")
    whole = run(kept, digits_csv, tmp_path / "whole", init=str(start))

    class StopsAfterOne(Silent):
        def epoch(self, record):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(kept, digits_csv, tmp_path / "parted", init=str(start), progress=StopsAfterOne())
    shutil.copytree(tmp_path / "parted", tmp_path / "alone")
    resumed = run(kept, digits_csv, tmp_path / "parted", init=str(other), resume=True)
    alone = run(kept, digits_csv, tmp_path / "alone", resume=True)
    first, second, third = (
        load_checkpoint(result.best)[0].state_dict() for result in (whole, resumed, alone)
    )
    for name in first:
        assert torch.allclose(first[name], second[name], atol=1e-6)
        assert torch.allclose(first[name], third[name], atol=1e-6)


def test_a_resumed_run_expects_the_temperature_of_what_it_began_with(
    recipe, digits_csv, tmp_path, monkeypatch
):
    start = run(recipe.override(epochs=1), digits_csv, tmp_path / "start").best
    model, metadata = load_checkpoint(start)
    save_model(start, model, replace(metadata, temperature=0.4))
    one = recipe.override(epochs=1)
    run(one, digits_csv, tmp_path / "run", init=str(start))
    expected: list[float] = []
    fit_temperature = DigitTask.fit_temperature

    def spy(self, model, split, temperature):
        expected.append(temperature)
        return fit_temperature(self, model, split, temperature)

    monkeypatch.setattr(DigitTask, "fit_temperature", spy)
    run(one.override(epochs=2), digits_csv, tmp_path / "run", resume=True)
    assert expected[-1] == 0.4


def test_a_share_of_no_weights_is_refused(recipe, digits_csv, tmp_path):
    with pytest.raises(RecipeInvalid, match="keep: of which weights"):
        run(recipe.override(keep=0.5), digits_csv, tmp_path / "run")
