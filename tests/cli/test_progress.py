from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from digit_ocr.cli import progress
from digit_ocr.cli.progress import StageBar, TrainingBar, tracked


class Terminal(io.StringIO):
    """A standard error that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """A function that puts a terminal in place; a fixture's own change pytest would undo."""

    def put() -> Terminal:
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "120")
        return stream

    return put


RECORD = {
    "epoch": 3,
    "train_loss": 0.1234,
    "validation": {"accuracy": 0.98},
    "seconds": 2.5,
    "best": True,
}


def drive_all_bars() -> list[int]:
    with TrainingBar() as bar:
        bar.start(epochs=4, steps_per_epoch=40)
        bar.step(3, 20, 0.5, {"accuracy": 0.75})
        bar.step(3, 20, None, {})
        bar.epoch(RECORD)
    with StageBar() as stages:
        stages.show("reading", 1, 2)
        stages.show("drawing", 2, 2)
    return list(tracked([1, 2, 3], "reading", 3))


def test_without_a_terminal_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert drive_all_bars() == [1, 2, 3]

    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.splitlines() == [
        "Epoch 3/4  train loss 0.1234  validation: accuracy 0.9800  (2.5 s)  best so far",
    ]


def test_on_a_terminal_the_bars_show_stage_loss_and_accuracy(
    watch: Callable[[], Terminal], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = watch()
    assert drive_all_bars() == [1, 2, 3]

    drawn = terminal.getvalue()
    assert "epoch 3/4" in drawn
    assert "loss 0.500  accuracy 0.750" in drawn
    assert "drawing" in drawn
    # Data never goes where the bars are.
    assert "Epoch 3/4" in capsys.readouterr().out


def test_one_picture_needs_no_bar(watch: Callable[[], Terminal]) -> None:
    terminal = watch()
    assert list(tracked(iter([1]), "reading", 1)) == [1]
    assert terminal.getvalue() == ""


def test_a_resumed_run_begins_in_the_middle_of_the_bar(watch: Callable[[], Terminal]) -> None:
    watch()
    with TrainingBar() as bar:
        bar.start(epochs=4, steps_per_epoch=10)
        bar.step(3, 5, 0.5, {})
        assert bar._progress is not None
        assert bar._progress.tasks[0].completed == 25


def test_a_terminal_is_recognised(watch: Callable[[], Terminal]) -> None:
    assert not progress.is_shown()
    watch()
    assert progress.is_shown()
