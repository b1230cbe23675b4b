"""Progress on standard error, only where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")


def is_shown() -> bool:
    """Whether somebody watches standard error."""
    return sys.stderr.isatty()


@contextmanager
def _bar(*columns: Any) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        # Data that goes into a pipe must not be caught and drawn.
        redirect_stdout=sys.stdout.isatty(),
        redirect_stderr=True,
    ) as progress:
        yield progress


def tracked(items: Iterable[Item], description: str, total: int | None) -> Iterator[Item]:
    """Yield `items`, drawing how many of `total` have gone by; a single one is not worth a bar."""
    if not is_shown() or total == 1:
        yield from items
        return
    from rich.progress import MofNCompleteColumn

    with _bar(MofNCompleteColumn()) as progress:
        task = progress.add_task(description, total=total)
        for item in items:
            yield item
            progress.advance(task)


class StageBar:
    """A bar that begins anew with each stage of a longer piece of work."""

    def __init__(self) -> None:
        self._context: Any = None
        self._progress: Progress | None = None
        self._task: Any = None
        self._stage = ""

    def show(self, stage: str, done: int, total: int) -> None:
        """Draw that `done` of `total` are done in the `stage`."""
        if self._progress is None:
            return
        if stage != self._stage:
            self._progress.reset(self._task)
            self._stage = stage
        self._progress.update(self._task, description=stage, completed=done, total=total)

    def __enter__(self) -> StageBar:
        if is_shown():
            self._context = _bar()
            self._progress = progress = self._context.__enter__()
            self._task = progress.add_task("starting", total=None)
        return self

    def __exit__(self, *error: object) -> None:
        if self._context is not None:
            self._context.__exit__(None, None, None)


class TrainingBar:
    """A run's progress: a bar with loss, accuracy and time left, and a line for each epoch.

    The lines go to standard output: they are the record of the run, also where nobody watches.
    """

    def __init__(self) -> None:
        self._context: Any = None
        self._progress: Progress | None = None
        self._epochs = self._steps = self._epoch = self._done = 0
        self._shown = ""
        self._task: Any = None

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        self._epochs, self._steps = epochs, steps_per_epoch
        if is_shown():
            from rich.progress import TextColumn

            self._context = _bar(TextColumn("{task.fields[shown]}"))
            self._progress = progress = self._context.__enter__()
            self._task = progress.add_task("training", total=epochs * steps_per_epoch, shown="")

    def step(self, epoch: int, steps: int, loss: float | None, shown: dict[str, float]) -> None:
        if self._progress is None:
            return
        # A resumed run begins in the middle.
        if epoch != self._epoch:
            self._epoch, self._done = epoch, (epoch - 1) * self._steps
        self._done += steps
        values = shown if loss is None else {"loss": loss} | shown
        if values:
            self._shown = "  ".join(f"{name} {value:.3f}" for name, value in values.items())
        self._progress.update(
            self._task,
            completed=self._done,
            description=f"epoch {epoch}/{self._epochs}",
            shown=self._shown,
        )

    def epoch(self, record: dict[str, Any]) -> None:
        validation = "  ".join(
            f"{name} {value:.4f}" for name, value in record["validation"].items()
        )
        best = "  best so far" if record["best"] else ""
        print(
            f"Epoch {record['epoch']}/{self._epochs}  train loss {record['train_loss']:.4f}  "
            f"validation: {validation}  ({record['seconds']:.1f} s){best}",
            flush=True,
        )

    def __enter__(self) -> TrainingBar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._context is not None:
            self._context.__exit__(None, None, None)
