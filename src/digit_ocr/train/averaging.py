"""The exponential moving average of weights that is judged and shipped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

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
