"""Averages of weights follow them, quickly at first."""

from __future__ import annotations

import pytest
import torch

from digit_ocr.train.averaging import exponential_average


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
