"""Signs between the numbers of a line, in unit coordinates: 0 is the digits' top, 1 their foot."""

from __future__ import annotations

import numpy as np

from digit_ocr.synthesis.digit_shapes import Stroke

SIGN_SHARES = {".": 0.2, ",": 0.14, "-": 0.18, "/": 0.18, ":": 0.1, "=": 0.05, "+": 0.08, "x": 0.07}


def random_sign(rng: np.random.Generator) -> str:
    """Return one of the signs in `SIGN_SHARES`."""
    return str(rng.choice(list(SIGN_SHARES), p=list(SIGN_SHARES.values())))


def sign_strokes(sign: str, rng: np.random.Generator) -> list[Stroke]:
    """Return how a hand writes one of the signs in `SIGN_SHARES`, differently each time."""

    def near(middle: float, spread: float) -> float:
        return middle + spread * float(rng.uniform(-1, 1))

    match sign:
        case ".":
            return [_dot(near(0.97, 0.06))]
        case ",":
            head, tail = (0.0, near(0.94, 0.06)), (near(-0.07, 0.08), near(1.18, 0.1))
            is_curved = rng.random() < 0.5
            return [[[head, (near(0.04, 0.03), 1.03), tail] if is_curved else [head, tail]]]
        case ":":
            low = near(0.9, 0.08)
            return [_dot(low), _dot(low - near(0.42, 0.14), near(0.0, 0.05))]
        case "-":
            y = near(0.53, 0.13)
            return [[[(0.0, y), (near(0.42, 0.22), near(y, 0.05))]]]
        case "=":
            y, wide = near(0.45, 0.08), near(0.5, 0.12)
            below = y + near(0.22, 0.07)
            return [
                [[(0.0, y), (wide, near(y, 0.03))]],
                [[(0.0, below), (wide, near(below, 0.03))]],
            ]
        case "+":
            x, y, reach = near(0.25, 0.04), near(0.55, 0.08), near(0.27, 0.07)
            across: Stroke = [[(x - near(reach, 0.04), y), (x + near(reach, 0.04), near(y, 0.03))]]
            return [across, [[(near(x, 0.02), y - reach), (x, y + near(reach, 0.04))]]]
        case "x":
            top, wide = near(0.42, 0.12), near(0.42, 0.1)
            foot = near(0.98, 0.06)
            return [[[(0.0, top), (wide, foot)]], [[(wide, near(top, 0.04)), (0.0, foot)]]]
        case _:
            top, foot = near(-0.08, 0.14), near(1.1, 0.13)
            lean = near(0.45, 0.18)
            bend = near(0.0, 0.03)
            return [[[(lean, top), (lean / 2 + bend, (top + foot) / 2), (0.0, foot)]]]


def _dot(y: float, x: float = 0.0) -> Stroke:
    return [[(x, y), (x + 0.03, y + 0.01)]]
