"""What stands around digits and is none: rules, cell borders, dots, scribbles, other writing.

Each function draws onto `ink`, (H, W) float32, ink 1.0 on paper 0.0, in place and only makes it
darker. `unit` is the height of the writing in pixels; `level` is how dark the marks are, 0..1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from digit_ocr.synthesis.arcs import ring_around
from digit_ocr.synthesis.restyle import draw_polyline
from digit_ocr.synthesis.strokes import smooth_curve

Ink = npt.NDArray[np.float32]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


def draw_line(
    ink: Ink,
    start: tuple[float, float],
    end: tuple[float, float],
    thickness: float,
    level: float = 1.0,
    dash: tuple[float, float] | None = None,
) -> None:
    """Draw a straight line; `dash` gives the lengths of ink and gap in pixels."""
    if dash is None:
        draw_polyline(ink, np.array([start, end], np.float64), thickness, level)
        return
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    direction = np.array([end[0] - start[0], end[1] - start[1]]) / max(length, 1e-6)
    origin = np.array(start, np.float64)
    for at in np.arange(0, length, max(2.0, sum(dash))):
        piece = np.stack([origin + direction * at, origin + direction * min(length, at + dash[0])])
        draw_polyline(ink, piece, thickness, level)


def random_dash(
    rng: np.random.Generator, unit: float, chance: float = 0.2
) -> tuple[float, float] | None:
    """Return dashes, dots, or (mostly) None for a line without gaps."""
    if rng.random() > chance:
        return None
    if rng.random() < 0.4:
        return (1.0, max(2.0, unit * rng.uniform(0.05, 0.12)))
    return (max(2.0, unit * rng.uniform(0.1, 0.5)), max(2.0, unit * rng.uniform(0.06, 0.25)))


def ruled_lines(
    ink: Ink, rng: np.random.Generator, unit: float, level: float = 1.0, y: float | None = None
) -> None:
    """Draw rules right across the picture, evenly spaced, one of them at `y`."""
    height, width = ink.shape
    spacing = unit * rng.uniform(0.9, 2.2)
    first = rng.uniform(0, spacing) if y is None else y % spacing
    tilt = math.tan(math.radians(rng.normal(0, 1.2))) * width
    thickness = max(0.6, unit * rng.uniform(0.01, 0.05))
    dash = random_dash(rng, unit)
    for row in np.arange(first, height + abs(tilt), spacing):
        draw_line(ink, (-2, row - tilt / 2), (width + 2, row + tilt / 2), thickness, level, dash)
    if rng.random() < 0.2:
        for column in np.arange(rng.uniform(0, spacing), width, spacing):
            ends = ((column + tilt / 2, -2.0), (column - tilt / 2, height + 2.0))
            draw_line(ink, *ends, thickness, level, dash)


def cell_borders(
    ink: Ink,
    rng: np.random.Generator,
    box: Box,
    unit: float,
    level: float = 1.0,
    sides: str | None = None,
) -> None:
    """Draw borders of a cell along some sides of `box`, running on past its corners.

    `sides` is made of l, t, r and b; drawn by chance where None.
    """
    if sides is None:
        sides = "ltrb" if rng.random() < 0.4 else "".join(s for s in "ltrb" if rng.random() < 0.5)
    left, top, right, bottom = box
    thickness = max(0.7, unit * float(np.exp(rng.uniform(np.log(0.015), np.log(0.12)))))
    uneven = rng.random() < 0.3
    overshoot = unit * (rng.uniform(0, 0.5) if rng.random() < 0.5 else 3.0)
    ends = {
        "l": ((left, top - overshoot), (left, bottom + overshoot)),
        "t": ((left - overshoot, top), (right + overshoot, top)),
        "r": ((right, top - overshoot), (right, bottom + overshoot)),
        "b": ((left - overshoot, bottom), (right + overshoot, bottom)),
    }
    turn = rng.normal(0, 0.02)
    dash = random_dash(rng, unit, 0.08)
    for side in sides:
        start, end = ends[side]
        lean = turn + rng.normal(0, 0.006)
        if side in "tb":
            reach = (end[0] - start[0]) * lean / 2
            start, end = (start[0], start[1] - reach), (end[0], end[1] + reach)
        else:
            reach = (end[1] - start[1]) * lean / 2
            start, end = (start[0] + reach, start[1]), (end[0] - reach, end[1])
        own = thickness * (float(np.exp(rng.normal(0, 0.5))) if uneven else 1.0)
        draw_line(ink, start, end, own, level, dash)


def box_corners(ink: Ink, rng: np.random.Generator, box: Box, unit: float, level: float) -> None:
    """Draw the corners of a box: short angles, or the ticks of a comb field."""
    left, top, right, bottom = box
    length = unit * rng.uniform(0.12, 0.4)
    thickness = max(0.7, unit * rng.uniform(0.015, 0.05))
    for x, toward_x in ((left, 1), (right, -1)):
        for y, toward_y in ((top, 1), (bottom, -1)):
            if rng.random() < 0.25:
                continue
            draw_line(ink, (x, y), (x + toward_x * length, y), thickness, level)
            draw_line(ink, (x, y), (x, y + toward_y * length), thickness, level)


def dots(ink: Ink, rng: np.random.Generator, unit: float, level: float, count: int) -> None:
    """Draw dots the size of a full stop or a speck of dirt."""
    height, width = ink.shape
    for _ in range(count):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        size = max(0.8, unit * rng.uniform(0.015, 0.07))
        end = (x + rng.uniform(-0.4, 0.4) * size, y + rng.uniform(-0.4, 0.4) * size)
        draw_line(ink, (x, y), end, size, level * rng.uniform(0.4, 1.0))


def specks(ink: Ink, rng: np.random.Generator, share: float) -> None:
    """Draw single dark pixels over this share of the picture, as dust and poor copies leave."""
    height, width = ink.shape
    count = int(rng.poisson(share * height * width))
    ys, xs = rng.integers(0, height, count), rng.integers(0, width, count)
    levels = rng.uniform(0.2, 1.0, count).astype(np.float32)
    ink[ys, xs] = np.maximum(ink[ys, xs], levels)


def underline(ink: Ink, rng: np.random.Generator, box: Box, unit: float, level: float) -> None:
    """Draw one or two strokes by hand below the box."""
    left, _, right, bottom = box
    y = bottom + unit * rng.uniform(0.05, 0.25)
    thickness = max(0.8, unit * rng.uniform(0.02, 0.08))
    for _ in range(2 if rng.random() < 0.25 else 1):
        points = np.array(
            [
                (left - unit * rng.uniform(-0.1, 0.4), y + rng.normal(0, 0.03) * unit),
                ((left + right) / 2, y + rng.normal(0, 0.04) * unit),
                (right + unit * rng.uniform(-0.1, 0.4), y + rng.normal(0, 0.03) * unit),
            ]
        )
        draw_polyline(ink, smooth_curve(points), thickness, level)
        y += unit * rng.uniform(0.08, 0.15)


def ring(ink: Ink, rng: np.random.Generator, box: Box, unit: float) -> Box:
    """Draw a ring by hand around the box, as around a mark or an answer, and return its own box."""
    points = ring_around(box, unit, rng)
    level, thickness = rng.uniform(0.5, 1), rng.uniform(0.04, 0.13) * unit
    draw_polyline(ink, points, max(0.8, thickness), level)
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    return left, top, right, bottom


def scribble(
    ink: Ink, rng: np.random.Generator, x: float, y: float, unit: float, level: float = 1.0
) -> None:
    """Draw a knot of random strokes about as large as a word around (x, y)."""
    size = unit * rng.uniform(0.4, 1.2)
    wide = rng.uniform(0.5, 2.5)
    count = int(rng.integers(6, 26))
    if rng.random() < 0.4:
        # To and fro, as one blots out a mistake.
        xs = np.linspace(-1, 1, count) + rng.normal(0, 0.15, count)
        ys = np.where(np.arange(count) % 2 == 0, -1, 1) * rng.uniform(0.3, 1.0, count)
        points = np.stack([xs * wide, ys], axis=1)
    else:
        points = rng.uniform(-1, 1, (count, 2)) * (wide, 1)
    points = smooth_curve(points * size / 2) + np.array((x, y))
    draw_polyline(ink, points, max(0.8, unit * rng.uniform(0.02, 0.1)), level)


def smear(ink: Ink, rng: np.random.Generator, unit: float, level: float) -> None:
    """Draw a soft blot: rubbed pencil, a fingerprint, a stain."""
    height, width = ink.shape
    mask = np.zeros((height, width), np.uint8)
    middle = (round(rng.uniform(0, width)), round(rng.uniform(0, height)))
    axes = (
        max(2, round(unit * rng.uniform(0.2, 1.0))),
        max(2, round(unit * rng.uniform(0.08, 0.4))),
    )
    cv2.ellipse(mask, middle, axes, rng.uniform(0, 180), 0, 360, 255, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), max(1.0, axes[1] * rng.uniform(0.2, 0.6)))
    np.maximum(ink, soft.astype(np.float32) * np.float32(level / 255), out=ink)


def paste(ink: Ink, glyph: Ink, x: float, y: float, level: float = 1.0) -> Box:
    """Draw the glyph with its upper left corner at (x, y), cut where the picture ends.

    Returns the glyph's box, cut too.
    """
    height, width = ink.shape
    left, top = round(x), round(y)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + glyph.shape[1]), min(height, top + glyph.shape[0])
    if x1 <= x0 or y1 <= y0:
        return (x0, y0, x0, y0)
    part = glyph[y0 - top : y1 - top, x0 - left : x1 - left]
    region = ink[y0:y1, x0:x1]
    np.maximum(region, part * np.float32(level), out=region)
    return (x0, y0, x1, y1)


def cut_neighbours(
    ink: Ink,
    rng: np.random.Generator,
    draw: Callable[[], Ink],
    box: Box,
    unit: float,
    level: float = 1.0,
    sides: str | None = None,
) -> None:
    """Draw other glyphs beside, above or below the box that reach out of the picture.

    `draw` returns a glyph at any size; it is scaled to about `unit` high. `sides` is made of l, t,
    r and b. A neighbour never covers the box, and little of it is inside the picture.
    """
    height, width = ink.shape
    left, top, right, bottom = box
    if sides is None:
        sides = str(rng.choice(["l", "r", "lr", "t", "b", "tb", "l", "r"]))
    room = {"l": left, "r": width - right, "t": top, "b": height - bottom}
    for side in sides:
        glyph = scale_to(draw(), unit * rng.uniform(0.8, 1.2))
        length = glyph.shape[1] if side in "lr" else glyph.shape[0]
        visible = min(room[side] * 0.9, length * rng.uniform(0.08, 0.6))
        if visible < 1:
            continue
        along_y = top + rng.normal(0, 0.15) * unit
        along_x = left + rng.normal(0, 0.4) * unit
        if side == "l":
            paste(ink, glyph, visible - length, along_y, level)
        elif side == "r":
            paste(ink, glyph, width - visible, along_y, level)
        elif side == "t":
            paste(ink, glyph, along_x, visible - length, level)
        else:
            paste(ink, glyph, along_x, height - visible, level)


def scale_to(glyph: Ink, height_pixels: float, aspect: float = 1.0) -> Ink:
    """Return the glyph this high; `aspect` above 1 makes it wider than it was."""
    height = max(1, round(height_pixels))
    width = max(1, round(glyph.shape[1] * height_pixels / glyph.shape[0] * aspect))
    smaller = height < glyph.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    resized: Ink = cv2.resize(glyph, (width, height), interpolation=how)
    # Sums of areas may come out a rounding error above 1.
    return np.minimum(resized, 1)
