"""What stands around numbers on paper: cells, boxes, rules, dots, signs, letters, neighbours."""

from __future__ import annotations

import itertools
import math

import numpy as np

from digit_ocr.synthesis import clutter
from digit_ocr.synthesis.glyphs import Hand
from digit_ocr.synthesis.signs import random_sign, random_surroundings, random_unit_sign
from digit_ocr.synthesis.string_scene import (
    Rectangle,
    Scene,
    draw_line,
    lettering,
    resize_ink,
    short_word,
    sized_sign,
)


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
    if rng.random() < 0.4:
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


def draw_ring(scene: Scene, rng: np.random.Generator) -> None:
    """Draw a ring around what is written, as around a mark or an answer."""
    left, top, right, bottom = scene.writing
    x0, y0, x1, y1 = clutter.ring(scene.ink, rng, scene.writing, scene.height)
    if rng.random() < 0.6:
        # A crop holds the ring; the box around found digits cuts it.
        scene.writing = min(left, x0), min(top, y0), max(right, x1), max(bottom, y1)


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


def draw_mark(scene: Scene, hand: Hand, rng: np.random.Generator, right: bool) -> None:
    """Write a sign before or after the number: what ends it, or a plus or minus before it."""
    x0, _, x1, y1 = scene.writing
    gap = rng.uniform(0.1, 0.5) * scene.height
    ink, top = sized_sign(hand, random_sign(rng), scene.height, rng)
    left = x1 + gap if right else x0 - gap - ink.shape[1]
    # The writing rises or falls: its lower edge is nearer to the last digit's foot.
    clutter.paste(scene.ink, ink, left, y1 - scene.height + top)


def add_unit(scene: Scene, hand: Hand, rng: np.random.Generator, right: bool) -> None:
    """Write the sign of what the number counts, such as a percent sign."""
    attach(scene, hand, random_unit_sign(rng, right), rng, right)


def add_surroundings(scene: Scene, hand: Hand, rng: np.random.Generator) -> None:
    """Write brackets, marks, a unit or a letter right beside the number."""
    before, after = random_surroundings(rng, hand.kind == "font")
    if before:
        attach(scene, hand, before, rng, right=False)
    if after:
        attach(scene, hand, after, rng, right=True)


def attach(scene: Scene, hand: Hand, text: str, rng: np.random.Generator, right: bool) -> None:
    """Write a text as near to the number as its next digit: it belongs to what is written."""
    glyphs, wide = lettering(hand, text, scene.height, rng)
    gap = rng.uniform(0.03, 0.35) * scene.height
    widen(scene, math.ceil(wide + gap), right)
    x0, y0, x1, y1 = scene.writing
    left = x1 + gap if right else x0 - gap - wide
    for ink, start, top in glyphs:
        clutter.paste(scene.ink, ink, left + start, y1 - scene.height + top)
    scene.writing = min(x0, left), y0, max(x1, left + wide), y1


def widen(scene: Scene, pixels: int, right: bool) -> None:
    """Add paper on one side."""
    scene.ink = np.pad(scene.ink, ((0, 0), (0, pixels) if right else (pixels, 0)))
    if not right:
        shift = np.array([pixels, 0, pixels, 0])
        scene.writing = tuple((shift + scene.writing).tolist())
        scene.slots = [tuple((shift + slot).tolist()) for slot in scene.slots]


def add_letters(scene: Scene, hand: Hand, rng: np.random.Generator) -> None:
    """Write a word before or after the number, a word space away."""
    h = scene.height
    right = rng.random() < 0.6
    x0, _, x1, y1 = scene.writing
    letters, wide = short_word(hand, h, rng)
    space = rng.uniform(0.35, 0.9) * h
    start = x1 + space if right else x0 - space - wide
    for letter, left, top in letters:
        clutter.paste(scene.ink, letter, start + left, y1 - h + top)


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
            clutter.paste(scene.ink, glyph, x, top)
            x += glyph.shape[1] + rng.uniform(0.1, 0.6) * h


def _pen(scene: Scene, rng: np.random.Generator) -> tuple[float, float]:
    """Return width in pixels and darkness of a printed line."""
    return max(0.7, rng.uniform(0.02, 0.12) * scene.height), float(rng.uniform(0.25, 1.0))
