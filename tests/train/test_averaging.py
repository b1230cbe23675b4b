"""Averages of weights follow them, quickly at first."""

from __future__ import annotations

import pytest
import torch

from digit_ocr.train.averaging import blended, exponential_average


def test_the_start_is_soon_forgotten() -> None:
    update = exponential_average(0.999)
    average = torch.zeros(3)
    for count in range(1, 40):
        update([average], [torch.ones(3)], count)
    assert average.min() > 0.99


def test_later_the_decay_is_the_one_asked_for() -> None:
    average = torch.zeros(1)
    exponential_average(0.9)([average], [torch.ones(1)], 10_000)
    assert float(average) == pytest.approx(0.1)


def test_counters_are_copied() -> None:
    average = torch.tensor(3)
    exponential_average(0.9)([average], [torch.tensor(7)], 5)
    assert int(average) == 7


def test_a_blend_lies_between_two_models_and_leaves_both_as_they_were() -> None:
    def norm(value: float) -> torch.nn.Module:
        layer = torch.nn.BatchNorm2d(2)
        for tensor in layer.state_dict().values():
            tensor.fill_(value)
        return layer

    start, model = norm(1.0), norm(5.0)
    blend = blended(model, start.state_dict(), 0.25).state_dict()
    counted = blend.pop("num_batches_tracked")
    assert all(bool((tensor == 4).all()) for tensor in blend.values())
    assert int(counted) == 5
    assert all(bool((tensor == 5).all()) for tensor in model.state_dict().values())
