"""Ink on paper from a grey picture: which side the ink is on, the paper's light, the contrast."""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digit_ocr.imaging.dark_surroundings import is_sheet_on_dark
from digit_ocr.imaging.extremes import extreme_around, with_edge

CLEAN_MAX_SIDE = 64
"""Pictures up to this side with one exact paper value skip the estimate of the paper's light."""

GRAIN, GRAINY = 15, 0.28
"""Levels from the paper's within which grain is, and its share of a picture from which it is noise:
of what is only anti-aliased up to 0.24 is so near."""

PAPER_SIDE, LEAST_PAPER_SIDE = 64, 12
"""The paper's light is estimated on a picture reduced to this longer side; the polarity of one far
longer than wide on one whose shorter side is no less than the other."""

SHADOW_SIDES = 0.35, 0.25
"""Of a picture's shorter and longer side: a square of darkness as large as both is in no stroke."""

WRITING_WINDOW, LEAST_WRITING = 0.12, 0.004
"""Of the shorter side, what is wider than the strokes of a digit on paper, and the least share of a
picture that they take."""

LIGHTER = 1.03
"""How many times as light as its closing the smoothed paper may be, where it keeps edges."""

LEAST_CONTRAST = 10.0
"""Grey levels between paper and ink; what differs less is taken for paper."""

SAMPLE_SIZE = 5_000
"""Pixels, about, from which paper, noise and contrast are estimated."""

BLOCK_SIZE = 65_536
"""Pixels, about, that stay in the processor's cache from one operation to the next."""


def to_ink(
    grey: NDArray[np.uint8], dark_on_light: bool | None = None, *, is_page: bool = False
) -> NDArray[np.float32]:
    """Return ink 1 on paper 0, (H, W) float32, from grey (H, W) uint8 of either polarity.

    Uneven light is divided out, paper noise is taken off, and the contrast is stretched until
    the darkest strokes reach 1. A clean picture such as MNIST's comes out as it was.
    `dark_on_light` is the polarity where it is known already. Of a page the light is smoothed
    across the edges of shadows, as its network learned it; elsewhere an edge is no stroke.
    """
    is_mostly_paper = max(grey.shape) > CLEAN_MAX_SIDE
    if not is_mostly_paper:
        counts = np.bincount(grey.ravel(), minlength=256)
        paper = 0 if counts[0] > counts[255] else 255
        # Most of the picture has exactly one value: there is no light to correct, unless that is
        # where noise is cut off.
        if counts[paper] > 0.4 * grey.size:
            if not _is_grainy(counts, paper):
                return _clean_ink(grey, counts, paper)
            is_mostly_paper = True
    small = _reduced(grey)
    if not (_is_dark_on_light(small) if dark_on_light is None else dark_on_light):
        grey, small = 255 - grey, 255 - small
    even_paper = _even_paper(_Levels(small))
    if even_paper is None or _is_shadowed(small):
        darkness = _darkness(grey, _paper_light(small, grey.shape, keeps_edges=not is_page))
        return _normalised(darkness, is_mostly_paper)
    light = np.full(grey.shape, even_paper, np.uint8)
    return _normalised(_darkness(grey, light), is_mostly_paper, paper_darkness=0.0)


def _is_grainy(counts: NDArray[np.intp], paper: int) -> bool:
    """Return whether much is nearly as light as the paper: noise, cut off where it is whitest."""
    nearly = counts[1 : GRAIN + 1] if paper == 0 else counts[-1 - GRAIN : -1]
    return int(nearly.sum()) > GRAINY * int(counts.sum())


