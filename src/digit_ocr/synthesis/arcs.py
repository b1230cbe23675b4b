"""What digits, letters and signs are drawn from: strokes of arcs.

Coordinates are x to the right and y down; what is drawn stands between y = 0 and y = 1. A stroke
is a list of arcs, an arc is a list of points that a smooth curve runs through, and where two arcs
meet there is a corner.
"""

from __future__ import annotations

import math

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
