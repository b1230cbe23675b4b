"""The one digit of a picture: found among lines and specks, sized and centred as in MNIST."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.components import grown, label_components
from digit_ocr.imaging.ink import CLEAN_MAX_SIDE, to_ink
from digit_ocr.imaging.pieces import parts_of_digit
from digit_ocr.imaging.ruling import find_lines
from digit_ocr.results import Box

SIZE = 28
DIGIT_SIZE = 20
"""MNIST's digits are 20 pixels on their longer side, in pictures of 28 by 28."""

PREPARING_SIDE = 1280
"""Larger pictures are reduced by a whole factor first: 28 pixels of a digit are enough."""

FINDING_SIDE = 192
"""Pictures are reduced to this longer side for finding; what is handed on is not."""

INK_THRESHOLD = 0.2
"""Ink above this makes a piece: low, for pencil beside black lines."""

RIM_THRESHOLD = 0.1
"""A digit's box reaches out to this share of its darkest ink: its anti-aliased rim."""

RIM_PIXELS = 2
"""How far a rim reaches; fainter ink further out is the paper's grain."""

LEAST_SIDE = 3
"""Pixels of a digit's longer side; less is a speck."""


@dataclass(frozen=True, slots=True)
class FoundDigit:
    """`pixels` (h, w) float32: the digit's own ink, 0..1; `box`: where that was in the picture."""

    pixels: NDArray[np.float32]
    box: Box


@dataclass(frozen=True, slots=True)
class PreparedDigit:
    """`image` (28, 28) float32, ink 1 on paper 0, in MNIST's form; `box` in the picture."""

    image: NDArray[np.float32]
    box: Box


def prepare_digit(grey: NDArray[np.uint8]) -> PreparedDigit:
    """Return the dominant, most central digit of grey (H, W) uint8 in MNIST's form.

    Raises: NoDigitFound: blank paper, noise, specks or lines alone.
    """
    height, width = grey.shape
    step = -(-max(height, width) // PREPARING_SIDE)
    if step > 1:
        grey = np.asarray(Image.fromarray(grey).reduce(step))
    found = find_digit(to_ink(grey))
    box = found.box
    if step > 1:
        left, top, right, bottom = (step * edge for edge in box)
        box = left, top, min(right, width), min(bottom, height)
    return PreparedDigit(centre_digit(found.pixels), box)


def centre_digit(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (28, 28) float32: ink (h, w) scaled to 20 pixels, its centre of mass in the middle."""
    height, width = pixels.shape
    scale = DIGIT_SIZE / max(height, width)
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    if (new_height, new_width) != (height, width):
        image = Image.fromarray(pixels).resize((new_width, new_height), Image.Resampling.BICUBIC)
        # Bicubic overshoots beside sharp edges.
        pixels = np.asarray(image).clip(0.0, 1.0)
    peak = float(pixels.max())
    if peak != 1:
        pixels = pixels * np.float32(1 / max(peak, 1e-6))
    # Mass and first moments at once: (2, height) @ (height, width) @ (width, 2).
    moments = _MOMENTS[:, :new_height].dot(pixels).dot(_MOMENTS.T[:new_width])
    (mass, x_moment), (y_moment, _) = moments.tolist()
    # Centre of mass, not of the box, to pixel 14 counted from 0: MNIST was made that way.
    left = round(SIZE / 2 - x_moment / max(mass, 1e-6))
    top = round(SIZE / 2 - y_moment / max(mass, 1e-6))
    left = min(max(left, 0), SIZE - new_width)
    top = min(max(top, 0), SIZE - new_height)
    centred = np.zeros((SIZE, SIZE), np.float32)
    centred[top : top + new_height, left : left + new_width] = pixels
    return centred


_MOMENTS = np.stack([np.ones(SIZE, np.float32), np.arange(SIZE, dtype=np.float32)])


def find_digit(ink: NDArray[np.float32]) -> FoundDigit:
    """Return the dominant, most central digit of ink (H, W) float32 without what surrounds it.

    Cell borders, ruled lines, specks and parts of neighbours that reach in from the picture's
    edge are left out; broken parts of the digit are joined.

    Raises: NoDigitFound: there is no piece of ink that could be a digit.
    """
    step = -(-max(ink.shape) // FINDING_SIDE)
    small = ink if step == 1 else np.asarray(Image.fromarray(ink).reduce(step))
    own, (left, top, right, bottom) = _own_ink(small)
    side = max(right - left, bottom - top)
    # Closer only where that is smaller by some way: it would never end otherwise.
    if step > 1 and 4 * side < FINDING_SIDE and 4 * step * side < max(ink.shape):
        return _found_closer(ink, (step * left, step * top, step * right, step * bottom))
    if side < LEAST_SIDE:
        raise NoDigitFound("no digit found: only specks")
    height, width = ink.shape
    box = left * step, top * step, min(right * step, width), min(bottom * step, height)
    if step == 1:
        pixels = own[top:bottom, left:right]
    else:
        mask = (own > 0).repeat(step, axis=0).repeat(step, axis=1)[:height, :width]
        pixels = (ink * mask)[box[1] : box[3], box[0] : box[2]]
    return FoundDigit(np.ascontiguousarray(pixels), box)


def _found_closer(ink: NDArray[np.float32], box: Box) -> FoundDigit:
    """Return the digit found again in the surroundings of its box, where it is larger."""
    margin = max(box[2] - box[0], box[3] - box[1])
    left, top = max(0, box[0] - margin), max(0, box[1] - margin)
    found = find_digit(ink[top : box[3] + margin, left : box[2] + margin])
    x0, y0, x1, y1 = found.box
    return FoundDigit(found.pixels, (left + x0, top + y0, left + x1, top + y1))


def _own_ink(ink: NDArray[np.float32]) -> tuple[NDArray[np.float32], Box]:
    """Return the ink (H, W) with all that is not the digit's set to 0, and the digit's box.

    Raises: NoDigitFound: no piece of ink could be a digit.
    """
    mask = ink > INK_THRESHOLD
    labels, count = label_components(mask)
    if count == 0:
        raise NoDigitFound("no digit found: the picture is blank or too faint")
    if count == 1:
        left, top, right, bottom = box = box_of(ink > RIM_THRESHOLD * float(ink.max()))
        x0, y0, x1, y1 = box_of(mask)
        height, width = ink.shape
        inside = left > 0 and top > 0 and right < width and bottom < height
        # Faint ink far from the strokes is the paper's grain, no rim of theirs.
        close = max(x0 - left, y0 - top, right - x1, bottom - y1) <= RIM_PIXELS
        is_small = max(height, width) <= CLEAN_MAX_SIDE
        if close and (inside or (is_small and not find_lines(mask).any())):
            return ink, box
    # With the rim of its strokes, which is their anti-aliasing.
    own = ink * grown(parts_of_digit(ink, labels), 1)
    return own, box_of(own > RIM_THRESHOLD * float(own.max()))


def box_of(mask: NDArray[np.bool_]) -> Box:
    """Return the box around what is set; there is something."""
    height, width = mask.shape
    # The first and the last set byte, row by row and column by column.
    rows, columns = mask.tobytes(), mask.tobytes("F")
    return (
        columns.find(1) // height,
        rows.find(1) // width,
        columns.rfind(1) // height + 1,
        rows.rfind(1) // width + 1,
    )
