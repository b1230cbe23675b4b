"""One line of writing made ready for the number reader: found, levelled, scaled, normalised.

What `prepare_line` is not sure about (borders, rules, neighbours) stays in the strip: it only
decides where the writing stands and how high it is. The reader is trained on such strips.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.imaging.components import find_components
from digit_ocr.imaging.levelling import find_slope, levelled
from digit_ocr.imaging.line_ink import is_line_dark_on_light, line_ink
from digit_ocr.imaging.region import Corners, Quad, corners_of, cut_region, point_within
from digit_ocr.imaging.rings import without_rings
from digit_ocr.imaging.writing import find_writing, ink_beyond, strong_ink
from digit_ocr.results import Box

STROKE = 0.35
"""Ink from which it is part of a stroke."""
STRIP_HEIGHT = 32
WRITING_HEIGHT = 24
MAX_STRIP_WIDTH = 1024
MAX_ENLARGEMENT = 4.0
SIDE_MARGIN = 6
MIN_STRIP_WIDTH = 32
MAX_CROP_HEIGHT, MAX_CROP_WIDTH = 64, 4096
"""Crops are reduced to this height and width before anything is measured in them."""
BORDER_MARGIN = 0.12
"""Of a crop's height, along its sides, where a cell's borders stand."""
LEAST_ROWS = 4
"""Of a crop without that margin; less is no line."""
EDGE_ROWS = 0.06
"""Of a crop's height, above and below writing that fills it."""


