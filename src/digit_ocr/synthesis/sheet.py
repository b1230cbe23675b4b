"""A sheet to write on: ink of digits and all other ink apart, with where the numbers stand."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_ocr.synthesis import clutter
from digit_ocr.synthesis.glyphs import Hand
from digit_ocr.synthesis.letters import DRAWN_LONE_LETTERS
from digit_ocr.synthesis.strokes import HEIGHT_PIXELS

Ink = NDArray[np.float32]
Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the sheet."""


VARIANTS, LETTERS = 2, 10
SET_WORD_SHARE = 0.7
"""Of the words of a hand that sets them, those so set; the others are letter beside letter."""


class Repertoire:
    """A hand that writes each digit in a few ways and repeats them: drawing anew costs time."""

    def __init__(self, hand: Hand, lone_letters: str = DRAWN_LONE_LETTERS) -> None:
        self.hand = hand
        self.lone_letters = lone_letters
        self.digits: dict[int, list[Ink]] = {}
        self.letters: list[Ink] = []

    def digit(self, digit: int, rng: np.random.Generator) -> Ink:
        known = self.digits.setdefault(digit, [])
        if len(known) < VARIANTS:
            known.append(self.hand.digit(digit, rng))
            return known[-1]
        return known[rng.integers(VARIANTS)]

    def letter(self, rng: np.random.Generator) -> Ink:
        if len(self.letters) < LETTERS:
            self.letters.append(self.hand.letter(rng))
            return self.letters[-1]
        return self.letters[rng.integers(LETTERS)]

    def lone_letter(self, rng: np.random.Generator) -> Ink:
        return self.hand.letter(rng, self.lone_letters)


