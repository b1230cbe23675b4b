"""A number laid out on paper with what stands around it: cells, boxes, rules, dots, neighbours."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.float32]
Rectangle = tuple[float, float, float, float]


class Hand(Protocol):
    """One writer: tight ink (height, width) float32 of a digit or a letter."""

    def digit(self, digit: int, rng: np.random.Generator) -> Ink: ...

    def letter(self, rng: np.random.Generator) -> Ink: ...


@dataclass(slots=True)
class Scene:
    """A piece of paper; `writing` is where the number stands, `height` that of its digits."""

    ink: Ink
    writing: Rectangle
    height: float
    slots: list[Rectangle]
    """Where each digit stands."""


def lay_out(
    hand: Hand, digits: list[int], height: float, room: float, rng: np.random.Generator
) -> Scene:
    """Return the digits as one writer sets them side by side, with `room` pixels all around."""
    mean_gap, jitter = _spacing(rng) * height, rng.uniform(0.02, 0.12) * height
    # Forms and careful writers keep a pitch; the others keep a gap.
    pitched = rng.random() < 0.3
    pitch = 0.62 * height + max(0.05 * height, mean_gap)
    size_spread = rng.choice([0.03, 0.08, 0.15])
    rise = np.tan(np.radians(rng.normal(0, 2.0)))
    wander = rng.uniform(0, 0.07) * height
    stretch = float(np.exp(rng.normal(0, 0.12)))
    glyphs: list[tuple[Ink, float, float]] = []
    slots: list[Rectangle] = []
    x = 0.0
    for position, digit in enumerate(digits):
        glyph = hand.digit(digit, rng)
        tall = height * float(np.clip(rng.normal(1, size_spread), 0.6, 1.35))
        wide = max(1.0, glyph.shape[1] * tall / glyph.shape[0] * stretch)
        glyph = resize_ink(glyph, tall, min(wide, 1.6 * tall))
        tall, wide = glyph.shape
        if pitched:
            left = position * pitch + (pitch - wide) / 2 + rng.normal(0, jitter)
            left = max(left, x - 0.1 * height)
        else:
            # Digits overlap by boxes, seldom by strokes: a 1 under the bar of a 7.
            left = x + max(rng.normal(mean_gap, jitter), -0.3 * wide) if position else 0.0
        foot = height + left * rise + rng.normal(0, wander)
        glyphs.append((glyph, left, foot - tall))
        slots.append((left, foot - tall, left + wide, foot))
        x = left + wide
    return _paste(glyphs, slots, height, room)


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
    if not slots:
        slots = [(0.0, 0.0, height, height)]
    x0, y0 = min(s[0] for s in slots), min(s[1] for s in slots)
    x1, y1 = max(s[2] for s in slots), max(s[3] for s in slots)
    shape = int(np.ceil(y1 - y0 + 2 * room)) + 1, int(np.ceil(x1 - x0 + 2 * room)) + 1
    ink = np.zeros(shape, np.float32)
    for glyph, left, top in glyphs:
        add_ink(ink, glyph, left - x0 + room, top - y0 + room)
    dx, dy = room - x0, room - y0
    moved = [(a + dx, b + dy, c + dx, d + dy) for a, b, c, d in slots]
    return Scene(ink, (x0 + dx, y0 + dy, x1 + dx, y1 + dy), height, moved)


def resize_ink(ink: Ink, height: float, width: float) -> Ink:
    """Return the ink at another size, averaged where it shrinks."""
    size = max(1, round(width)), max(2, round(height))
    shrinks = size[1] < ink.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, size, interpolation=how), np.float32)


def add_ink(canvas: Ink, ink: Ink, left: float, top: float, level: float = 1.0) -> None:
    """Write ink onto the canvas; what falls off its edges is cut."""
    x, y = round(left), round(top)
    height, width = ink.shape
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(canvas.shape[1], x + width), min(canvas.shape[0], y + height)
    if x1 <= x0 or y1 <= y0:
        return
    target = canvas[y0:y1, x0:x1]
    piece = ink[y0 - y : y1 - y, x0 - x : x1 - x]
    np.maximum(target, piece if level == 1.0 else piece * np.float32(level), out=target)


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


def draw_cell(scene: Scene, cell: Rectangle, rng: np.random.Generator) -> None:
    """Draw the borders of a table cell: any of its sides, through or next to what is written."""
    x0, y0, x1, y1 = cell
    height, width = scene.ink.shape
    thick, level = _pen(scene, rng)
    lean = np.tan(np.radians(rng.normal(0, 1.2)))
    for side in range(4):
        if rng.random() < 0.35:
            continue
        if side < 2:
            y = y0 if side == 0 else y1
            rise = lean * width
            draw_line(scene.ink, (-2, y), (width + 2, y + rise), thick, level)
        else:
            x = x0 if side == 2 else x1
            run = -lean * height
            draw_line(scene.ink, (x, -2), (x + run, height + 2), thick, level)


def draw_boxes(scene: Scene, rng: np.random.Generator) -> None:
    """Draw a box around each digit, as forms have them, with or without empty boxes after."""
    h = scene.height
    thick, level = _pen(scene, rng)
    top = scene.writing[1] - rng.uniform(0.05, 0.45) * h
    bottom = scene.writing[3] + rng.uniform(0.05, 0.45) * h
    centres = [(s[0] + s[2]) / 2 for s in scene.slots]
    pitch = (centres[-1] - centres[0]) / max(1, len(centres) - 1) if len(centres) > 1 else 1.3 * h
    pitch = max(pitch, 0.7 * h)
    edges = [(a + b) / 2 for a, b in itertools.pairwise(centres)]
    edges = [centres[0] - pitch / 2, *edges, centres[-1] + pitch / 2]
    while rng.random() < 0.3 and len(edges) < 24:
        edges.append(edges[-1] + pitch)
    comb = rng.random() < 0.2
    start = bottom - 0.3 * h if comb else top
    for x in edges:
        draw_line(scene.ink, (x, start), (x, bottom), thick, level)
    for y in (bottom,) if comb else (top, bottom):
        draw_line(scene.ink, (edges[0], y), (edges[-1], y), thick, level)


def draw_rules(scene: Scene, rng: np.random.Generator) -> None:
    """Draw ruled or squared paper; one of its lines lies near the feet of the digits, or not."""
    height, width = scene.ink.shape
    h = scene.height
    level, thick = rng.uniform(0.12, 0.8), max(0.5, rng.uniform(0.02, 0.08) * h)
    pitch = h * rng.uniform(1.1, 2.4)
    y = scene.writing[3] + (rng.normal(0, 0.12) * h if rng.random() < 0.6 else rng.uniform(-h, h))
    rise = np.tan(np.radians(rng.normal(0, 1.5))) * width
    for k in range(-3, 4):
        draw_line(scene.ink, (-2, y + k * pitch), (width + 2, y + k * pitch + rise), thick, level)
    if rng.random() < 0.25:
        x = rng.uniform(0, pitch)
        for k in range(int(width / pitch) + 1):
            draw_line(
                scene.ink, (x + k * pitch, -2), (x + k * pitch - rise, height + 2), thick, level
            )


def draw_underline(scene: Scene, rng: np.random.Generator) -> None:
    """Draw one or two strokes, a row of dots or a bracket under the number."""
    x0, _, x1, y1 = scene.writing
    h = scene.height
    y = y1 + rng.uniform(-0.04, 0.3) * h
    x0, x1 = x0 - rng.uniform(-0.2, 0.5) * h, x1 + rng.uniform(-0.2, 0.5) * h
    width = max(0.8, rng.uniform(0.04, 0.12) * h)
    kind = rng.random()
    if kind < 0.6:
        for _ in range(1 if rng.random() < 0.8 else 2):
            tilt = rng.normal(0, 0.05) * h
            draw_line(scene.ink, (x0, y + tilt), (x1, y - tilt), width, rng.uniform(0.6, 1))
            y += 0.15 * h
    else:
        step = rng.uniform(0.12, 0.3) * h
        for x in np.arange(x0, x1, max(2.0, step)):
            draw_line(scene.ink, (x, y), (x + 0.04 * h, y), width, 0.9)


def draw_dots(scene: Scene, rng: np.random.Generator) -> None:
    """Draw a few specks and dots anywhere, and sometimes a row of leader dots beside the number."""
    h = scene.height
    height, width = scene.ink.shape
    for _ in range(int(rng.integers(1, 6))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        size = rng.uniform(0.03, 0.13) * h
        draw_line(
            scene.ink, (x, y), (x + size * rng.random(), y), max(1, size), rng.uniform(0.3, 1)
        )


def draw_mark(scene: Scene, rng: np.random.Generator, right: bool) -> None:
    """Draw what ends a number: a point, comma, dash, colon, bracket, slash or tick."""
    x0, y0, x1, y1 = scene.writing
    h = scene.height
    pen = max(0.8, rng.uniform(0.05, 0.13) * h)
    gap = rng.uniform(0.1, 0.5) * h
    kind = rng.choice(["point", "comma", "dash", "colon", "bracket", "equals"])
    x = x1 + gap if right else x0 - gap
    away = 1.0 if right else -1.0
    if kind == "point":
        draw_line(scene.ink, (x, y1), (x + 0.3, y1), pen * 1.3, 1)
    elif kind == "comma":
        draw_line(scene.ink, (x, y1 - 0.05 * h), (x - 0.1 * h, y1 + 0.2 * h), pen, 1)
    elif kind == "dash":
        y = (y0 + y1) / 2 + rng.normal(0, 0.06) * h
        draw_line(scene.ink, (x, y), (x + away * rng.uniform(0.2, 0.7) * h, y), pen, 1)
    elif kind == "colon":
        for y in (y1 - 0.1 * h, y0 + 0.4 * h):
            draw_line(scene.ink, (x, y), (x + 0.3, y), pen * 1.2, 1)
    elif kind == "equals":
        for y in (y0 + 0.4 * h, y0 + 0.65 * h):
            draw_line(scene.ink, (x, y), (x + away * 0.5 * h, y), pen, 1)
    else:
        # Round brackets, bent enough not to be a 1.
        bend = 0.18 * h * away
        middle = (y0 + y1) / 2
        draw_line(scene.ink, (x, y0 - 0.1 * h), (x + bend, middle), pen, 1)
        draw_line(scene.ink, (x + bend, middle), (x, y1 + 0.1 * h), pen, 1)


def add_letters(scene: Scene, hand: Hand, rng: np.random.Generator) -> None:
    """Write a word before or after the number, a word space away."""
    h = scene.height
    right = rng.random() < 0.6
    x0, _, x1, y1 = scene.writing
    x = x1 + rng.uniform(0.35, 0.9) * h if right else x0 - rng.uniform(0.35, 0.9) * h
    for _ in range(int(rng.integers(1, 5))):
        letter = hand.letter(rng)
        tall = h * rng.uniform(0.55, 1.0)
        wide = letter.shape[1] * tall / max(1, letter.shape[0])
        letter = resize_ink(letter, tall, min(wide, 1.5 * tall))
        left = x if right else x - letter.shape[1]
        add_ink(scene.ink, letter, left, y1 - tall)
        step = letter.shape[1] + rng.uniform(0.0, 0.15) * h
        x += step if right else -step


def add_neighbours(scene: Scene, hand: Hand, rng: np.random.Generator) -> None:
    """Write parts of the lines above and below, a line's pitch away from the number."""
    h = scene.height
    x0, y0, x1, y1 = scene.writing
    for above in (True, False):
        if rng.random() < 0.45:
            continue
        x = x0 + rng.uniform(-1, 1) * h
        while x < x1 + 0.5 * h:
            glyph = hand.digit(int(rng.integers(10)), rng)
            tall = h * rng.uniform(0.8, 1.1)
            glyph = resize_ink(glyph, tall, glyph.shape[1] * tall / glyph.shape[0])
            gap = rng.uniform(0.2, 0.7) * h
            top = y0 - gap - tall if above else y1 + gap
            add_ink(scene.ink, glyph, x, top)
            x += glyph.shape[1] + rng.uniform(0.1, 0.6) * h


def _pen(scene: Scene, rng: np.random.Generator) -> tuple[float, float]:
    """Return width in pixels and darkness of a printed line."""
    return max(0.7, rng.uniform(0.02, 0.12) * scene.height), float(rng.uniform(0.25, 1.0))
