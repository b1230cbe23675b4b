"""One line of writing made ready for the number reader: found, levelled, scaled, normalised.

What `prepare_line` is not sure about (borders, rules, neighbours) stays in the strip: it only
decides where the writing stands and how high it is. The reader is trained on such strips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.imaging.line_ink import line_ink
from digit_ocr.results import Box

Quad = Sequence[tuple[float, float]]
"""Corners of a tilted box: top left, top right, bottom right, bottom left."""

STRIP_HEIGHT = 32
WRITING_HEIGHT = 24
MAX_STRIP_WIDTH = 1024
MAX_ENLARGEMENT = 4.0
SIDE_MARGIN = 6
MIN_STRIP_WIDTH = 32
MAX_CROP_HEIGHT = 96
"""Crops are reduced to this height before anything is measured in them."""


@dataclass(frozen=True, slots=True)
class LineStrip:
    """A line ready to read, and the way back to the picture.

    image: (32, width) float32, ink 1.0 on paper 0.0, the writing about 24 high
    corners: of the strip in the picture: top left, top right, bottom right, bottom left
    writing: first and last row of the writing within the strip
    """

    image: NDArray[np.float32]
    corners: tuple[tuple[float, float], ...]
    writing: tuple[float, float]

    def to_picture(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """Return the upright box in the picture that holds this box of the strip."""
        height, width = self.image.shape
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        points = []
        for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)):
            u, v = x / width, y / height
            points.append(
                (
                    (ax * (1 - u) + bx * u) * (1 - v) + (dx * (1 - u) + cx * u) * v,
                    (ay * (1 - u) + by * u) * (1 - v) + (dy * (1 - u) + cy * u) * v,
                )
            )
        xs, ys = zip(*points, strict=True)
        left, top = int(np.floor(min(xs))), int(np.floor(min(ys)))
        return left, top, max(left + 1, int(np.ceil(max(xs)))), max(top + 1, int(np.ceil(max(ys))))


def prepare_line(
    grey: NDArray[np.uint8],
    region: Box | Quad | None = None,
    dark_on_light: bool | None = None,
) -> LineStrip:
    """Return the line of writing in a region (default: the whole picture) as a strip to read.

    grey: (height, width) uint8, the upright picture
    region: upright box, or the four corners of a tilted one
    dark_on_light: the polarity, where it is known from the whole page
    """
    corners = _corners(region, grey.shape)
    crop = line_ink(_reduced(_cut(grey, region)), dark_on_light)
    height, width = crop.shape
    left, top, right, bottom = find_writing(crop)

    scale = min(WRITING_HEIGHT / (bottom - top), MAX_ENLARGEMENT)
    scale = min(scale, (MAX_STRIP_WIDTH - 2 * SIDE_MARGIN) / (right - left))
    middle = (top + bottom) / 2
    y0, y1 = middle - STRIP_HEIGHT / scale / 2, middle + STRIP_HEIGHT / scale / 2
    x0, x1 = left - SIDE_MARGIN / scale, right + SIDE_MARGIN / scale
    strip_width = max(MIN_STRIP_WIDTH, round((x1 - x0) * scale))
    x0, x1 = _widened(x0, x1, strip_width / scale)

    strip = _resize(crop, (x0, y0, x1, y1), strip_width)
    strip_corners = tuple(
        _bilinear(corners, x / width, y / height)
        for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    )
    return LineStrip(_stretch(strip), strip_corners, ((top - y0) * scale, (bottom - y0) * scale))


def find_writing(ink: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of the writing; all of the picture where none stands out.

    Rules, borders, specks and what a neighbouring line leaves at the edge do not count for the
    height; every ink but specks counts for the width.
    """
    height, width = ink.shape
    whole = (0.0, 0.0, float(width), float(height))
    mask = ink > max(0.15, 0.4 * _strong(ink, max(3, ink.size // 200)))
    if not mask.any():
        return whole
    parts = _Parts(mask)
    clear = parts.area >= max(3, 0.003 * height * height)
    if not clear.any():
        return whole
    left, right = float(parts.left[clear].min()), float(parts.right[clear].max())

    writing = _Parts(mask & ~_lines(mask))
    kept = _writing_parts(writing, height, width)
    if not kept.any():
        writing, kept = parts, clear
    top, bottom = float(writing.top[kept].min()), float(writing.bottom[kept].max())
    # A dash or a dot is not the height of the line.
    least = min(float(height), max(6.0, 0.2 * height))
    if bottom - top < least:
        middle = (top + bottom) / 2
        top, bottom = middle - least / 2, middle + least / 2
    return left, top, right, bottom


class _Parts:
    """Connected parts of a mask as arrays, one entry each: box (right, bottom exclusive), area."""

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        labels = cc3d.connected_components(mask.view(np.uint8), connectivity=8)
        statistics = cc3d.statistics(labels, no_slice_conversion=True)
        boxes = statistics["bounding_boxes"][1:].astype(np.int64)
        self.area = statistics["voxel_counts"][1:].astype(np.int64)
        self.top, self.bottom = boxes[:, 0], boxes[:, 1] + 1
        self.left, self.right = boxes[:, 2], boxes[:, 3] + 1


def _writing_parts(parts: _Parts, height: int, width: int) -> NDArray[np.bool_]:
    """Return which parts give the line its height."""
    tall, wide = parts.bottom - parts.top, parts.right - parts.left
    clear = parts.area >= max(3, 0.003 * height * height)
    at_edge = (parts.top == 0) | (parts.bottom == height)
    # Remains of rules and of the lines above and below: flat, or cut by the edge and small.
    flat = (wide > 4 * tall) & (tall < 0.2 * height)
    remains = at_edge & (tall < 0.3 * height)
    # Remains of a border: a thin upright along the side of the picture.
    beside = ((parts.left <= 0.04 * width) | (parts.right >= 0.96 * width)) & (
        wide < 0.15 * tall + 2
    )
    candidates = clear & ~flat & ~remains
    if (candidates & ~beside).any():
        candidates &= ~beside | ((tall < 0.85 * height) & ~at_edge)
    if not candidates.any():
        return candidates
    # Dots, commas and other small marks near the digits do not count.
    tallest = np.max(tall[candidates])
    return candidates & (tall >= 0.4 * tallest)


def _lines(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which ink belongs to long straight lines: rules across, borders at the sides."""
    height, width = mask.shape
    across = _in_long_runs(mask, max(1.2 * height, min(0.55 * width, 2.5 * height)))
    # Along the top and the foot, what crosses all of a narrow cell is its border.
    edge = max(2, round(0.15 * height))
    crossing = _in_long_runs(mask, 0.85 * width)
    crossing[edge : height - edge] = False
    across |= crossing
    upright = _in_long_runs(mask.T, 0.9 * height).T
    # An upright that fills the height may be a 1, except along the sides.
    side = max(2, round(min(0.12 * width, 0.3 * height)))
    upright[:, side : width - side] = False
    return np.asarray(across | upright)


def _in_long_runs(mask: NDArray[np.bool_], min_length: float) -> NDArray[np.bool_]:
    """Return which pixels lie in unbroken horizontal runs of at least this length."""
    rows, columns = mask.shape
    if min_length > columns:
        return np.zeros_like(mask)
    # Lines wander over rows by tilt: join each row with its neighbours before measuring runs.
    joined = mask.copy()
    joined[1:] |= mask[:-1]
    joined[:-1] |= mask[1:]
    padded = np.zeros((rows, columns + 2), np.int8)
    padded[:, 1:-1] = joined
    steps = np.diff(padded, axis=1)
    start_rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    long = (ends - starts) >= min_length
    found = np.zeros_like(mask)
    for row, start, end in zip(start_rows[long], starts[long], ends[long], strict=True):
        found[row, start:end] = True
    return found & mask


def _corners(region: Box | Quad | None, shape: tuple[int, ...]) -> tuple[tuple[float, float], ...]:
    if region is None:
        region = (0, 0, shape[1], shape[0])
    if len(region) == 4 and not isinstance(region[0], Sequence | np.ndarray):
        x0, y0, x1, y1 = region  # type: ignore[misc]
        return (x0, y0), (x1, y0), (x1, y1), (x0, y1)  # type: ignore[return-value]
    return tuple((float(x), float(y)) for x, y in region)  # type: ignore[misc]


def _cut(grey: NDArray[np.uint8], region: Box | Quad | None) -> NDArray[np.uint8]:
    """Return the region upright and level, at the picture's own resolution."""
    if region is None:
        return grey
    corners = _corners(region, grey.shape)
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


def _reduced(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = crop.shape
    if height <= MAX_CROP_HEIGHT:
        return np.ascontiguousarray(crop)
    size = max(1, round(width * MAX_CROP_HEIGHT / height)), MAX_CROP_HEIGHT
    picture = Image.fromarray(np.ascontiguousarray(crop))
    return np.asarray(picture.resize(size, Image.Resampling.BOX, reducing_gap=None), np.uint8)


def _bilinear(corners: tuple[tuple[float, float], ...], u: float, v: float) -> tuple[float, float]:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    return (
        (ax * (1 - u) + bx * u) * (1 - v) + (dx * (1 - u) + cx * u) * v,
        (ay * (1 - u) + by * u) * (1 - v) + (dy * (1 - u) + cy * u) * v,
    )


def _widened(x0: float, x1: float, width: float) -> tuple[float, float]:
    more = (width - (x1 - x0)) / 2
    return x0 - more, x1 + more


def _resize(
    ink: NDArray[np.float32], box: tuple[float, float, float, float], width: int
) -> NDArray[np.float32]:
    """Return the box of the ink as (32, width); outside of the picture is paper."""
    x0, y0, x1, y1 = box
    height, full = ink.shape
    before = max(0, int(np.ceil(-y0))), max(0, int(np.ceil(-x0)))
    after = max(0, int(np.ceil(y1)) - height), max(0, int(np.ceil(x1)) - full)
    if max(*before, *after) > 0:
        ink = np.pad(ink, ((before[0], after[0]), (before[1], after[1])))
    within = (x0 + before[1], y0 + before[0], x1 + before[1], y1 + before[0])
    size = ink.shape[1], ink.shape[0]
    within = (
        max(0.0, within[0]),
        max(0.0, within[1]),
        min(size[0], within[2]),
        min(size[1], within[3]),
    )
    picture = Image.fromarray(np.ascontiguousarray(ink))
    resized = picture.resize((width, STRIP_HEIGHT), Image.Resampling.BILINEAR, box=within)
    return np.asarray(resized, np.float32)


def _stretch(strip: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the strip with its dark strokes at 1 (never amplified more than fourfold)."""
    strong = _strong(strip, max(4, strip.size // 50))
    return np.clip(strip / max(strong, 0.25), 0.0, 1.0).astype(np.float32)


def _strong(ink: NDArray[np.float32], count: int) -> float:
    """Return the ink that this many pixels reach."""
    count = min(count, ink.size)
    return float(np.partition(ink.ravel(), ink.size - count)[ink.size - count])
