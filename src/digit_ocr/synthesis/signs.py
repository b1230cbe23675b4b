"""Signs beside the numbers of a line, in unit coordinates: 0 is the digits' top, 1 their foot."""

from __future__ import annotations

import itertools

import numpy as np

from digit_ocr.synthesis.arcs import Arc, Stroke, ellipse

SIGN_SHARES = {
    ".": 0.18, ",": 0.13, "-": 0.17, "/": 0.17, ":": 0.09, "=": 0.05, "+": 0.07, "x": 0.07,
    ")": 0.05, "(": 0.02,
}  # fmt: skip
"""Those that stand between two numbers, and how often each does."""
SIGNS_BEFORE, SIGNS_AFTER = "#$€", "%%€$°"
"""Those that say what a number counts, on the side where they stand, common ones more often."""
BRACKETS = (("", ")"), ("", ")"), ("(", ")"), ("(", ")"), ("(", ""), ("[", "]"))
"""What stands before and after a number: row numbers, points of a question, remarks."""
MARKS = "<>&£¥", "??!!*<>&"
"""The rest of what stands right before and right after a number."""
DRAWN_AS_LETTERS = "<>&?!*"
"""Those that `letters` draws."""
WRITTEN_WORDS = (
    ("No", "Nr", "No.", "A", "E", "F", "H", "K", "M", "N", "P", "R", "V", "W", "X", "x", "Fig."),
    ("kg", "mm", "km", "kWh", "min", "st", "nd", "rd", "th", "pt", "m", "h", "x", "a", "k", "p",
     "A", "E", "F", "K", "M", "V", "W"),
)  # fmt: skip
"""Likewise units, ordinals, the letters of house numbers: those that by hand are no digits."""
PRINTED_WORDS = (
    (*WRITTEN_WORDS[0], "B", "D", "T", "S", "EUR", "CHF"),
    (*WRITTEN_WORDS[1], "g", "g", "cm", "b", "B", "D", "°C"),
)


def random_sign(rng: np.random.Generator) -> str:
    """Return one of the signs in `SIGN_SHARES`."""
    return str(rng.choice(list(SIGN_SHARES), p=list(SIGN_SHARES.values())))


def random_unit_sign(rng: np.random.Generator, right: bool) -> str:
    """Return a sign that says what a number counts, from those of one side."""
    signs = SIGNS_AFTER if right else SIGNS_BEFORE
    return signs[int(rng.integers(len(signs)))]


def random_surroundings(rng: np.random.Generator, is_printed: bool) -> tuple[str, str]:
    """Return what stands right before and right after a number, one of them mostly nothing."""
    kind = rng.random()
    if kind < 0.45:
        return BRACKETS[int(rng.integers(len(BRACKETS)))]
    is_after = rng.random() < 0.6
    texts = (MARKS if kind < 0.6 else PRINTED_WORDS if is_printed else WRITTEN_WORDS)[is_after]
    text = texts[int(rng.integers(len(texts)))]
    return ("", text) if is_after else (text, "")


def sign_strokes(sign: str, rng: np.random.Generator) -> list[Stroke]:
    """Return how a hand writes one of the signs above, differently each time."""

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
        case "%":
            wide, rise = near(0.6, 0.12), near(0.18, 0.05)
            slash: Stroke = [[(wide, near(0.0, 0.06)), (0.0, near(1.0, 0.06))]]
            upper = _ring(wide * 0.15, near(rise, 0.04), near(0.14, 0.03), rng)
            lower = _ring(wide * 0.9, 1 - near(rise, 0.04), near(0.14, 0.03), rng)
            return [upper, slash, lower]
        case "#":
            wide, lean = near(0.62, 0.12), near(0.1, 0.1)
            stems: list[Stroke] = [
                [[(wide * x + lean, near(0.02, 0.06)), (wide * x, near(0.98, 0.06))]]
                for x in (0.3, 0.7)
            ]
            return stems + [
                [[(0.0, near(y, 0.05)), (wide + lean, near(y, 0.05))]] for y in (0.35, 0.67)
            ]
        case "$":
            wide, bend = near(0.46, 0.08), near(0.14, 0.04)
            spine: Stroke = [[
                (wide, bend), (wide / 2, near(0.03, 0.03)), (near(0.03, 0.03), 0.27),
                (wide / 2, near(0.5, 0.03)), (wide, 0.73), (wide / 2, near(0.97, 0.03)),
                (0.0, 1 - bend),
            ]]  # fmt: skip
            x = near(wide / 2, 0.05)
            return [spine, [[(x, near(-0.12, 0.06)), (near(x, 0.05), near(1.12, 0.06))]]]
        case "€":
            wide, low = near(0.36, 0.06), near(0.42, 0.05)
            arc: Stroke = [ellipse(wide, 0.5, wide, 0.5, near(-45, 15), -near(275, 20))]
            reach = near(wide, 0.12)
            bars: list[Stroke] = [
                [[(near(-0.06, 0.06), y), (reach, near(y, 0.04))]]
                for y in (low, low + near(0.16, 0.05))
            ]
            return [arc, *bars]
        case "(" | ")":
            # Any flatter, nobody could tell it from a 1.
            deep = near(0.23, 0.09)
            bow: Arc = [(deep, near(-0.12, 0.1)), (0.0, near(0.5, 0.06)), (deep, near(1.12, 0.1))]
            return [[bow if sign == "(" else [(deep - x, y) for x, y in bow]]]
        case "[" | "]":
            deep, top, foot = near(0.2, 0.06), near(-0.08, 0.06), near(1.08, 0.06)
            corners = [(deep, top), (0.0, top), (near(0.0, 0.02), foot), (deep, foot)]
            if sign == "]":
                corners = [(deep - x, y) for x, y in corners]
            return [[list(pair) for pair in itertools.pairwise(corners)]]
        case "£":
            wide, low = near(0.45, 0.06), near(0.55, 0.05)
            hook: Arc = [
                (wide, near(0.15, 0.05)), (wide * 0.7, 0.0), (0.16, near(0.3, 0.05)),
                (0.18, low), (near(0.1, 0.04), 0.9), (0.0, 1.0),
            ]  # fmt: skip
            return [[hook, [(0.0, 1.0), (wide, near(0.98, 0.04))]], [[(0.0, low), (0.35, low)]]]
        case "¥":
            wide = near(0.5, 0.08)
            middle = (wide / 2, near(0.5, 0.06))
            arms: list[Stroke] = [[[(0.0, 0.0), middle]], [[(wide, 0.0), middle, (wide / 2, 1.0)]]]
            return arms + [
                [[(0.05, near(y, 0.03)), (wide - 0.05, near(y, 0.03))]] for y in (0.58, 0.76)
            ]
        case "°":
            return [_ring(0.12, near(0.08, 0.08), near(0.12, 0.03), rng)]
        case _:
            top, foot = near(-0.08, 0.14), near(1.1, 0.13)
            lean = near(0.45, 0.18)
            bend = near(0.0, 0.03)
            return [[[(lean, top), (lean / 2 + bend, (top + foot) / 2), (0.0, foot)]]]


def _dot(y: float, x: float = 0.0) -> Stroke:
    return [[(x, y), (x + 0.03, y + 0.01)]]


def _ring(x: float, y: float, radius: float, rng: np.random.Generator) -> Stroke:
    start, sweep = float(rng.uniform(-140, -40)), float(rng.uniform(320, 390))
    return [ellipse(x, y, radius * float(rng.uniform(0.8, 1.1)), radius, start, -sweep)]
