"""What digits, letters and signs are drawn from: strokes of arcs.

Coordinates are x to the right and y down; what is drawn stands between y = 0 and y = 1. A stroke
is a list of arcs, an arc is a list of points that a smooth curve runs through, and where two arcs
meet there is a corner.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Arc = list[Point]
Stroke = list[Arc]


def ellipse(
    cx: float, cy: float, rx: float, ry: float, start: float, sweep: float, end_radius: float = 1.0
) -> Arc:
    """Return points along an ellipse from the angle `start` through `sweep` degrees, 0 at the
    right and -90 at the top; the last third moves to `end_radius` times the radius."""
    points = []
    count = 5 + int(abs(sweep) / 60)
    for i in range(count):
        t = i / (count - 1)
        angle = math.radians(start + sweep * t)
        radius = 1 + (end_radius - 1) * max(0.0, 3 * t - 2)
        x = cx + rx * radius * math.cos(angle)
        points.append((x, cy + ry * radius * math.sin(angle)))
    return points


def ring_around(
    box: tuple[float, float, float, float], height: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return a ring that a hand draws around what stands in a box, digits so high: points (n, 2).

    Closed or nearly so, and a long one flatter at its sides than an ellipse (Lamé's curve).
    """
    left, top, right, bottom = box
    radii = np.array([right - left, bottom - top]) / 2 + height * rng.uniform(0.05, 0.5, 2)
    centre = np.array([left + right, top + bottom]) / 2 + height * rng.normal(0, 0.06, 2)
    turn = rng.choice((-1, 1)) * np.radians(np.linspace(0, rng.uniform(335, 420), 49))
    turn += np.radians(rng.uniform(-160, -20))
    direction = np.stack([np.cos(turn), np.sin(turn)], 1)
    power = 2 / rng.uniform(2, 2 + min(2.0, 0.4 * radii[0] / radii[1]))
    shape = np.sign(direction) * np.abs(direction) ** power
    swell = np.linspace(1, rng.uniform(0.94, 1.1), 49) + 0.03 * np.sin(2 * turn + rng.uniform(0, 6))
    tilt = np.radians(rng.normal(0, 4)) * min(1.0, 2 * radii[1] / radii[0])
    turned = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    ring: NDArray[np.float64] = centre + (shape * radii * swell[:, None]) @ turned
    return ring
