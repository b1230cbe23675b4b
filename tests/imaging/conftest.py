"""Drawn digits, for tests of what imaging makes of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Draw = Callable[..., NDArray[np.uint8]]

# Strokes as polygons' corners in a box of 60 by 100.
STROKES: dict[str, list[list[tuple[int, int]]]] = {
    "1": [[(10, 25), (35, 0), (35, 100)]],
    "2": [[(5, 20), (15, 3), (45, 3), (55, 25), (5, 97), (58, 97)]],
    "4": [[(30, 0), (2, 60), (58, 60)], [(42, 30), (42, 100)]],
    "5": [[(12, 3), (8, 45), (40, 42), (55, 65), (40, 95), (5, 92)], [(14, 3), (55, 3)]],
    "5 with its bar apart": [
        [(12, 12), (8, 45), (40, 42), (55, 65), (40, 95), (5, 92)],
        [(24, 0), (58, 0)],
    ],
    "7": [[(2, 3), (57, 3), (20, 100)]],
    "8": [[(30, 50), (8, 28), (30, 2), (52, 28), (8, 74), (30, 98), (52, 74), (30, 50)]],
}


@pytest.fixture
def draw_digit() -> Draw:
    """A function that draws a digit: grey (height, width) uint8, dark on light."""

    def drawn(
        digit: str,
        size: tuple[int, int] = (128, 128),
        height: float = 80,
        middle: tuple[float, float] = (0.5, 0.5),
        pen: int = 8,
        ink: int = 30,
        paper: int = 220,
    ) -> NDArray[np.uint8]:
        # Drawn four times as large and reduced: anti-aliased, as scanned strokes are.
        image = Image.new("L", (4 * size[0], 4 * size[1]), paper)
        canvas = ImageDraw.Draw(image)
        scale = 4 * height / 100
        left = 4 * size[0] * middle[0] - 30 * scale
        top = 4 * size[1] * middle[1] - 50 * scale
        for line in STROKES[digit]:
            points = [(left + x * scale, top + y * scale) for x, y in line]
            canvas.line(points, ink, 4 * pen, joint="curve")
        return np.asarray(image.reduce(4))

    return drawn
