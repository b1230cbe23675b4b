"""Where the numbers of a picture stand: the page network's maps at several scales, made boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.imaging.components import find_components
from digit_ocr.inference.load import Model

STRIDE, MULTIPLE = 4, 16
"""Pixels for one cell of the maps; sides of the network's input are multiples of the other."""
LONGEST_SIDE = 1920
"""Larger pictures are reduced to this: a page's smallest digits still have some 12 pixels."""
LEAST_AREA = LONGEST_SIDE * LONGEST_SIDE // 2
"""In pixels: a roll of paper far longer than wide is not reduced to less than this."""
LEVEL_STEP = 1.6
"""From one scale to the next, so that every height is well readable at one scale or two."""
SMALLEST_SIDE = 64
"""At the coarsest scale a digit that fills the picture is still within the network's range."""
FILLING, FILLING_CONFIDENCE = 0.35, 0.85
"""Share of the picture's shorter side from which so sure a number leaves no room for others that
are far smaller: no finer scale is looked at."""
BAND_THRESHOLD, INK_THRESHOLD = 0.45, 0.5
LEAST_BOX_CONFIDENCE = 0.7
EDGE = 2.0
"""Pixels from the middle of the outermost cell with ink to the end of the digit."""
READABLE_HEIGHT = (12.0, 36.0)
"""Digits of other heights are another scale's: what is found of them here counts half."""
SMALLEST_HEIGHT = 8.0
"""At the finest scale, beyond which there is none for smaller digits."""
TALL_ENOUGH = 16.0
"""Pixels of the finest scale but one from which digits need no finer one. That takes three fifths
of the time, and is for those that are lower."""
NEIGHBOURING = 0.5, 1.6
"""Heights of two bands, along and across a line, that may lie between them where the ink of one may
be taken for that of the other."""
TWIN = 0.6
"""Intersection over union from which two boxes hold the same ink."""
SAME = 0.45
"""Share of the smaller one's area from which two boxes show the same number."""

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A tilted box around a number, in pixels of the picture."""

    centre: Corner
    width: float
    height: float
    angle: float
    """Of the line it stands on, in radians, positive where it falls to the right."""
    confidence: float

    @property
    def corners(self) -> tuple[Corner, Corner, Corner, Corner]:
        """Top left, top right, bottom right, bottom left, as one reads."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        x, y = self.centre
        corners = [
            (x + u * self.width * cos - v * self.height * sin,
             y + u * self.width * sin + v * self.height * cos)
            for u, v in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
        ]  # fmt: skip
        a, b, c, d = ((float(px), float(py)) for px, py in corners)
        return a, b, c, d


class Levels:
    """A picture at the scales where numbers are looked for, and the page network's maps of it.

    ink: (H, W) float32, ink 1 on paper 0. Each map is made when it is first asked for.
    """

    def __init__(self, ink: NDArray[np.float32], page_model: Model) -> None:
        self.ink = ink
        self.scales = choose_scales(ink.shape[0], ink.shape[1])
        self._inks = dict(zip(self.scales, reduce_to(ink, self.scales), strict=True))
        self._page_model = page_model
        self._maps: dict[float, NDArray[np.float32]] = {}

    def maps(self, scale: float) -> NDArray[np.float32]:
        """Return the maps (3, h, w) of one of the scales."""
        if scale not in self._maps:
            self._maps[scale] = read_maps(self._inks[scale], self._page_model)
        return self._maps[scale]


def find_numbers(levels: Levels, *, all_scales: bool = False) -> list[FoundNumber]:
    """Return what may be a number, found at any scale, the surest first; boxes may overlap.

    The picture is upright to about 20 degrees. Finer scales are left out where nothing small is
    to be expected, unless `all_scales`.
    """
    scales, shape = levels.scales, levels.ink.shape
    last_but_one = scales[1] if len(scales) > 1 else None
    found: list[FoundNumber] = []
    for scale in reversed(scales):
        heights = READABLE_HEIGHT if scale < scales[0] else (SMALLEST_HEIGHT, READABLE_HEIGHT[1])
        found_here = numbers_of_level(levels.maps(scale), scale, heights)
        found += found_here
        if not all_scales and is_filled(found, shape):
            break
        if not all_scales and scale == last_but_one and _are_tall(found_here, TALL_ENOUGH / scale):
            break
    return drop_twins(found)


