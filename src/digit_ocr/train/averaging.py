"""Averages of weights, which are judged and shipped: of a run's steps, and with its start."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn

Average = Callable[[Sequence[torch.Tensor], Sequence[torch.Tensor], torch.Tensor | int], None]


def exponential_average(decay: float) -> Average:
    """Return the update of averages in place, for `torch.optim.swa_utils.AveragedModel`.

    The decay rises to `decay` as (1 + n) / (10 + n) over the first n updates, so that the random
    weights of the start are soon forgotten (as TensorFlow's ExponentialMovingAverage does).
    """

    @torch.no_grad()
    def update(
        averages: Sequence[torch.Tensor], values: Sequence[torch.Tensor], count: torch.Tensor | int
    ) -> None:
        done = int(count)
        weight = 1 - min(decay, (1 + done) / (10 + done))
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value, weight)
            else:
                # Counters, such as the batches that a norm has seen, have no mean.
                average.copy_(value)

    return update


@torch.no_grad()
def blended(model: nn.Module, start: Mapping[str, torch.Tensor], share: float) -> nn.Module:
    """Return the model with this share of the weights that it started from, running means too.

    Between the two lies what reads the new pictures nearly as well as the model, and others as well
    as the start (Wortsman et al. 2022, "Robust Fine-Tuning of Zero-Shot Models").
    """
    mixed = copy.deepcopy(model)
    for name, value in mixed.state_dict().items():
        if value.is_floating_point():
            value.lerp_(start[name].to(value), share)
    return mixed