@dataclass(slots=True)
class Sheet:
    """An upright page, `size` pixels square. `numbers` holds a rectangle for each digit."""

    size: int
    unit: float
    """Pixels of the sheet for one pixel that the network sees."""
    view: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    """Homography from the sheet to the window."""
    side: int = 0
    """Of the window; 0 where all of the sheet is seen."""
    digits: Ink = field(init=False)
    other: Ink = field(init=False)
    numbers: list[list[Rectangle]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.digits = np.zeros((self.size, self.size), np.float32)
        self.other = np.zeros((self.size, self.size), np.float32)

    def sees(self, x: float, y: float, margin: float) -> bool:
        """Return whether a point is within the window or near it: the rest need not be drawn."""
        if not self.side:
            return True
        u, v, w = self.view @ (x, y, 1.0)
        low, high = -margin, self.side + margin
        return bool(low < u / w < high and low < v / w < high)

    def line(
        self, start: tuple[float, float], end: tuple[float, float], level: float, width: float
    ) -> None:
        """Draw a stroke that is no digit; `width` in pixels the network sees."""
        self.curve(np.array([start, end], np.float32), level, width)

    def curve(self, points: NDArray[np.floating], level: float, width: float) -> None:
        """Draw a polyline (n, 2) that is no digit."""
        pixels = width * self.unit
        # OpenCV draws whole pixels: a thinner line is a paler one.
        level *= min(1.0, pixels)
        fixed = np.round(points * 16).astype(np.int32).reshape(-1, 1, 2)
        low = np.floor(points.min(0) - pixels - 2).astype(int).clip(0, self.size)
        high = np.ceil(points.max(0) + pixels + 2).astype(int).clip(0, self.size)
        if (high <= low).any():
            return
        window = self.other[low[1] : high[1], low[0] : high[0]]
        mask = np.zeros(window.shape, np.uint8)
        fixed -= (low * 16).astype(np.int32)
        cv2.polylines(mask, [fixed], False, 255, max(1, round(pixels)), cv2.LINE_AA, 4)
        np.maximum(window, mask.astype(np.float32) * np.float32(level / 255), out=window)

    def write_number(
        self,
        hand: Repertoire,
        text: str,
        left: float,
        baseline: float,
        height: float,
        rng: np.random.Generator,
        *,
        gap: float = 0.15,
        level: float = 1.0,
        slope: float = 0.0,
        wobble: float = 0.06,
    ) -> float:
        """Write digits and return where the number ends; `gap` is a share of the height."""
        boxes: list[Rectangle] = []
        x = left
        for character in text:
            if not self.sees(x, baseline, 1.5 * height):
                x += height * (0.6 + gap)
                continue
            glyph = hand.digit(int(character), rng)
            tall = height * rng.uniform(1 - 1.5 * wobble, 1 + wobble)
            foot = baseline + slope * (x - left) + height * rng.normal(0, wobble / 2)
            box = stand_on_line(self.digits, glyph, x, foot, tall, level)
            boxes.append(box)
            x = box[2] + height * gap * rng.uniform(0.6, 1.4)
        if boxes:
            self.numbers.append(boxes)
        return boxes[-1][2] if boxes else x

    def write_signs(
        self,
        hand: Repertoire,
        text: str,
        left: float,
        baseline: float,
        height: float,
        rng: np.random.Generator,
        level: float = 1.0,
    ) -> float:
        """Write signs and letters as near as the digits of a number, and return where they end."""
        x = left
        for character in text:
            x += height * rng.uniform(0.03, 0.2)
            if not self.sees(x, baseline, 1.5 * height):
                x += 0.5 * height
                continue
            x = self._lay(hand.hand.sign(character, rng), x, baseline, height, level)
        return x

    def _lay(
        self, glyph: tuple[Ink, float], left: float, baseline: float, height: float, level: float
    ) -> float:
        """Lay a hand's sign or word beside digits of this height and return where it ends."""
        ink, foot = glyph
        tall = ink.shape[0] * height / HEIGHT_PIXELS
        return stand_on_line(self.other, ink, left, baseline + (foot - 1) * height, tall, level)[2]

    def write_word(
        self,
        hand: Repertoire,
        letters: int,
        left: float,
        baseline: float,
        height: float,
        rng: np.random.Generator,
        *,
        level: float = 1.0,
        slope: float = 0.0,
    ) -> float:
        """Write letters that are not to be read and return where the word ends."""
        if letters > 1 and hand.hand.sets_words and rng.random() < SET_WORD_SHARE:
            if not self.sees(left, baseline, (1 + letters) * height):
                return left + 0.75 * letters * height
            return self._lay(hand.hand.word(letters, rng), left, baseline, height, level)
        x = left
        gap = rng.choice([rng.uniform(0.02, 0.15), rng.uniform(-0.2, 0.0)], p=[0.75, 0.25])
        if letters > 1 and rng.random() < 0.15:
            return self.scrawl(letters, left, baseline, height, rng, level)
        for place in range(letters):
            if not self.sees(x, baseline, 1.5 * height):
                x += 0.6 * height
                continue
            glyph = hand.letter(rng) if letters > 1 else hand.lone_letter(rng)
            tall = height * (1.0 if place == 0 else rng.choice([0.68, 0.72, 1.0, 0.75]))
            foot = baseline + slope * (x - left) + height * rng.choice([0, 0, 0, 0.12])
            box = stand_on_line(self.other, glyph, x, foot, tall, level)
            x = box[2] + height * gap * rng.uniform(0.3, 1.7)
        return x

    def scrawl(
        self,
        letters: int,
        left: float,
        baseline: float,
        height: float,
        rng: np.random.Generator,
        level: float = 1.0,
    ) -> float:
        """Write a joined word that nobody can read and return where it ends."""
        turns = np.arange(0, letters * 2 * np.pi, 0.35)
        swing = (
            0.25
            * height
            * np.interp(
                turns, np.arange(letters + 1) * 2 * np.pi, rng.choice([1, 1, 1.2, 2.6], letters + 1)
            )
        )
        x = left + turns * height * rng.uniform(0.05, 0.1) + 0.5 * swing * np.cos(turns)
        y = baseline - swing + swing * np.sin(turns)
        thin = max(0.8, rng.uniform(0.06, 0.13) * height / self.unit)
        self.curve(np.stack([x, y], 1), level, thin)
        return float(x.max())

    def draw_ring(self, number: int, rng: np.random.Generator) -> None:
        """Draw a ring around a number, which stays one."""
        boxes = np.array(self.numbers[number])
        left, top = boxes[:, :2].min(0).tolist()
        right, bottom = boxes[:, 2:].max(0).tolist()
        tall = float(boxes[0, 3] - boxes[0, 1])
        clutter.ring(self.other, rng, (left, top, right, bottom), tall)

    def cross_out(self, number: int, rng: np.random.Generator) -> None:
        """Scribble over a number, which then is none any more."""
        boxes = np.array(self.numbers.pop(number))
        left, top = np.floor(boxes[:, :2].min(0)).astype(int).clip(0, self.size)
        right, bottom = np.ceil(boxes[:, 2:].max(0)).astype(int).clip(0, self.size)
        here = (slice(top, bottom), slice(left, right))
        self.other[here] = np.maximum(self.other[here], self.digits[here])
        self.digits[here] = 0
        tall = float(boxes[0, 3] - boxes[0, 1])
        strokes = 3 + int((right - left) / max(tall, 1) * rng.integers(4, 9))
        x = np.linspace(left - 0.1 * tall, right + 0.1 * tall, strokes)
        y = np.where(np.arange(strokes) % 2 == 0, top, bottom) + rng.normal(0, 0.1 * tall, strokes)
        self.curve(np.stack([x, y], 1), 1.0, max(0.9, 0.1 * tall / self.unit))


def stand_on_line(
    canvas: Ink, glyph: Ink, left: float, baseline: float, height: float, level: float
) -> Rectangle:
    """Lay tight ink onto the canvas, darker wins, and return where it came to stand."""
    tall = max(2, round(height))
    wide = max(1, round(glyph.shape[1] * tall / glyph.shape[0]))
    scaled = cv2.resize(glyph, (wide, tall), interpolation=cv2.INTER_AREA) * np.float32(level)
    x, y = round(left), round(baseline) - tall
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + wide, canvas.shape[1]), min(y + tall, canvas.shape[0])
    if x1 > x0 and y1 > y0:
        window = canvas[y0:y1, x0:x1]
        np.maximum(window, scaled[y0 - y : y1 - y, x0 - x : x1 - x], out=window)
    return float(x), float(y), float(x + wide), float(y + tall)