def is_filled(found: Sequence[FoundNumber], shape: tuple[int, ...]) -> bool:
    """Return whether a sure number leaves no room for smaller ones in a picture (H, W)."""
    sure = (number.height for number in found if number.confidence >= FILLING_CONFIDENCE)
    return max(sure, default=0.0) > FILLING * min(shape)


def _are_tall(found: Sequence[FoundNumber], height: float) -> bool:
    """Return whether there are numbers, one of them for sure, and all at least so high."""
    is_sure = any(number.confidence >= LEAST_BOX_CONFIDENCE for number in found)
    return is_sure and all(number.height >= height for number in found)


def choose_scales(height: int, width: int) -> list[float]:
    """Return the scales at which a picture is looked at, the finest first."""
    by_side, by_area = LONGEST_SIDE / max(height, width), math.sqrt(LEAST_AREA / (height * width))
    scales = [min(1.0, max(by_side, by_area))]
    while min(height, width) * scales[-1] > SMALLEST_SIDE:
        scales.append(scales[-1] / LEVEL_STEP)
    return scales


def reduce_to(ink: NDArray[np.float32], scales: Sequence[float]) -> list[NDArray[np.float32]]:
    """Return the ink at each scale, each reduced from the one before."""
    height, width = ink.shape
    levels: list[NDArray[np.float32]] = []
    image = Image.fromarray(ink)
    for scale in scales:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if size != image.size:
            image = image.resize(size, Image.Resampling.BOX)
        levels.append(np.asarray(image, dtype=np.float32))
    return levels


