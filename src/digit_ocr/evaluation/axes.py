"""A plot area with ticks, grid and labels, for charts of two numbers."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from digit_ocr.evaluation.drawing import Drawing, Point


@dataclass(frozen=True, slots=True)
class Axes:
    """Maps values to points of a drawing; `box` is left, top, right, bottom of the plot area."""

    drawing: Drawing
    box: tuple[float, float, float, float]
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def at(self, x: float, y: float) -> Point:
        """Return the point of the values."""
        left, top, right, bottom = self.box
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        across, up = (x - x0) / (x1 - x0), (y - y0) / (y1 - y0)
        return left + across * (right - left), bottom - up * (bottom - top)

    def x_ticks(self, values: list[float], labels: list[str], title: str = "") -> None:
        """Draw labelled ticks and a title below."""
        left, _, right, bottom = self.box
        for value, label in zip(values, labels, strict=True):
            x, _ = self.at(value, self.y_range[0])
            self.drawing.line([(x, bottom), (x, bottom + 4)], "muted")
            self.drawing.text((x, bottom + 17), label, "muted", size=11, anchor="middle")
        self.drawing.line([(left, bottom), (right, bottom)], "muted")
        middle = ((left + right) / 2, bottom + 35)
        self.drawing.text(middle, title, "muted", size=12, anchor="middle")

    def y_ticks(self, values: list[float], labels: list[str], title: str = "") -> None:
        """Draw grid lines with labels, and a title that runs upwards."""
        left, top, right, bottom = self.box
        for value, label in zip(values, labels, strict=True):
            _, y = self.at(self.x_range[0], value)
            self.drawing.line([(left, y), (right, y)], "line")
            self.drawing.text((left - 6, y + 4), label, "muted", size=11, anchor="end")
        middle = (13.0, (top + bottom) / 2)
        self.drawing.text(middle, title, "muted", size=12, anchor="middle", turned=True)


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round values from `low` to `high`, about as many as asked for."""
    span = high - low
    if span <= 0:
        return [low]
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if raw <= m * power * 1.0000001)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def percent(share: float, digits: int | None = None) -> str:
    """Return a share as a percentage with as many decimals as tell it from its neighbours."""
    if digits is None:
        digits = 2 if share > 0.99 or share < 0.01 else 1
        digits = 0 if share in (0, 1) else digits
    return f"{100 * share:.{digits}f} %"


def percent_ticks(values: list[float]) -> list[str]:
    """Return the labels of evenly spaced shares, all with the decimals that their step needs."""
    step = min((b - a for a, b in itertools.pairwise(values)), default=1.0)
    digits = max(0, math.ceil(-math.log10(max(step, 1e-9) * 100) - 1e-9))
    return [f"{100 * value:.{digits}f} %" for value in values]
