"""The one digit of a picture: found among lines and specks, sized and centred as in MNIST."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.components import Components, describe_components, label_components
from digit_ocr.imaging.ink import to_ink
from digit_ocr.imaging.ruling import without_lines
from digit_ocr.results import Box

SIZE = 28
DIGIT_SIZE = 20
"""MNIST's digits are 20 pixels on their longer side, in pictures of 28 by 28."""

FINDING_SIDE = 192
"""Larger pictures are reduced to this longer side for finding; what is handed on is not."""

INK_THRESHOLD = 0.3
FAINT_THRESHOLD = 0.1
"""Pieces are told apart at the first; a digit reaches out to the second."""

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
    found = find_digit(to_ink(grey))
    return PreparedDigit(centre_digit(found.pixels), found.box)


def centre_digit(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (28, 28) float32: ink (h, w) scaled to 20 pixels, its centre of mass in the middle."""
    height, width = pixels.shape
    scale = DIGIT_SIZE / max(height, width)
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    if (new_height, new_width) != (height, width):
        image = Image.fromarray(pixels).resize((new_width, new_height), Image.Resampling.BICUBIC)
        pixels = np.asarray(image)
    pixels = np.clip(pixels * np.float32(1 / max(float(pixels.max()), 1e-6)), 0, 1)
    columns, rows = pixels.sum(axis=0), pixels.sum(axis=1)
    mass = max(float(columns.sum()), 1e-6)
    # Centre of mass, not of the box, to pixel 14 counted from 0: MNIST was made that way.
    left = round(SIZE / 2 - float(columns @ _STEPS[:new_width]) / mass)
    top = round(SIZE / 2 - float(rows @ _STEPS[:new_height]) / mass)
    left = min(max(left, 0), SIZE - new_width)
    top = min(max(top, 0), SIZE - new_height)
    centred = np.zeros((SIZE, SIZE), np.float32)
    centred[top : top + new_height, left : left + new_width] = pixels
    return centred


_STEPS = np.arange(SIZE, dtype=np.float32)


def find_digit(ink: NDArray[np.float32]) -> FoundDigit:
    """Return the dominant, most central digit of ink (H, W) float32 without what surrounds it.

    Cell borders, ruled lines, specks and parts of neighbours that reach in from the picture's
    edge are left out; broken parts of the digit are joined.

    Raises: NoDigitFound: there is no piece of ink that could be a digit.
    """
    step = -(-max(ink.shape) // FINDING_SIDE)
    small = ink if step == 1 else np.asarray(Image.fromarray(ink).reduce(step))
    labels, count = label_components(small > INK_THRESHOLD)
    if count == 0:
        raise NoDigitFound("no digit found: the picture is blank or too faint")
    if count == 1 and not _touches_edge(labels):
        own = None
    else:
        own = _grown(_digit_among(small, labels), small)
        small = small * own
    left, top, right, bottom = _box_of(small > FAINT_THRESHOLD)
    if max(right - left, bottom - top) < LEAST_SIDE:
        raise NoDigitFound("no digit found: only specks")
    height, width = ink.shape
    left, top = left * step, top * step
    right, bottom = min(right * step, width), min(bottom * step, height)
    pixels = ink[top:bottom, left:right]
    if own is not None:
        pixels = pixels * _enlarged(own, step, ink.shape)[top:bottom, left:right]
    return FoundDigit(np.ascontiguousarray(pixels), (left, top, right, bottom))


def _touches_edge(labels: NDArray[np.integer]) -> bool:
    return bool(labels[0].any() or labels[-1].any() or labels[:, 0].any() or labels[:, -1].any())


def _box_of(mask: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _grown(mask: NDArray[np.bool_], ink: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the mask with the faint rim of its strokes, which is their anti-aliasing."""
    image = Image.fromarray(mask.astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.MaxFilter(3))).astype(bool)


def _enlarged(mask: NDArray[np.bool_], step: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if step == 1:
        return mask
    return mask.repeat(step, axis=0).repeat(step, axis=1)[: shape[0], : shape[1]]


def _digit_among(ink: NDArray[np.float32], labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return the mask (H, W) of the digit among the labelled pieces of ink."""
    pieces = describe_components(labels)
    main = _most_central(ink, pieces)
    mask = labels == main + 1
    height, width = labels.shape
    if _edges_touched(pieces.boxes[main], width, height):
        bare = without_lines(mask)
        if bare is not mask:
            labels = np.where(mask & ~bare, 0, labels)
            labels, count = label_components(labels > 0)
            if count == 0:
                raise NoDigitFound("no digit found: only lines")
            pieces = describe_components(labels)
            main = _most_central(ink, pieces)
    return np.isin(labels, [index + 1 for index in _parts_of(main, pieces)])


def _edges_touched(box: NDArray[np.int64], width: int, height: int) -> int:
    return int((box[0] == 0) + (box[1] == 0) + (box[2] == width) + (box[3] == height))


def _most_central(ink: NDArray[np.float32], pieces: Components) -> int:
    """Return the index of the piece with the most ink near the picture's middle."""
    height, width = ink.shape
    y = np.exp(-(((np.arange(height) + 0.5) / height - 0.5) ** 2) / 0.08)
    x = np.exp(-(((np.arange(width) + 0.5) / width - 0.5) ** 2) / 0.08)
    weights = ink * (y[:, None] * x).astype(np.float32)
    mass = np.bincount(pieces.labels.ravel(), weights.ravel(), len(pieces) + 1)[1:]
    boxes = pieces.boxes
    inside = (boxes[:, 0] > 0) & (boxes[:, 1] > 0)
    inside &= (boxes[:, 2] < width) & (boxes[:, 3] < height)
    return int(np.argmax(mass * np.where(inside, 1.0, 0.4)))


def _parts_of(main: int, pieces: Components) -> list[int]:
    """Return the indices of the pieces that belong to the digit `main`, itself among them."""
    left, top, right, bottom = (int(edge) for edge in pieces.boxes[main])
    height, width = pieces.labels.shape
    size = max(right - left, bottom - top)
    parts = [main]
    for index, (x0, y0, x1, y1) in enumerate(pieces.boxes.tolist()):
        if index == main or _edges_touched(pieces.boxes[index], width, height):
            continue
        gap_x, gap_y = max(x0 - right, left - x1, 0), max(y0 - bottom, top - y1, 0)
        shared = min(x1, right) - max(x0, left)
        is_speck = max(x1 - x0, y1 - y0) < 0.12 * size
        above = shared >= 0.5 * (x1 - x0) and gap_y <= 0.2 * size
        beside = max(gap_x, gap_y) <= 0.1 * size and y1 - y0 < 0.6 * size
        if (above or beside) and not (is_speck and max(gap_x, gap_y) > 0.05 * size):
            parts.append(index)
    return parts
