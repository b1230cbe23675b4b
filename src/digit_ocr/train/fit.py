"""A whole run: data, training, the best checkpoint, its evaluation."""

from __future__ import annotations

import json
import math
import os
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.optim.swa_utils import AveragedModel

import digit_ocr
from digit_ocr.data.cache import write_atomically
from digit_ocr.errors import (
    CheckpointIncompatible,
    DigitOcrError,
    RecipeInvalid,
    TrainingDiverged,
)
from digit_ocr.inference.metadata import ModelMetadata
from digit_ocr.inference.torch_runtime import load_checkpoint
from digit_ocr.train.averaging import blended, exponential_average
from digit_ocr.train.checkpoint import (
    load_training_state,
    save_model,
    save_state_dict,
    save_training_state,
)
from digit_ocr.train.composed import composed_from
from digit_ocr.train.evaluate import evaluate
from digit_ocr.train.progress import Progress, Silent
from digit_ocr.train.recipe import Recipe, parse_recipe
from digit_ocr.train.run_folder import (
    BEST,
    LAST,
    METRICS,
    RECIPE,
    SUMMARY,
    claim_folder,
    folder_to_resume,
    require_free,
)
from digit_ocr.train.schedule import Schedule, make_optimizer
from digit_ocr.train.start import build_model, start_from
from digit_ocr.train.task import Batch, Splits, Task
from digit_ocr.train.train_one_epoch import train_one_epoch


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run reached. `rank` 0 is the process that writes and speaks.

    `test` is empty where the data has no test split; `confusion` rows are true classes.
    """

    folder: Path
    best: Path
    validation: dict[str, float]
    test: dict[str, float]
    confusion: list[list[int]]
    best_epoch: int
    train_seconds: float
    rank: int


def fit(
    recipe: Recipe,
    *,
    data: str = "mnist",
    data_folder: Path | None = None,
    device: str = "auto",
    devices: int = 1,
    init: str | None = None,
    out: Path | None = None,
    resume: bool = False,
    state_dict_path: Path | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Train by the recipe, keep the checkpoint that it says, and test it once.

    `init` starts from "shipped" weights or a checkpoint, whose architecture replaces the recipe's
    where that is not the same with more blocks or channels.
    `out` is the run's folder (runs/NAME otherwise); `resume` continues the run in it.
    `state_dict_path` receives the best weights as a plain `state_dict` besides.

    Raises: RecipeInvalid, DatasetUnavailable, DatasetCorrupt, CheckpointIncompatible,
        ModelNotUsable, TrainingDiverged; OSError where nothing can be written.
    """
    recipe = recipe.override(precision=precision_on(device, recipe.precision))
    fabric = Fabric(
        accelerator=device,
        devices=devices,
        strategy="ddp" if devices > 1 else "auto",
        precision=recipe.precision,
    )
    torch.manual_seed(recipe.seed)
    if init:
        recipe, model, temperature = start_from(init, recipe)
    elif recipe.optimizer.keep and not resume:
        raise RecipeInvalid("keep: of which weights? give --init as well")
    else:
        model, temperature = build_model(recipe), 1.0
    if state_dict_path is not None and recipe.model.architecture != "simple_cnn":
        raise RecipeInvalid(
            f"a plain state_dict is for SimpleCNN alone, {recipe.name} trains "
            f"{recipe.model.architecture}: its run's {BEST} says what it holds"
        )
    task = make_task(recipe)
    if state_dict_path is not None and state_dict_path.is_dir():
        raise DigitOcrError(f"{state_dict_path} is a folder; expected a file for the state_dict")
    least = devices * (2 if _has_batch_norm(model) else 1)
    if recipe.optimizer.batch_size < least:
        each = "two pictures" if least > devices else "a picture"
        raise RecipeInvalid(f"batch_size: a step needs at least {each} for each device")
    if resume:
        out = folder_to_resume(out, recipe.name)
    elif out is not None:
        require_free(out)
    # What can fail comes before the other processes begin: they would wait for this one for ever.
    # They also find in the cache what it has made (downloads, composed pictures).
    splits = task.load(data, data_folder)
    pictures = len(next(iter(splits.train.values())))
    if pictures < least:
        raise RecipeInvalid(f"{pictures} pictures are too few to share among {devices} devices")
    # Whoever launches the others claims a folder for all; what they run is this once more.
    is_main = os.environ.get("LOCAL_RANK", "0") == "0"
    folder = out or (claim_folder(recipe.name) if is_main else Path())
    fabric.launch()
    folder = fabric.broadcast(folder)
    # Loading may have drawn random numbers; every process starts from the same ones.
    torch.manual_seed(recipe.seed)
    run = _Run(fabric, recipe, task, model, folder, progress or Silent())
    run.expected_temperature = temperature
    return run.train_and_test(splits, resume, state_dict_path)