def stretched(grey: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Return grey (H, W) uint8 from its darkest, 0, to its lightest, 1, float32: no more than that.

    A twentieth of the pixels on either side are as dark, or as light. None: the picture is blank.
    """
    levels = _Levels(grey)
    dark, light = (float(levels.at(int(share * (grey.size - 1)))) for share in (0.05, 0.95))
    if light - dark < LEAST_CONTRAST:
        return None
    return ((grey - np.float32(dark)) / np.float32(light - dark)).clip(0, 1)


def is_dark_on_light(grey: NDArray[np.uint8]) -> bool:
    """Return whether the ink of grey (H, W) uint8 is darker than its paper.

    Decided by which side the few pixels are on, compared with the light around them: by their
    skewness, as the third moment and as the distance of mean and median (Pearson). Where ink and
    paper share the picture evenly, as in a tight crop of thick strokes, its edges and corners,
    which are mostly paper, count as well. What is light is no ink where it is a sheet with dark
    writing on it, or wider than a stroke beside dark writing that is thinner than one.
    """
    return _is_dark_on_light(_reduced(grey, LEAST_PAPER_SIDE))


def _is_dark_on_light(small: NDArray[np.uint8]) -> bool:
    deviation = (small - _blurred(small, max(small.shape) / 5)).ravel()
    deviation -= deviation.mean()
    squares = deviation * deviation
    spread = math.sqrt(float(squares.mean()))
    if spread < 1e-3:
        return bool(small.mean() > 127)
    skewness = float(squares.dot(deviation)) / deviation.size / spread**3
    lightness = 2 * _median(deviation) / spread - skewness
    if lightness + 2 * _lightness_of_rim(small) > 0:
        return True
    # What is light may be a sheet on something dark, or what a shadow leaves of one.
    is_light = small > _Levels(small).shares()[1]
    if is_sheet_on_dark(is_light):
        return True
    dark, light = _thin_writing(small), _thin_writing(255 - small)
    return _is_no_stroke(is_light) and dark > max(LEAST_WRITING, light)


def _median(values: NDArray[np.float32]) -> float:
    """Return the median of (n,), which it reorders."""
    middle = values.size // 2
    values.partition(middle)
    if values.size % 2:
        return float(values[middle])
    return (float(values[:middle].max()) + float(values[middle])) / 2


class _Levels:
    """The grey levels of a picture (H, W) uint8 in order, from how many pixels each has."""

    def __init__(self, grey: NDArray[np.uint8]) -> None:
        self.size = grey.size
        # How many pixels are at most as light as each level.
        self._up_to = np.bincount(grey.ravel(), minlength=256).cumsum().tolist()

    def at(self, place: int) -> int:
        """Return the level of the pixel at this place, counted from the darkest."""
        return bisect_right(self._up_to, place)

    def count_below(self, level: float) -> int:
        """Return how many pixels are darker than that level, which is above 0."""
        return int(self._up_to[math.ceil(level) - 1])

    def shares(self) -> tuple[float, float, float, float]:
        """Return the share of dark pixels, the grey between, the shares of light and of neither."""
        low, high = self.at(int(0.04 * self.size)), self.at(int(0.96 * (self.size - 1)))
        middle, margin = (low + high) / 2, 0.3 * (high - low)
        if high == 0:
            return 0.0, 0.0, 1.0, 0.0
        split = self.count_below(middle)
        between = self.count_below(high - margin) - self.count_below(low + margin)
        return split / self.size, middle, 1 - split / self.size, between / self.size


def _lightness_of_rim(small: NDArray[np.uint8]) -> float:
    """Return how much lighter the edges and corners are, -1 to 1; 0 where that says nothing."""
    dark, middle, light, between = _Levels(small).shares()
    # With few pixels on one side, these are the ink; with many between, light is uneven.
    if min(dark, light) < 0.28 or between > 0.25:
        return 0.0
    is_light = small > middle
    edges = np.concatenate([is_light[0], is_light[-1], is_light[:, 0], is_light[:, -1]])
    size = max(1, min(small.shape) // 6)
    ends = slice(None, size), slice(-size, None)
    corners = [float(is_light[y, x].mean()) for y in ends for x in ends]
    return float(edges.mean()) + float(np.median(corners)) - 1


def _even_paper(levels: _Levels) -> int | None:
    """Return the one level of the paper under thick dark ink; None if its light is uneven.

    Thick strokes along the edges of a tight crop look like shadows to a local estimate.
    """
    dark, middle, light, between = levels.shares()
    if min(dark, light) < 0.15 or between > 0.25:
        return None
    first = levels.count_below(middle)
    count = levels.size - first
    low, level, high = (levels.at(first + int(share * count)) for share in (0.1, 0.5, 0.9))
    contrast = level - levels.at(int(0.5 * dark * levels.size))
    return level if high - low < 0.15 * contrast else None


def _is_shadowed(small: NDArray[np.uint8]) -> bool:
    """Return whether what is dark in a reduced picture of dark ink is a shadow, and no stroke.

    It is wider than a stroke, and there is writing thinner than that in the picture.
    """
    is_dark = small < _Levels(small).shares()[1]
    return _is_no_stroke(is_dark) and _thin_writing(small) > LEAST_WRITING


def _is_no_stroke(mask: NDArray[np.bool_]) -> bool:
    """Return whether some of the mask of a reduced picture is wider than any stroke."""
    short, long = min(mask.shape), max(mask.shape)
    side = max(3, round(SHADOW_SIDES[0] * short), round(SHADOW_SIDES[1] * long))
    return side <= short and bool(extreme_around(mask, side, np.minimum).any())


def _thin_writing(small: NDArray[np.uint8]) -> float:
    """Return the share of a reduced picture that dark strokes take, thinner than a window."""
    window = 2 * round(WRITING_WINDOW * min(small.shape) / 2) + 1
    widened = extreme_around(with_edge(small, window - 1), window, np.maximum)
    filled = extreme_around(widened, window, np.minimum) - small
    return float((filled > 2 * LEAST_CONTRAST).mean())


def _clean_ink(
    grey: NDArray[np.uint8], counts: NDArray[np.intp], paper: int
) -> NDArray[np.float32]:
    """Return the ink of a picture whose paper is exactly `paper`: one table look-up."""
    if counts[paper] < 0.6 * grey.size:
        paper = 255 if is_dark_on_light(grey) else 0
    inked = grey.size - int(counts[paper])
    if inked == 0:
        return np.zeros(grey.shape, np.float32)
    peak = 255
    if 20 * counts[255 - paper] < inked:
        # The level that the darkest twentieth of the ink reaches.
        from_darkest = (counts[::-1] if paper == 0 else counts).cumsum()
        peak -= int(from_darkest.searchsorted(math.ceil(0.05 * inked)))
    return _clean_table(paper, peak).take(grey)


@lru_cache(maxsize=512)
def _clean_table(paper: int, peak: int) -> NDArray[np.float32]:
    """Return the ink (256,) of every grey level, with the levels at `peak` from the paper as 1."""
    from_paper = np.abs(np.arange(256, dtype=np.float32) - paper)
    table: NDArray[np.float32] = np.minimum(from_paper / max(peak, LEAST_CONTRAST), np.float32(1))
    table.setflags(write=False)
    return table


def _reduced(grey: NDArray[np.uint8], least_side: int = 1) -> NDArray[np.uint8]:
    """Return the picture reduced to at most `PAPER_SIDE` on its longer side.

    Unless its shorter side were less than `least_side` then.
    """
    height, width = grey.shape
    factor = max(PAPER_SIDE / max(height, width), least_side / min(height, width))
    if factor >= 1:
        return grey
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))


def _blurred(grey: NDArray[np.uint8], radius: float) -> NDArray[np.float32]:
    """Return the picture blurred by two box filters of about that radius in pixels."""
    image = Image.fromarray(grey)
    image = image.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius / 2))
    return np.asarray(image, dtype=np.float32)


def _paper_light(
    small: NDArray[np.uint8], shape: tuple[int, ...], *, keeps_edges: bool
) -> NDArray[np.uint8]:
    """Return the light of the bare paper, of that shape, from a reduced picture with dark ink.

    A closing (maximum, then minimum) of the reduced picture fills strokes narrower than its
    window, and leaves shadows, which are wider, where they are. What is smoothed then is no lighter
    than that where it `keeps_edges`: beside a hard shadow's, paper would seem as dark as a stroke.
    """
    height, width = shape
    short, long = min(height, width), max(height, width)
    # A window wider than the strokes of one large digit, narrower than the shadows of a page.
    window_pixels = max(WRITING_WINDOW * short, min(40.0, 0.4 * short))
    scale = min(1.0, PAPER_SIDE / long)
    window = 2 * round(window_pixels * scale / 2) + 1
    light = Image.fromarray(small)
    if window > 1:
        # As far as the blur reaches: the picture's edge goes on outside.
        margin = 2 + window // 4
        widened = extreme_around(with_edge(small, window - 1 + margin), window, np.maximum)
        closed = np.ascontiguousarray(extreme_around(widened, window, np.minimum))
        even = Image.fromarray(closed).filter(ImageFilter.BoxBlur(window / 4))
        # Under thick strokes, which may fill a small crop, nothing else tells the paper's light.
        if keeps_edges and scale < 1:
            # Enlarged again, an edge is as wide as a pixel of the reduced picture.
            lowest = extreme_around(with_edge(closed, 1), 3, np.minimum)
            most = np.minimum(LIGHTER * lowest, 255).astype(np.uint8)
            even = Image.fromarray(np.minimum(np.asarray(even), most))
        light = even.crop((margin, margin, margin + light.width, margin + light.height))
    if light.size != (width, height):
        light = light.resize((width, height))
    return np.asarray(light)


def _darkness(grey: NDArray[np.uint8], light: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how much of the paper's light the ink takes away: 0 on paper, towards 1 on black."""
    darkness = np.empty(grey.shape, np.float32)
    height, width = grey.shape
    block_height = 1 + BLOCK_SIZE // width
    for top in range(0, height, block_height):
        rows = slice(top, top + block_height)
        block = np.maximum(light[rows], 16, out=darkness[rows], casting="unsafe")
        divisor = block.copy()
        block -= grey[rows]
        block /= divisor
    return darkness


def _normalised(
    darkness: NDArray[np.float32], is_mostly_paper: bool, paper_darkness: float | None = None
) -> NDArray[np.float32]:
    """Return the darkness without paper noise, stretched so that strokes reach 1."""
    sample = np.sort(darkness.ravel()[:: 1 + darkness.size // SAMPLE_SIZE])
    if paper_darkness is None:
        paper_darkness = float(sample[int(0.4 * len(sample))])
    floor = paper_darkness + 2 * _noise(darkness, is_mostly_paper)
    # The sample is in order: what is darker than that stands at its end.
    inked = sample[sample.searchsorted(np.float32(floor + LEAST_CONTRAST / 255), "right") :]
    peak = float(inked[int(0.85 * (len(inked) - 1))]) if len(inked) else 0.0
    darkness -= floor
    darkness /= max(peak - floor, LEAST_CONTRAST / 255)
    return darkness.clip(0.0, 1.0, out=darkness)


def _noise(darkness: NDArray[np.float32], is_mostly_paper: bool) -> float:
    """Return the standard deviation of paper noise, from differences of neighbouring pixels.

    Neighbours are equally lit, so that uneven light does not count. Most of them are paper, so
    that the median leaves strokes out; in a small crop half of them may be edges of strokes.
    """
    rows = darkness[:: 1 + darkness.size // SAMPLE_SIZE]
    differences = (rows[:, 2:] - rows[:, :-2]).ravel()
    if differences.size == 0:
        return 0.0
    # Of a difference of two normal values, the median magnitude is 0.954 deviations of either,
    # the quartile 0.451.
    share, deviations = (0.5, 0.954) if is_mostly_paper else (0.25, 0.451)
    place = int(share * differences.size)
    np.abs(differences, out=differences).partition(place)
    return float(differences[place]) / deviations
