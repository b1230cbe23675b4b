"""Judging a model on a split, over one process or several."""

from __future__ import annotations

import torch
from lightning_fabric import Fabric
from torch import nn

from digit_ocr.train.task import Batch, Task


@torch.no_grad()
def evaluate(
    fabric: Fabric, model: nn.Module, task: Task, split: Batch
) -> tuple[dict[str, float], dict[str, torch.Tensor]]:
    """Return metrics and the totals behind them, over all items of the split, each counted once.

    Every process judges the items `[rank::world]`; the totals are summed, never averaged.
    """
    was_training = model.training
    model.eval()
    totals = task.evaluate(model, split, fabric.global_rank, fabric.world_size)
    model.train(was_training)
    if fabric.world_size > 1:
        totals = {
            name: fabric.all_reduce(total.to(fabric.device), reduce_op="sum")
            for name, total in totals.items()
        }
    totals = {name: total.cpu() for name, total in totals.items()}
    return task.summarise(totals), totals