def precision_on(device: str, asked: str) -> str:
    """Return the precision that a recipe asks for, `auto` as that of the device.

    A CPU without instructions for bf16 takes more than twice as long with it.
    """
    if asked != "auto":
        return asked
    if device in ("auto", "cuda") and torch.cuda.is_available():
        has_bf16 = torch.cuda.is_bf16_supported()
    elif device in ("auto", "cpu"):
        # Older versions of torch don't tell.
        capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
        has_bf16 = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))
    else:
        has_bf16 = False
    return "bf16-mixed" if has_bf16 else "32-true"


def make_task(recipe: Recipe) -> Task:
    """Return the task of the recipe's kind."""
    if recipe.kind == "number":
        from digit_ocr.train.number_task import NumberTask

        return NumberTask(recipe)
    if recipe.kind == "page":
        from digit_ocr.train.page_task import PageTask

        return PageTask(recipe)
    from digit_ocr.train.digit_task import DigitTask

    return DigitTask(recipe)


class _Run:
    """One run's state between epochs; its main process alone writes."""

    def __init__(
        self,
        fabric: Fabric,
        recipe: Recipe,
        task: Task,
        model: nn.Module,
        folder: Path,
        progress: Progress,
    ) -> None:
        self.fabric, self.recipe, self.task, self.folder = fabric, recipe, task, folder
        self.is_main = fabric.global_rank == 0
        self.progress = progress if self.is_main else Silent()
        self.averaged: AveragedModel | None = None
        if recipe.optimizer.ema_decay:
            average = exponential_average(recipe.optimizer.ema_decay)
            self.averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=True)
            self.averaged.to(fabric.device)
        optimizer = make_optimizer(recipe.optimizer, model)
        first = model.state_dict() if recipe.optimizer.keep else {}
        self.start = {name: value.clone() for name, value in first.items()}
        self.model, self.optimizer = fabric.setup(model, optimizer)
        self.order = torch.Generator().manual_seed(recipe.seed)
        self.augmentation = torch.Generator(fabric.device)
        self.augmentation.manual_seed(self._augmentation_seed())
        self.epoch = 0
        self.best_epoch = 0
        self.best_value = -float("inf")
        self.train_seconds = 0.0
        self.expected_temperature = 1.0

    @property
    def judged(self) -> nn.Module:
        """The network that is evaluated and shipped: the weights' average where there is one.

        Blended with those that it started from where the recipe keeps a share of them.
        """
        averaged, share = self.averaged, self.recipe.optimizer.keep
        module: nn.Module = self.model.module if averaged is None else averaged.module
        return blended(module, self.start, share) if share else module

    def train_and_test(
        self, splits: Splits, resume: bool, state_dict_path: Path | None
    ) -> RunResult:
        """Run all epochs that are left, then test the best checkpoint once."""
        recipe, task = self.recipe, self.task
        splits = _on_device(splits, self.fabric.device)
        steps = sum(
            1
            for _ in task.batches(
                splits.train, recipe.optimizer.batch_size, torch.Generator().manual_seed(0)
            )
        )
        schedule = Schedule(recipe.optimizer, steps * recipe.epochs)
        if resume:
            schedule.step = self._restore(splits)
        elif self.is_main:
            (self.folder / METRICS).unlink(missing_ok=True)
        if self.is_main:
            write_atomically(self.folder / RECIPE, recipe.to_toml().encode())
        self.progress.start(recipe.epochs, steps)
        while self.epoch < recipe.epochs:
            self._one_epoch(splits, schedule)
        self.fabric.barrier()
        return self._test(splits, state_dict_path)

    def _one_epoch(self, splits: Splits, schedule: Schedule) -> None:
        self.epoch += 1
        result = train_one_epoch(
            self.fabric,
            self.model,
            self.averaged,
            self.optimizer,
            schedule,
            self.task,
            splits,
            (self.order, self.augmentation),
            self.epoch,
            self.progress,
        )
        self.train_seconds += result.seconds
        judged = self.judged
        self._share_buffers(judged)
        metrics, _ = evaluate(self.fabric, judged, self.task, splits.validation)
        if not all(map(math.isfinite, metrics.values())):
            raise TrainingDiverged(
                f"the validation loss is not finite any more (epoch {self.epoch}); "
                "lower the learning rate"
            )
        is_last = self.epoch == self.recipe.epochs and self.recipe.checkpoint == "last"
        # Of equals the later one, which has learned more.
        is_best = is_last or metrics[self.task.selection] >= self.best_value
        if is_best:
            self.best_value, self.best_epoch = metrics[self.task.selection], self.epoch
        record = {
            "epoch": self.epoch,
            "train_loss": result.loss,
            "validation": metrics,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "seconds": round(result.seconds, 3),
            "best": is_best,
        }
        if self.is_main:
            if is_best:
                save_model(self.folder / BEST, judged, self._metadata(splits, metrics, 1.0))
            save_training_state(self.folder / LAST, self._state(splits, schedule))
            with (self.folder / METRICS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        self.progress.epoch(record)

    def _share_buffers(self, judged: nn.Module) -> None:
        """Give every process the main one's running means: that network is judged and kept."""
        if self.fabric.world_size > 1:
            for buffer in judged.buffers():
                torch.distributed.broadcast(buffer, src=0)

    def _test(self, splits: Splits, state_dict_path: Path | None) -> RunResult:
        best = self.folder / BEST
        model, metadata = load_checkpoint(best)
        model.to(self.fabric.device)
        validation, _ = evaluate(self.fabric, model, self.task, splits.validation)
        test: dict[str, float] = {}
        confusion: list[list[int]] = []
        if len(next(iter(splits.test.values()), ())):
            test, totals = evaluate(self.fabric, model, self.task, splits.test)
            confusion = totals["confusion"].tolist() if "confusion" in totals else []
        result = RunResult(
            folder=self.folder,
            best=best,
            validation=validation,
            test=test,
            confusion=confusion,
            best_epoch=self.best_epoch,
            train_seconds=self.train_seconds,
            rank=self.fabric.global_rank,
        )
        if self.is_main:
            temperature = self.task.fit_temperature(
                model, splits.validation, self.expected_temperature
            )
            # The metrics travel with the weights: what was measured on validation, and on test.
            measured = validation | {f"test_{name}": value for name, value in test.items()}
            metadata = self._metadata(splits, measured, temperature)
            save_model(best, model, metadata)
            summary = {**asdict(result), "folder": str(self.folder), "best": str(best)}
            summary |= {"data": splits.record, "temperature": temperature}
            write_atomically(self.folder / SUMMARY, (json.dumps(summary, indent=1)).encode())
            if state_dict_path is not None:
                save_state_dict(state_dict_path, model)
        self.fabric.barrier()
        return result

    def _metadata(
        self, splits: Splits, metrics: dict[str, float], temperature: float
    ) -> ModelMetadata:
        return ModelMetadata(
            kind=self.task.kind,
            architecture=self.recipe.model.architecture,
            options=self.recipe.model.options,
            classes=self.task.classes,
            preprocessing=self.task.preprocessing,
            temperature=temperature,
            metrics={name: round(float(value), 6) for name, value in metrics.items()},
            data_sha256=splits.data_sha256,
            recipe=self.recipe.name,
            version=digit_ocr.__version__,
        )

    def _state(self, splits: Splits, schedule: Schedule) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_toml(),
            "data_sha256": splits.data_sha256,
            "composed_from": composed_from(splits.record),
            "model": self.model.module.state_dict(),
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
            "start": self.start,
            "expected_temperature": self.expected_temperature,
            "optimizer": self.optimizer.state_dict(),
            "step": schedule.step,
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "best_value": self.best_value,
            "train_seconds": self.train_seconds,
            "generators": [self.order.get_state(), self.augmentation.get_state()],
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state() if self.fabric.device.type == "cuda" else None,
        }

    def _augmentation_seed(self, epoch: int = 0) -> int:
        """Return a seed of this process's own, from the epoch on with which it begins."""
        rank: int = self.fabric.global_rank
        return (self.recipe.seed + epoch * 1_000_000) * 1000 + 1 + rank

    def _restore(self, splits: Splits) -> int:
        state = load_training_state(self.folder / LAST)
        begun = parse_recipe(tomllib.loads(state["recipe"]), LAST)
        # More epochs may be asked for than at first, and this may be another machine, where `auto`
        # is another precision; all else decides the weights.
        free = {"epochs": 1, "precision": "auto"}
        if begun.override(**free) != self.recipe.override(**free):
            raise CheckpointIncompatible(
                f"{self.folder / LAST} comes from another recipe; resume with the one beside it"
            )
        if state["data_sha256"] != splits.data_sha256:
            raise CheckpointIncompatible(
                f"{self.folder / LAST} has learned from other pictures than "
                f"{splits.record['source']}: resume with the --data that it began with"
            )
        composed = composed_from(splits.record)
        if state.get("composed_from", composed) != composed:
            raise CheckpointIncompatible(
                f"{self.folder / LAST} has learned from other composed pictures: other fonts were "
                "there, or another version composed them; begin a new run"
            )
        if state["epoch"] > self.recipe.epochs:
            raise CheckpointIncompatible(
                f"{self.folder / LAST} has done {state['epoch']} epochs, more than "
                f"{self.recipe.epochs}"
            )
        self.model.module.load_state_dict(state["model"])
        if self.averaged is not None:
            self.averaged.load_state_dict(state["averaged"])
        # Not what --init names now: the run began with these.
        self.start = state.get("start", self.start)
        self.expected_temperature = state.get("expected_temperature", self.expected_temperature)
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch, self.best_epoch = state["epoch"], state["best_epoch"]
        self.best_value, self.train_seconds = state["best_value"], state["train_seconds"]
        order, augmentation = state["generators"]
        self.order.set_state(order)
        if self.is_main:
            self.augmentation.set_state(augmentation)
        else:
            # The state is the main process's: two that draw alike would vary the pictures less.
            self.augmentation.manual_seed(self._augmentation_seed(self.epoch))
        torch.set_rng_state(state["torch"])
        if state["cuda"] is not None and self.fabric.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda"])
        step: int = state["step"]
        return step


def _has_batch_norm(model: nn.Module) -> bool:
    return any(isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) for layer in model.modules())


def _on_device(splits: Splits, device: torch.device) -> Splits:
    def move(batch: Batch) -> Batch:
        return {name: tensor.to(device) for name, tensor in batch.items()}

    return Splits(
        move(splits.train),
        move(splits.validation),
        move(splits.test),
        splits.data_sha256,
        splits.record,
    )
