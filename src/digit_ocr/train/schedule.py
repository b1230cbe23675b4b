"""The optimiser, and its learning rate as a function of the step."""

from __future__ import annotations

import math

import torch
from torch import nn

from digit_ocr.train.recipe import Optimizer

ONE_CYCLE_START_DIVISOR = 25.0
"""A cycle starts at the peak divided by this (Smith and Topin 2017, "Super-Convergence")."""


class Schedule:
    """Counts steps; its whole state is `step`, so that resuming is exact."""

    def __init__(self, recipe: Optimizer, total_steps: int, step: int = 0) -> None:
        self.recipe = recipe
        self.total_steps = total_steps
        self.step = step

    def advance(self) -> None:
        self.step += 1

    def learning_rate(self) -> float:
        """Return the rate of the current step.

        `one_cycle` rises linearly over `warmup_fraction` of the run and falls linearly to zero;
        `cosine` rises likewise and falls as a half cosine.
        """
        peak = self.recipe.learning_rate
        if self.recipe.schedule == "constant":
            return peak
        # In the middle of the step: at its end the last one would have no rate at all.
        done = (self.step + 0.5) / max(self.total_steps, 1)
        warmup = self.recipe.warmup_fraction
        if done < warmup:
            start = peak / ONE_CYCLE_START_DIVISOR
            return start + (peak - start) * done / warmup
        left = max(0.0, (1 - done) / (1 - warmup)) if warmup < 1 else 0.0
        if self.recipe.schedule == "cosine":
            return peak * (1 - math.cos(math.pi * left)) / 2
        return peak * left


def make_optimizer(settings: Optimizer, model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimiser of a recipe for the model's weights."""
    # Only matrices and kernels decay: norms and biases are few and would only be held down.
    decayed = [p for p in model.parameters() if p.ndim > 1]
    free = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    if settings.name == "sgd":
        return torch.optim.SGD(
            groups, settings.learning_rate, settings.momentum, nesterov=settings.momentum > 0
        )
    kind = torch.optim.AdamW if settings.name == "adamw" else torch.optim.Adam
    return kind(groups, settings.learning_rate)