@dataclass(frozen=True, slots=True)
class LineStrip:
    """A line ready to read, and the way back to the picture.

    image: (32, width) float32, ink 1.0 on paper 0.0, the writing about 24 high
    corners: of the strip in the picture: top left, top right, bottom right, bottom left
    writing: first and last row of the writing within the strip
    """

    image: NDArray[np.float32]
    corners: Corners
    writing: tuple[float, float]

    @property
    def height_of_writing(self) -> float:
        """In pixels of the picture."""
        (ax, ay), _, _, (dx, dy) = self.corners
        top, bottom = self.writing
        strip_height: int = self.image.shape[0]
        return math.hypot(dx - ax, dy - ay) * (bottom - top) / strip_height

    def to_picture(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """Return the upright box in the picture that holds this box of the strip."""
        height, width = self.image.shape
        points = [
            point_within(self.corners, x / width, y / height)
            for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        ]
        xs, ys = zip(*points, strict=True)
        left, top = int(np.floor(min(xs))), int(np.floor(min(ys)))
        return left, top, max(left + 1, int(np.ceil(max(xs)))), max(top + 1, int(np.ceil(max(ys))))


def prepare_line(
    grey: NDArray[np.uint8],
    region: Box | Quad | None = None,
    dark_on_light: bool | None = None,
    *,
    fills_rows: bool = False,
    found_on_page: bool = False,
) -> LineStrip:
    """Return the line of writing in a region (default: the whole picture) as a strip to read.

    grey: (height, width) uint8, the upright picture
    region: upright box, or the four corners of a tilted one
    dark_on_light: the polarity, where it is known from the whole page
    fills_rows: the writing is as high as the region; else it is looked for
    found_on_page: the region leaves paper around writing, so that all that touches its upper and
        lower edges goes on beyond them; else digits may end there
    """
    corners = corners_of(region, grey.shape)
    crop = line_ink(_reduced(cut_region(grey, region)), dark_on_light)
    pieces = find_components(crop > STROKE)
    slope = None if fills_rows else find_slope(pieces)
    if slope is not None:
        corners = levelled(corners, slope, crop.shape)
        crop = line_ink(_reduced(cut_region(grey, corners)), dark_on_light)
        pieces = find_components(crop > STROKE)
    crop = without_rings(crop, pieces)
    height, width = crop.shape
    left, top, right, bottom = find_writing(crop)
    if fills_rows:
        top, bottom = EDGE_ROWS * height, (1 - EDGE_ROWS) * height

    scale = min(WRITING_HEIGHT / (bottom - top), MAX_ENLARGEMENT)
    scale = min(scale, (MAX_STRIP_WIDTH - 2 * SIDE_MARGIN) / (right - left))
    middle = (top + bottom) / 2
    y0, y1 = middle - STRIP_HEIGHT / scale / 2, middle + STRIP_HEIGHT / scale / 2
    strip_width = max(MIN_STRIP_WIDTH, round((right - left) * scale) + 2 * SIDE_MARGIN)
    centre = (left + right) / 2
    x0, x1 = centre - strip_width / scale / 2, centre + strip_width / scale / 2

    beyond = crop[0], crop[-1]
    if not found_on_page and (y0 < 0 or y1 > height):
        beyond = ink_beyond(crop, STROKE)
    strip = _resize(crop, (x0, y0, x1, y1), strip_width, beyond)
    strip_corners = (
        point_within(corners, x0 / width, y0 / height),
        point_within(corners, x1 / width, y0 / height),
        point_within(corners, x1 / width, y1 / height),
        point_within(corners, x0 / width, y1 / height),
    )
    rows = (top - y0) * scale, (bottom - y0) * scale
    return LineStrip(_stretch(strip), strip_corners, rows)


def prepare_line_otherwise(grey: NDArray[np.uint8], region: Box | None = None) -> list[LineStrip]:
    """Return the line in a region as strips made otherwise, for one that hardly reads.

    Borders may have been taken for the height of the writing, or for its darkest strokes, and a
    tight crop may show more ink than paper: one strip with the writing as high as the region, one
    without the margin in which borders stand, and one with the other polarity.
    """
    x0, y0, x1, y1 = region or (0, 0, grey.shape[1], grey.shape[0])
    polarity = is_line_dark_on_light(_reduced(grey[y0:y1, x0:x1]))
    strips = [
        prepare_line(grey, region, fills_rows=True),
        prepare_line(grey, region, dark_on_light=not polarity),
    ]
    margin = max(1, round(BORDER_MARGIN * (y1 - y0)))
    aside = margin if x1 - x0 > 3 * margin else 0
    if y1 - y0 > 2 * margin + LEAST_ROWS:
        inner = x0 + aside, y0 + margin, x1 - aside, y1 - margin
        strips.append(prepare_line(grey, inner))
    return strips


def _reduced(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = crop.shape
    factor = min(MAX_CROP_HEIGHT / height, MAX_CROP_WIDTH / width)
    if factor >= 1:
        return np.ascontiguousarray(crop)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    picture = Image.fromarray(np.ascontiguousarray(crop))
    return np.asarray(picture.resize(size, Image.Resampling.BOX), np.uint8)


def _resize(
    ink: NDArray[np.float32],
    box: tuple[float, float, float, float],
    width: int,
    beyond: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return the box of the ink as (32, width): beside it is paper, above and below go on the rows
    `beyond`.
    """
    x0, y0, x1, y1 = box
    height, full = ink.shape
    above, left = max(0, math.ceil(-y0)), max(0, math.ceil(-x0))
    below, right = max(0, math.ceil(y1) - height), max(0, math.ceil(x1) - full)
    if max(above, below, left, right) > 0:
        ink = np.pad(ink, ((above, below), (left, right)))
        ink[:above, left : left + full] = beyond[0]
        ink[above + height :, left : left + full] = beyond[1]
    # Rounding must not lead out of the padded picture: Pillow refuses that.
    within = (
        max(0.0, x0 + left),
        max(0.0, y0 + above),
        min(float(ink.shape[1]), x1 + left),
        min(float(ink.shape[0]), y1 + above),
    )
    picture = Image.fromarray(np.ascontiguousarray(ink))
    resized = picture.resize((width, STRIP_HEIGHT), Image.Resampling.BILINEAR, box=within)
    return np.asarray(resized, np.float32)


def _stretch(strip: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the strip with its dark strokes at 1 (never amplified more than fourfold)."""
    strong = strong_ink(strip, max(4, strip.size // 50))
    stretched = strip / np.float32(max(strong, 0.25))
    return stretched.clip(0.0, 1.0, out=stretched)
