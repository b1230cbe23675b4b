"""Dark blocks with light writing in them: a counter's windows, the heading of a table, a label.

A picture has one polarity, and there such a block is one large piece of ink. Turned to dark
writing on paper, it is read as the rest of the page is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.imaging.components import filled, find_components, grown
from digit_ocr.imaging.extremes import extreme_around

SEARCH_SIDE = 512
"""Blocks are looked for in a picture reduced to at most this longer side."""
SOLID = 5
"""Pixels there, both ways, of solid darkness that no stroke of a page has."""
LEAST_SIDE = 12
"""Pixels there of the smallest block."""
DARKEST, LIGHTEST = 0.5, 0.6
"""Of the paper's light: a block is darker than the first, its writing lighter than the second."""
WRITTEN = (0.02, 0.35)
"""Shares of a block, between which what is written in it lies."""
RECTANGULAR = 0.92
"""Share of its rectangle that a block fills; a filled circle, or a thick 0, fills 0.79."""


def with_dark_blocks_turned(grey: NDArray[np.uint8], dark_on_light: bool) -> NDArray[np.uint8]:
    """Return the picture (H, W) with light writing on dark blocks made dark writing on paper.

    `dark_on_light`: what most of its writing is. In a picture of light writing, dark writing on
    light blocks is turned likewise. Where there is no such block, it is the picture itself.
    """
    factor = math.ceil(max(grey.shape) / SEARCH_SIDE)
    small = np.asarray(Image.fromarray(grey).reduce(factor)) if factor > 1 else grey
    shown = small if dark_on_light else 255 - small
    blocks = find_blocks(shown)
    if not blocks.any():
        return grey
    paper, dark = int(np.median(shown[~blocks])), int(np.median(shown[blocks]))
    levels = (grey if dark_on_light else 255 - grey).astype(np.int16)
    # The edges of the blocks, which would be left as frames, become paper.
    around = _enlarged(grown(blocks, 1), factor, grey.shape)
    turned = np.where(around, np.maximum(levels, paper), levels)
    where = _enlarged(blocks, factor, grey.shape)
    turned[where] = paper + dark - levels[where]
    result = turned.clip(0, 255).astype(np.uint8)
    return result if dark_on_light else 255 - result


def _enlarged(mask: NDArray[np.bool_], factor: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return mask.repeat(factor, 0).repeat(factor, 1)[: shape[0], : shape[1]]


def find_blocks(shown: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a picture (H, W) of dark ink has dark blocks with light writing, as a mask."""
    blocks = np.zeros(shown.shape, np.bool_)
    up_to = np.bincount(shown.ravel(), minlength=256).cumsum()
    paper = int(up_to.searchsorted(0.6 * shown.size))
    dark = shown < DARKEST * paper
    solid = extreme_around(np.pad(dark, SOLID // 2), SOLID, np.minimum)
    if not solid.any():
        return blocks
    # Beyond what is solid as far as writing near the block's edge leaves it thin.
    components = find_components(grown(solid, SOLID - 1) & dark)
    height, width = shown.shape
    for index, (x0, y0, x1, y1) in enumerate(components.boxes.tolist()):
        is_inside = x0 > 0 and y0 > 0 and x1 < width and y1 < height
        if not is_inside or min(x1 - x0, y1 - y0) < LEAST_SIDE:
            continue
        here = slice(y0, y1), slice(x0, x1)
        block = rectangle_of(filled(components.labels[here] == index + 1))
        if block is None:
            continue
        written = block & (shown[here] > LIGHTEST * paper)
        if WRITTEN[0] <= written.sum() / block.sum() <= WRITTEN[1]:
            blocks[here] |= block
    return blocks


def rectangle_of(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Return the smallest rectangle, upright or along its own axes, that a mask nearly fills."""
    everywhere = np.argwhere(np.ones_like(mask)).astype(np.float32)
    inside = mask.ravel()
    _, own_axes = np.linalg.eigh(np.cov(everywhere[inside].T))
    for axes in (np.eye(2), own_axes):
        along = everywhere @ axes
        low, high = along[inside].min(0), along[inside].max(0)
        rectangle: NDArray[np.bool_] = ((along >= low) & (along <= high)).all(1)
        if inside.sum() >= RECTANGULAR * np.prod(high - low + 1):
            return rectangle.reshape(mask.shape)
    return None
