"""One pass over the training split."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.optim.swa_utils import AveragedModel

from digit_ocr.errors import TrainingDiverged
from digit_ocr.train.progress import Progress
from digit_ocr.train.schedule import Schedule
from digit_ocr.train.task import Splits, Task

CHECK_LOSS_EVERY_STEPS = 20
"""Looking at the loss makes an accelerator wait, so it is not done at every step."""


@dataclass(frozen=True, slots=True)
class EpochResult:
    """Mean loss of the epoch, and the seconds from its first batch to its last update."""

    loss: float
    seconds: float


def train_one_epoch(
    fabric: Fabric,
    model: nn.Module,
    averaged: AveragedModel | None,
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    task: Task,
    splits: Splits,
    generators: tuple[torch.Generator, torch.Generator],
    epoch: int,
    progress: Progress,
) -> EpochResult:
    """Train on every picture once; `generators` draw the order and the augmentation.

    All processes draw the same order and take each their share of every batch, so that a batch is
    as large with two processes as with one.

    Raises: TrainingDiverged: the loss is not finite.
    """
    order_generator, augment_generator = generators
    recipe = schedule.recipe
    rank, world = fabric.global_rank, fabric.world_size
    model.train()
    total = torch.zeros((), device=fabric.device)
    steps = 0
    started = time.perf_counter()
    for indices in task.batches(splits.train, recipe.batch_size, order_generator):
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate()
        batch = task.prepare(splits.train, indices[rank::world], augment_generator)
        optimizer.zero_grad(set_to_none=True)
        loss, shown = task.loss(model, batch)
        fabric.backward(loss)
        if recipe.gradient_clip:
            fabric.clip_gradients(model, optimizer, max_norm=recipe.gradient_clip)
        optimizer.step()
        schedule.advance()
        if averaged is not None:
            averaged.update_parameters(model)
        total += loss.detach()
        steps += 1
        if steps % CHECK_LOSS_EVERY_STEPS == 0:
            _require_finite(total, epoch, steps)
            values = {name: float(value) for name, value in shown.items()}
            progress.step(epoch, CHECK_LOSS_EVERY_STEPS, float(loss.detach()), values)
    progress.step(epoch, steps % CHECK_LOSS_EVERY_STEPS, None, {})
    seconds = time.perf_counter() - started
    _require_finite(total, epoch, steps)
    return EpochResult(float(total) / max(steps, 1), seconds)


def _require_finite(total: torch.Tensor, epoch: int, step: int) -> None:
    if not torch.isfinite(total):
        raise TrainingDiverged(
            f"the loss is not finite any more (epoch {epoch}, within step {step}); "
            "lower the learning rate"
        )
