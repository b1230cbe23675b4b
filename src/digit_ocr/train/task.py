"""What `fit` asks of a task: digits, numbers and pages train through the same loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

Batch = dict[str, torch.Tensor]
"""Tensors by name that share their first dimension."""


@dataclass(frozen=True, slots=True)
class Splits:
    """Explicit splits, whole in memory; `test` may be empty. `record` goes into the run."""

    train: Batch
    validation: Batch
    test: Batch
    data_sha256: str
    record: dict[str, Any]


class Task(Protocol):
    """One kind of model: its data, its loss and how it is judged."""

    kind: str
    classes: tuple[str, ...]
    preprocessing: dict[str, Any]
    selection: str
    """Name of the validation metric that picks the best checkpoint; higher is better."""

    def load(self, data: str, data_folder: Path | None) -> Splits:
        """Return the splits; `data` is "mnist", a folder or a CSV."""

    def batches(
        self, split: Batch, batch_size: int, generator: torch.Generator
    ) -> Iterator[torch.Tensor]:
        """Yield index tensors that cover one epoch in random order."""

    def prepare(self, split: Batch, indices: torch.Tensor, generator: torch.Generator) -> Batch:
        """Return an augmented training batch, float32, on the split's device."""

    def loss(
        self, model: torch.nn.Module, batch: Batch
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the mean loss of the batch and what the progress bar shows, on the device."""

    def evaluate(
        self, model: torch.nn.Module, split: Batch, rank: int, world: int
    ) -> dict[str, torch.Tensor]:
        """Return countable totals on items `[rank::world]`, on the CPU; the caller sums ranks."""

    def summarise(self, totals: dict[str, torch.Tensor]) -> dict[str, float]:
        """Return metrics from totals."""

    def fit_temperature(self, model: torch.nn.Module, split: Batch, expected: float) -> float:
        """Return the temperature that calibrates the confidence on validation.

        `expected` is that of the weights which training began with (1 where they were random).
        """
