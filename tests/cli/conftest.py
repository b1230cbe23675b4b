"""A reader whose pictures are real and whose answers are fixed, so that tests need no weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import digit_ocr
from digit_ocr.cli.main import run
from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.decode import load_grey, open_picture
from digit_ocr.inference.reader import Reader
from digit_ocr.results import Box, Digit, Number, Prediction, Reading

PROBABILITIES = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.99, 0.0, 0.01)


class StubReader(Reader):
    """Sees "15 72" above "43" in every picture that is not blank, and one 7."""

    def __init__(self, **options: Any) -> None:
        super().__init__(threads=2)
        self.options = options
        self.asked: list[dict[str, Any]] = []

    def predict(self, image: Any) -> Prediction:
        grey = load_grey(image)
        if np.ptp(grey) == 0:
            raise NoDigitFound("the picture holds no ink")
        return Prediction(7, 0.99, PROBABILITIES, (0, 0, 4, 4), "stub")

    def read(
        self,
        image: Any,
        reject_below: float = 0.0,
        regions: Sequence[Box] | None = None,
        length: int | None = None,
    ) -> Reading:
        self.asked.append({"reject_below": reject_below, "regions": regions, "length": length})
        picture = open_picture(image)
        numbers = (
            number("15", (1, 2, 11, 12), 0, reject_below),
            number("72", (20, 2, 30, 12), 0, reject_below),
            number("43", (1, 20, 11, 30), 1, reject_below),
        )
        blank = np.ptp(np.asarray(picture)) == 0
        return Reading(() if blank else numbers, picture.width, picture.height, "stub", picture)


def number(text: str, box: Box, line: int, reject_below: float) -> Number:
    digits = tuple(Digit(int(digit), 0.9, box, reject_below > 0.9) for digit in text)
    return Number(digits, 0.81, box, line)


@dataclass
class Outcome:
    """What a command line left: its exit code and the lines of its output."""

    code: int
    out: str
    err: str
    lines: list[str] = field(init=False)
    errors: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.out.splitlines()
        self.errors = self.err.splitlines()


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> StubReader:
    """The reader that commands get."""
    stub = StubReader()

    def load(**options: Any) -> StubReader:
        stub.options = options
        return stub

    monkeypatch.setattr(digit_ocr, "load_reader", load)
    return stub


@pytest.fixture
def command(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Outcome]:
    """A function that runs `digit-ocr ARGUMENTS…` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        return Outcome(code, *capfd.readouterr())

    return call


@pytest.fixture
def picture(tmp_path: Path, draw: Callable[..., Image.Image]) -> Path:
    """A picture with ink on it."""
    path = tmp_path / "seven.png"
    draw(7).save(path)
    return path


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A picture of nothing."""
    path = tmp_path / "blank.png"
    Image.new("L", (40, 30), 255).save(path)
    return path
