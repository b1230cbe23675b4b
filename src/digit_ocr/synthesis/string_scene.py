"""Numbers laid out on a line as one writer sets them: spacing, sizes, baseline, signs between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_ocr.synthesis import clutter
from digit_ocr.synthesis.glyphs import Hand
from digit_ocr.synthesis.letters import UNLIKE_DIGITS
from digit_ocr.synthesis.signs import random_sign
from digit_ocr.synthesis.strokes import HEIGHT_PIXELS

SPACE_SHARE, WORD_SHARE = 0.4, 0.1
"""Of what stands between two numbers, nothing and a short word; the others are signs."""
NARROW_SPACE_SHARE = 0.5
"""Of the spaces between printed numbers, and those of a display, those as narrow as in text."""

Ink = NDArray[np.float32]
Rectangle = tuple[float, float, float, float]


@dataclass(slots=True)
class Scene:
    """A piece of paper; `writing` is where the number stands, `height` that of its digits."""

    ink: Ink
    writing: Rectangle
    height: float
    slots: list[Rectangle]
    """Where each digit stands."""


def lay_out(
    hand: Hand,
    numbers: Sequence[Sequence[int]],
    height: float,
    room: float,
    rng: np.random.Generator,
    sign: str | None = None,
) -> Scene:
    """Return the digits of numbers as one writer sets them, with `room` pixels all around.

    Between two numbers is `sign`, or where None a space, any sign or a short word.
    """
    mean_gap, jitter = _spacing(rng) * height, rng.uniform(0.02, 0.12) * height
    if hand.kind == "display":
        mean_gap = max(mean_gap, 0.06 * height)  # Its digits never touch.
    # Forms and careful writers keep a pitch; the others keep a gap.
    pitched = rng.random() < 0.3
    pitch = 0.62 * height + max(0.05 * height, mean_gap)
    size_spread = rng.choice([0.03, 0.08, 0.15])
    # Some hands draw 1s longer than all else: no border, and no slash.
    longer_one = float(rng.uniform(1.05, 1.35)) if rng.random() < 0.25 else 1.0
    rise = np.tan(np.radians(rng.normal(0, 2.0)))
    wander = rng.uniform(0, 0.07) * height
    stretch = float(np.exp(rng.normal(0, 0.12)))
    # Wide digits are low where a hand fits all of them into one box, as MNIST's are.
    widest = 1.0 if rng.random() < 0.35 else 1.6
    glyphs: list[tuple[Ink, float, float]] = []
    slots: list[Rectangle] = []
    x = start = 0.0
    for place, digits in enumerate(numbers):
        if place:
            gap = max(mean_gap, pitch - 0.62 * height) if pitched else mean_gap
            if pitched:
                # After a whole step: a space beside a narrow digit is no wider than a step else.
                x = max(x, start + len(numbers[place - 1]) * pitch - gap / 2)
            if max(map(len, numbers)) == 1:
                # Of lone digits none shows how wide a gap within a number is.
                gap = max(gap, 0.6 * height)
            between, wide = _between(hand, gap, height, rng, sign)
            glyphs += [(ink, x + left, top + x * rise) for ink, left, top in between]
            x += wide
        start = x
        for position, digit in enumerate(digits):
            glyph = hand.digit(digit, rng)
            tall = height * float(np.clip(rng.normal(1, size_spread), 0.6, 1.35))
            tall *= longer_one if digit == 1 else 1.0
            wide = max(1.0, glyph.shape[1] * tall / glyph.shape[0] * stretch)
            if wide > widest * tall:
                # Beyond 1.6 it is the width that gives way.
                tall, wide = (tall * tall / wide, tall) if widest == 1 else (tall, widest * tall)
            glyph = resize_ink(glyph, tall, wide)
            tall, wide = glyph.shape
            if pitched:
                left = start + position * pitch + (pitch - wide) / 2 + rng.normal(0, jitter)
                left = max(left, x - 0.1 * height)
            else:
                # Digits overlap by boxes, seldom by strokes: a 1 under the bar of a 7.
                gap = max(rng.normal(mean_gap, jitter), -0.3 * wide)
                left = x + gap if position else start
            foot = height + left * rise + rng.normal(0, wander)
            glyphs.append((glyph, left, foot - tall))
            slots.append((left, foot - tall, left + wide, foot))
            x = left + wide
    return _paste(glyphs, slots, height, room)


def _between(
    hand: Hand, gap: float, height: float, rng: np.random.Generator, sign: str | None
) -> tuple[list[tuple[Ink, float, float]], float]:
    """Return what stands between two numbers whose digits are `gap` pixels apart, and how wide.

    Glyphs with the left and top of each; 0, 0 is where the number before ends at its top.
    """
    if sign is not None:
        return _sign_between(hand, sign, height, rng)
    kind = rng.random()
    if kind < SPACE_SHARE:
        widths = (0.6, 1.6) if rng.random() < 0.75 else (0.6, 3.2)
        if hand.kind in ("font", "display") and rng.random() < NARROW_SPACE_SHARE:
            widths = (0.3, 0.7)
        return [], max(rng.uniform(*widths) * height, rng.uniform(1.8, 3.0) * gap)
    if kind < SPACE_SHARE + WORD_SHARE:
        before, after = rng.uniform(0.25, 0.8, 2) * height
        letters, wide = short_word(hand, height, rng)
        return [(ink, before + left, top) for ink, left, top in letters], before + wide + after
    return _sign_between(hand, random_sign(rng), height, rng)


def _sign_between(
    hand: Hand, sign: str, height: float, rng: np.random.Generator
) -> tuple[list[tuple[Ink, float, float]], float]:
    apart = (0.25, 0.8) if rng.random() < 0.3 else (0.03, 0.35)
    before, after = rng.uniform(*apart, 2) * height
    glyph, top = sized_sign(hand, sign, height, rng)
    return [(glyph, before, top)], before + glyph.shape[1] + after


def short_word(
    hand: Hand, height: float, rng: np.random.Generator
) -> tuple[list[tuple[Ink, float, float]], float]:
    """Return letters beside digits `height` pixels high, and how wide they are together.

    Each with its left, from that of the first, and its top, from that of the digits.
    """
    count = int(rng.integers(1, 5))
    if hand.sets_words and count > 2:
        ink, top = beside_digits(*hand.word(count, rng), height)
        return [(ink, 0.0, top)], float(ink.shape[1])
    letters: list[tuple[Ink, float, float]] = []
    x = end = 0.0
    for _ in range(count):
        letter = hand.letter(rng, UNLIKE_DIGITS)
        tall = height * rng.uniform(0.55, 1.0)
        wide = letter.shape[1] * tall / max(1, letter.shape[0])
        letter = resize_ink(letter, tall, min(wide, 1.5 * tall))
        letters.append((letter, x, height - letter.shape[0]))
        end = x + letter.shape[1]
        x = end + rng.uniform(0.0, 0.15) * height
    return letters, end


def lettering(
    hand: Hand, text: str, height: float, rng: np.random.Generator
) -> tuple[list[tuple[Ink, float, float]], float]:
    """Return letters and signs beside digits `height` pixels high, as `short_word` does."""
    glyphs: list[tuple[Ink, float, float]] = []
    x = end = 0.0
    for character in text:
        ink, top = sized_sign(hand, character, height, rng)
        glyphs.append((ink, x, top))
        end = x + ink.shape[1]
        x = end + rng.uniform(0.03, 0.15) * height
    return glyphs, end


def sized_sign(hand: Hand, sign: str, height: float, rng: np.random.Generator) -> tuple[Ink, float]:
    """Return a sign of this hand beside digits `height` pixels high, and its top below theirs."""
    return beside_digits(*hand.sign(sign, rng), height)


def beside_digits(ink: Ink, foot: float, height: float) -> tuple[Ink, float]:
    """Return a hand's sign or word beside digits `height` pixels high, and its top below theirs."""
    scale = height / HEIGHT_PIXELS
    ink = resize_ink(ink, ink.shape[0] * scale, ink.shape[1] * scale)
    return ink, foot * height - ink.shape[0]