def read_maps(ink: NDArray[np.float32], page_model: Model) -> NDArray[np.float32]:
    """Return the maps (3, h, w) of digits' middles, numbers' bands and digits' ink, 0..1."""
    height, width = ink.shape
    padded = np.zeros((1, 1, height + -height % MULTIPLE, width + -width % MULTIPLE), np.float32)
    padded[0, 0, :height, :width] = ink
    logits = page_model(padded)[0]
    maps: NDArray[np.float32] = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return maps[:, : -(-height // STRIDE), : -(-width // STRIDE)]


def numbers_of_level(
    maps: NDArray[np.float32], scale: float, heights: tuple[float, float] = READABLE_HEIGHT
) -> list[FoundNumber]:
    """Return the numbers that the maps of one scale show.

    heights: in pixels of that scale; numbers of others are left to another scale
    """
    band, ink = maps[1], maps[2]
    components = find_components(band > BAND_THRESHOLD)
    bands: list[tuple[NDArray[np.float64], float, float | None, float]] = []
    for index, (left, top, right, bottom) in enumerate(components.boxes):
        rows, columns = np.nonzero(components.labels[top:bottom, left:right] == index + 1)
        # The rim of a band is never sure; its middle tells whether it is one.
        confidence = float(np.median(band[rows + top, columns + left]))
        if confidence < LEAST_BOX_CONFIDENCE:
            continue
        points = np.stack([columns + left + 0.5, rows + top + 0.5]) * STRIDE
        bands.append((points, confidence, *direction(points)))
    tilt = typical_tilt([(angle, length) for _, _, angle, length in bands])
    found = []
    beside = neighbours([points for points, *_ in bands])
    for (points, confidence, angle, _), places in zip(bands, beside, strict=True):
        angle = tilt if angle is None else angle
        others = [bands[place][0] for place in places]
        number = box_around(points, ink, angle, confidence, others)
        if not heights[0] <= number.height <= heights[1]:
            confidence *= 0.5
        x, y = number.centre
        found.append(
            FoundNumber(
                (x / scale, y / scale),
                number.width / scale,
                number.height / scale,
                number.angle,
                confidence,
            )
        )
    return found


def neighbours(bands: Sequence[NDArray[np.float64]]) -> list[NDArray[np.intp]]:
    """Return the places of the bands near each one: within a few of their heights.

    bands: of each, x and y of its cells, (2, n)
    """
    low = np.array([points.min(1) for points in bands]).reshape(-1, 2)
    high = np.array([points.max(1) for points in bands]).reshape(-1, 2)
    tall = high[:, 1] - low[:, 1] + STRIDE
    near = []
    for place in range(len(bands)):
        apart = np.maximum(low, low[place]) - np.minimum(high, high[place])
        is_near = (apart <= (tall + tall[place])[:, None] * NEIGHBOURING).all(axis=1)
        is_near[place] = False
        near.append(np.flatnonzero(is_near))
    return near


def direction(points: NDArray[np.float64]) -> tuple[float | None, float]:
    """Return the angle of an elongated band, None for a short one, and its length."""
    spread = points - points.mean(1, keepdims=True)
    xx, yy = (spread**2).mean(1)
    xy = float((spread[0] * spread[1]).mean())
    # One cell has no extent of its own.
    xx, yy = float(xx) + STRIDE**2 / 12, float(yy) + STRIDE**2 / 12
    angle = 0.5 * float(np.arctan2(2 * xy, xx - yy))
    root = float(np.hypot((xx - yy) / 2, xy))
    long, short = (xx + yy) / 2 + root, (xx + yy) / 2 - root
    length = float(np.sqrt(12 * long))
    is_clear = long > 5 * short and abs(angle) < np.pi / 5
    return (angle if is_clear else None), length


def typical_tilt(angles: Sequence[tuple[float | None, float]]) -> float:
    """Return the median angle, long bands counting more; 0 where none is long."""
    known = sorted((angle, length) for angle, length in angles if angle is not None)
    if not known:
        return 0.0
    weights = np.cumsum([length for _, length in known])
    return known[int(np.searchsorted(weights, weights[-1] / 2))][0]


def box_around(
    points: NDArray[np.float64],
    ink: NDArray[np.float32],
    angle: float,
    confidence: float,
    others: Sequence[NDArray[np.float64]] = (),
) -> FoundNumber:
    """Return the box of a number at the level's scale: its band, widened to its digits' ink.

    points: (2, n), x and y of the band's cells. ink: the map of digits' ink. others: the bands
    nearby; of two above each other, each has the ink up to the middle between them.
    """
    along = np.array([np.cos(angle), np.sin(angle)])
    down = np.array([-along[1], along[0]])
    u, v = along @ points, down @ points
    u0, u1, v0, v1 = (float(edge) for edge in (u.min() - 2, u.max() + 2, v.min() - 2, v.max() + 2))
    # Rows of a tilted band are jagged: its area tells its height better than its extremes.
    thick = min(v1 - v0, points.shape[1] * STRIDE**2 / (u1 - u0) * 1.1)
    tall = 2.0 * thick
    middle = (v0 + v1) / 2
    reach = tall + STRIDE
    left, top = np.floor((points.min(1) - reach) / STRIDE).astype(int).clip(0)
    right, bottom = np.ceil((points.max(1) + reach) / STRIDE).astype(int)
    rows, columns = np.nonzero(ink[top:bottom, left:right] > INK_THRESHOLD)
    cells = np.stack([columns + left + 0.5, rows + top + 0.5]) * STRIDE
    cell_u, cell_v = along @ cells, down @ cells
    near = (cell_u > u0 - 0.45 * tall) & (cell_u < u1 + 0.45 * tall)
    near &= np.abs(cell_v - middle) < 0.8 * tall + (v1 - v0 - thick) / 2
    axes = np.stack([along, down])
    near &= ~of_other_lines(np.stack([cell_u, cell_v]), axes @ points, [axes @ o for o in others])
    if near.any():
        # Single cells stick out: the neighbours' ink, and jagged rows.
        ordered = np.sort(cell_v[near])
        last = len(ordered) - 1
        low, high = np.interp((0.01 * last, 0.99 * last), np.arange(last + 1), ordered).tolist()
        v0, v1 = min(low - EDGE, v0), max(high + EDGE, v1)
        u0 = min(float(cell_u[near].min()) - EDGE, u0)
        u1 = max(float(cell_u[near].max()) + EDGE, u1)
    else:
        v0, v1 = min(v0, middle - tall / 2), max(v1, middle + tall / 2)
    centre = along * (u0 + u1) / 2 + down * (v0 + v1) / 2
    return FoundNumber(
        (float(centre[0]), float(centre[1])), float(u1 - u0), float(v1 - v0), angle, confidence
    )


def of_other_lines(
    cells: NDArray[np.float64], band: NDArray[np.float64], others: Sequence[NDArray[np.float64]]
) -> NDArray[np.bool_]:
    """Return which cells lie nearer to a band above or below than to their own.

    All as coordinates (2, n) along and across the line of the band.
    """
    (left, top), (right, bottom) = band.min(1) - STRIDE / 2, band.max(1) + STRIDE / 2
    room = bottom - top
    theirs = np.zeros(cells.shape[1], np.bool_)
    for other in others:
        (start, upper), (end, lower) = other.min(1), other.max(1)
        if start - room > right or end + room < left:
            continue
        beside = (cells[0] > start - room) & (cells[0] < end + room)
        if lower < band[1].min():
            theirs |= beside & (cells[1] < (lower + band[1].min()) / 2)
        elif upper > band[1].max():
            theirs |= beside & (cells[1] > (upper + band[1].max()) / 2)
    return theirs


def drop_twins(found: Sequence[FoundNumber]) -> list[FoundNumber]:
    """Return the numbers without those that a surer one shows in nearly the same box."""
    boxes = np.array([bounds(number) for number in found]).reshape(-1, 4)
    areas = areas_of(boxes)
    kept: list[int] = []
    for index in sorted(range(len(found)), key=lambda place: -found[place].confidence):
        shared = intersections(boxes[kept], boxes[index])
        if not (shared > TWIN * (areas[kept] + areas[index] - shared)).any():
            kept.append(index)
    return [found[index] for index in kept]


def intersections(boxes: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the areas that boxes (n, 4) share with one box."""
    wide = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
    tall = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
    areas: NDArray[np.float64] = wide.clip(0) * tall.clip(0)
    return areas


def merge(found: Sequence[FoundNumber]) -> list[FoundNumber]:
    """Return the numbers without those that a surer one, of any scale, shows already."""
    boxes = np.array([bounds(number) for number in found]).reshape(-1, 4)
    return [found[index] for index in surest(boxes, [number.confidence for number in found])]


def surest(boxes: NDArray[np.float64], sureness: Sequence[float]) -> list[int]:
    """Return which of the boxes (n, 4) stay when a surer one that overlaps displaces the other."""
    kept: list[int] = []
    for index in sorted(range(len(boxes)), key=lambda place: -sureness[place]):
        if not overlapping(boxes[kept], boxes[index]).any():
            kept.append(index)
    return kept


def overlapping(boxes: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of the boxes (n, 4) show the same number as one box does."""
    smaller = np.minimum(areas_of(boxes), areas_of(box[None]))
    same: NDArray[np.bool_] = intersections(boxes, box) > SAME * smaller
    return same


def areas_of(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the areas of boxes (n, 4)."""
    areas: NDArray[np.float64] = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas


def bounds(number: FoundNumber) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of the box laid level about its own centre."""
    x, y = number.centre
    # The upright bounds of a long tilted box would cover the lines above and below.
    tall = number.height + 0.3 * number.width * abs(np.sin(number.angle))
    wide = number.width * np.cos(number.angle)
    return x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2
