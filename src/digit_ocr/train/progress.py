"""What training tells whoever watches; the command line draws it."""

from __future__ import annotations

from typing import Any, Protocol


class Progress(Protocol):
    """Told of a run's progress by its main process."""

    def start(self, epochs: int, steps_per_epoch: int) -> None: ...

    def step(self, epoch: int, steps: int, loss: float | None, shown: dict[str, float]) -> None: ...

    def epoch(self, record: dict[str, Any]) -> None: ...


class Silent:
    """A `Progress` that shows nothing."""

    def start(self, epochs: int, steps_per_epoch: int) -> None: ...

    def step(self, epoch: int, steps: int, loss: float | None, shown: dict[str, float]) -> None: ...

    def epoch(self, record: dict[str, Any]) -> None: ...
