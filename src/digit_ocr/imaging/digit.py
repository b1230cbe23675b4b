"""The one digit of a picture: found among lines and specks, sized and centred as in MNIST."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.components import describe_components, grown, label_components
from digit_ocr.imaging.ink import CLEAN_MAX_SIDE, is_dark_on_light, stretched, to_ink
from digit_ocr.imaging.pieces import parts_of_digit
from digit_ocr.imaging.rings import without_rings
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

LEAST_TIGHT = 0.8
"""Longer side of what must be a digit that fills its crop, in that of the crop."""

LEFT_OUT = 0.03
"""Share of the picture's ink that may be left out without asking whether it is the digit's too."""


@dataclass(frozen=True, slots=True)
class FoundDigit:
    """`pixels` (h, w) float32: the digit's own ink, 0..1; `box`: where that was in the picture.

    `all_ink`: the same of all ink there is, where some of it was left out.
    """

    pixels: NDArray[np.float32]
    box: Box
    all_ink: FoundDigit | None = None


@dataclass(frozen=True, slots=True)
class PreparedDigit:
    """`image` (28, 28) float32, ink 1 on paper 0, in MNIST's form; `box` in the picture.

    `all_ink`: the same of all ink there is, where some of it was left out: imaging may have taken
    a stroke for a line or a neighbour's. `is_doubtful`: imaging found no digit in it at all.
    """

    image: NDArray[np.float32]
    box: Box
    all_ink: PreparedDigit | None = None
    is_doubtful: bool = False

    @property
    def is_ambiguous(self) -> bool:
        """Whether `image` alone is not all that a model should see or know of the picture."""
        return self.is_doubtful or self.all_ink is not None


def prepare_digit(grey: NDArray[np.uint8]) -> PreparedDigit:
    """Return the dominant, most central digit of grey (H, W) uint8 in MNIST's form.

    Raises: NoDigitFound: blank paper, noise, specks or lines alone.
    """
    height, width = grey.shape
    step = -(-max(height, width) // PREPARING_SIDE)
    if step > 1:
        grey = np.asarray(Image.fromarray(grey).reduce(step))
    return _prepared(find_digit(to_ink(grey)), step, (height, width))


def prepare_leniently(grey: NDArray[np.uint8]) -> PreparedDigit:
    """Return what `prepare_digit` does; of a small picture without a digit, a doubtful one.

    A digit that fills its crop leaves hardly any paper by which to tell noise, lines and polarity.
    Its ink is all that is dark, or, as `all_ink`, all that is light; or the other way round.

    Raises: NoDigitFound: the picture is large, or blank.
    """
    try:
        return prepare_digit(grey)
    except NoDigitFound:
        if max(grey.shape) > CLEAN_MAX_SIDE:
            raise
        light = stretched(grey)
        if light is None:
            raise
        ways = [_all_of(ink) for ink in (1 - light, light)]
        if not is_dark_on_light(grey):
            ways.reverse()
        found = [way for way in ways if way is not None]
        if not found:
            raise
        return replace(found[0], all_ink=found[1] if len(found) > 1 else None)


def _all_of(ink: NDArray[np.float32]) -> PreparedDigit | None:
    """Return all ink (H, W) as one doubtful digit; None where there is none, or only specks."""
    mask = ink > INK_THRESHOLD
    if not mask.any():
        return None
    every = _with_rim(ink, mask)
    left, top, right, bottom = every.box
    if max(right - left, bottom - top) < max(LEAST_SIDE, LEAST_TIGHT * max(ink.shape)):
        return None
    return PreparedDigit(centre_digit(every.cut()), every.box, is_doubtful=True)


def _prepared(found: FoundDigit, step: int, shape: tuple[int, int]) -> PreparedDigit:
    all_ink = None if found.all_ink is None else _prepared(found.all_ink, step, shape)
    return PreparedDigit(centre_digit(found.pixels), _enlarged(found.box, step, shape), all_ink)


def _enlarged(box: Box, step: int, shape: tuple[int, ...]) -> Box:
    """Return a box of a picture reduced by `step` in the picture (H, W) itself."""
    left, top, right, bottom = box
    height, width = shape
    return left * step, top * step, min(right * step, width), min(bottom * step, height)


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
    own, every = _own_ink(small)
    left, top, right, bottom = box = own.box
    side = max(right - left, bottom - top)
    # Closer only where that is smaller by some way: it would never end otherwise.
    if step > 1 and 4 * side < FINDING_SIDE and 4 * step * side < max(ink.shape):
        return _found_closer(ink, (step * left, step * top, step * right, step * bottom))
    if side < LEAST_SIDE:
        raise NoDigitFound("no digit found: only specks")
    all_ink = None
    if every is not None:
        # From the reduced picture: it is the surer one seldom enough.
        all_ink = FoundDigit(every.cut(), _enlarged(every.box, step, ink.shape))
    if step == 1:
        return FoundDigit(own.cut(), box, all_ink)
    height, width = ink.shape
    mask = (own.ink > 0).repeat(step, axis=0).repeat(step, axis=1)[:height, :width]
    large = _Ink(ink * mask, _enlarged(box, step, ink.shape))
    return FoundDigit(large.cut(), large.box, all_ink)


def _found_closer(ink: NDArray[np.float32], box: Box) -> FoundDigit:
    """Return the digit found again in the surroundings of its box, where it is larger."""
    margin = max(box[2] - box[0], box[3] - box[1])
    left, top = max(0, box[0] - margin), max(0, box[1] - margin)
    return _moved(find_digit(ink[top : box[3] + margin, left : box[2] + margin]), left, top)


def _moved(found: FoundDigit, left: int, top: int) -> FoundDigit:
    x0, y0, x1, y1 = found.box
    all_ink = None if found.all_ink is None else _moved(found.all_ink, left, top)
    return FoundDigit(found.pixels, (left + x0, top + y0, left + x1, top + y1), all_ink)


@dataclass(frozen=True, slots=True)
class _Ink:
    """Some of a picture's ink (H, W), 0 where it is something else's, and the box around it."""

    ink: NDArray[np.float32]
    box: Box

    def cut(self) -> NDArray[np.float32]:
        left, top, right, bottom = self.box
        return np.ascontiguousarray(self.ink[top:bottom, left:right])


def _own_ink(ink: NDArray[np.float32]) -> tuple[_Ink, _Ink | None]:
    """Return the digit's part of the ink (H, W), and all ink where some was left out.

    Raises: NoDigitFound: no piece of ink could be a digit.
    """
    mask = ink > INK_THRESHOLD
    labels, count = label_components(mask)
    if count == 0:
        raise NoDigitFound("no digit found: the picture is blank or too faint")
    if count > 1:
        bare = without_rings(ink, describe_components(labels, count))
        if bare is not ink:
            return _own_ink(bare)
    if count == 1:
        left, top, right, bottom = box = box_of(ink > RIM_THRESHOLD * float(ink.max()))
        x0, y0, x1, y1 = box_of(mask)
        height, width = ink.shape
        inside = left > 0 and top > 0 and right < width and bottom < height
        # Faint ink far from the strokes is the paper's grain, no rim of theirs.
        close = max(x0 - left, y0 - top, right - x1, bottom - y1) <= RIM_PIXELS
        is_small = max(height, width) <= CLEAN_MAX_SIDE
        if close and (inside or (is_small and not find_lines(mask).any())):
            return _Ink(ink, box), None
    own = _with_rim(ink, parts_of_digit(ink, labels))
    every = _with_rim(ink, mask)
    is_all = float(own.ink.sum()) >= (1 - LEFT_OUT) * float(every.ink.sum())
    return own, None if is_all else every


def _with_rim(ink: NDArray[np.float32], mask: NDArray[np.bool_]) -> _Ink:
    """Return the ink of a mask with the rim of its strokes, which is their anti-aliasing."""
    own = ink * grown(mask, 1)
    return _Ink(own, box_of(own > RIM_THRESHOLD * float(own.max())))


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
