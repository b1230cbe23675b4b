"""Regions of a picture: upright boxes and tilted ones, cut out level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.results import Box

Point = tuple[float, float]
Quad = Sequence[Point]
"""Corners of a tilted box: top left, top right, bottom right, bottom left."""
Corners = tuple[Point, Point, Point, Point]


def corners_of(region: Box | Quad | None, shape: tuple[int, ...]) -> Corners:
    """Return the corners of a region of a picture (height, width); None is all of it."""
    if region is None:
        region = (0, 0, shape[1], shape[0])
    if isinstance(region[0], Sequence | np.ndarray):
        return cast(Corners, tuple((float(x), float(y)) for x, y in cast(Quad, region)))
    x0, y0, x1, y1 = cast(Box, region)
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def point_within(corners: Corners, u: float, v: float) -> Point:
    """Return the point at the shares `u` of the width and `v` of the height."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    return (
        (ax * (1 - u) + bx * u) * (1 - v) + (dx * (1 - u) + cx * u) * v,
        (ay * (1 - u) + by * u) * (1 - v) + (dy * (1 - u) + cy * u) * v,
    )


def cut_region(grey: NDArray[np.uint8], region: Box | Quad | None) -> NDArray[np.uint8]:
    """Return the region upright and level, at the picture's own resolution."""
    if region is None:
        return grey
    corners = corners_of(region, grey.shape)
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    if ay == by and bx == cx and cy == dy and dx == ax:
        x0, y0, x1, y1 = (round(v) for v in (ax, ay, cx, cy))
        height, width = grey.shape
        if 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height:
            return grey[y0:y1, x0:x1]
    width = max(1, round((np.hypot(bx - ax, by - ay) + np.hypot(cx - dx, cy - dy)) / 2))
    height = max(1, round((np.hypot(dx - ax, dy - ay) + np.hypot(cx - bx, cy - by)) / 2))
    # Only what the region covers is touched: a page may hold a hundred regions.
    xs, ys = zip(*corners, strict=True)
    x0, y0 = max(0, int(min(xs)) - 2), max(0, int(min(ys)) - 2)
    x1, y1 = max(x0 + 1, int(max(xs)) + 3), max(y0 + 1, int(max(ys)) + 3)
    window = grey[y0:y1, x0:x1]
    if window.size == 0:
        return np.full((height, width), 255, np.uint8)
    quad = tuple(v - o for v, o in zip((ax, ay, dx, dy, cx, cy, bx, by), (x0, y0) * 4, strict=True))
    fill = int(np.median(window))
    cut = Image.fromarray(np.ascontiguousarray(window)).transform(
        (width, height), Image.Transform.QUAD, quad, Image.Resampling.BILINEAR, fillcolor=fill
    )
    return np.asarray(cut, np.uint8)
