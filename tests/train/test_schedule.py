"""Learning rates over a run."""

from __future__ import annotations

import pytest

from digit_ocr.train.recipe import Optimizer
from digit_ocr.train.schedule import Schedule


def rates(kind: str, steps: int = 100) -> list[float]:
    schedule = Schedule(
        Optimizer(schedule=kind, learning_rate=1.0, warmup_fraction=0.2), total_steps=steps
    )
    found = []
    for _ in range(steps):
        found.append(schedule.learning_rate())
        schedule.advance()
    return found


def test_a_constant_rate_stays() -> None:
    assert set(rates("constant")) == {1.0}


def test_one_cycle_rises_to_its_peak_and_falls_to_zero() -> None:
    found = rates("one_cycle")
    assert found[:20] == sorted(found[:20])
    assert max(found) == pytest.approx(1.0, abs=0.03)
    assert found[20:] == sorted(found[20:], reverse=True)
    assert 0.0 < found[-1] < 0.01


def test_a_cosine_falls_slowly_at_first() -> None:
    found = rates("cosine")
    assert found[30] > rates("one_cycle")[30]
    assert 0.0 < found[-1] < 1e-3


def test_a_schedule_continued_at_its_step_gives_the_same_rates() -> None:
    continued = Schedule(
        Optimizer(schedule="one_cycle", learning_rate=1.0, warmup_fraction=0.2), 100, step=60
    )
    assert continued.learning_rate() == rates("one_cycle")[60]