def blank(width: float, height: float, room: float) -> Scene:
    """Return paper without digits; `writing` is where something else may stand."""
    shape = int(np.ceil(height + 2 * room)) + 1, int(np.ceil(width + 2 * room)) + 1
    writing = (room, room, room + width, room + height)
    return Scene(np.zeros(shape, np.float32), writing, height, [writing])


def _spacing(rng: np.random.Generator) -> float:
    kind = rng.random()
    if kind < 0.3:
        return float(rng.uniform(-0.16, 0.06))
    if kind < 0.8:
        return float(rng.uniform(0.05, 0.35))
    return float(rng.uniform(0.3, 1.1))


def _paste(
    glyphs: list[tuple[Ink, float, float]], slots: list[Rectangle], height: float, room: float
) -> Scene:
    x0, y0 = min(s[0] for s in slots), min(s[1] for s in slots)
    x1, y1 = max(s[2] for s in slots), max(s[3] for s in slots)
    shape = int(np.ceil(y1 - y0 + 2 * room)) + 1, int(np.ceil(x1 - x0 + 2 * room)) + 1
    ink = np.zeros(shape, np.float32)
    for glyph, left, top in glyphs:
        clutter.paste(ink, glyph, left - x0 + room, top - y0 + room)
    dx, dy = room - x0, room - y0
    moved = [(a + dx, b + dy, c + dx, d + dy) for a, b, c, d in slots]
    return Scene(ink, (x0 + dx, y0 + dy, x1 + dx, y1 + dy), height, moved)


def resize_ink(ink: Ink, height: float, width: float) -> Ink:
    """Return the ink at another size, averaged where it shrinks."""
    size = max(1, round(width)), max(2, round(height))
    shrinks = size[1] < ink.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, size, interpolation=how), np.float32)


def draw_line(
    canvas: Ink, start: tuple[float, float], end: tuple[float, float], width: float, level: float
) -> None:
    """Draw a straight stroke, `width` in pixels; thinner than one is paler."""
    level *= min(1.0, width)
    pad = width + 2
    x0, y0 = int(min(start[0], end[0]) - pad), int(min(start[1], end[1]) - pad)
    x1, y1 = int(max(start[0], end[0]) + pad) + 1, int(max(start[1], end[1]) + pad) + 1
    x0, y0 = max(0, x0), max(0, y0)
    window = canvas[y0 : max(y0, y1), x0 : max(x0, x1)]
    if window.size == 0:
        return
    mask = np.zeros(window.shape, np.uint8)
    points = np.array([[start[0] - x0, start[1] - y0], [end[0] - x0, end[1] - y0]])
    fixed = np.clip(points * 16, -30000, 30000).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(mask, [fixed], False, 255, max(1, round(width)), cv2.LINE_AA, 4)
    np.maximum(window, mask * np.float32(level / 255), out=window)
