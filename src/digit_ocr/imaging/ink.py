"""Ink on paper from a grey picture: which side the ink is on, the paper's light, the contrast."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

CLEAN_MAX_SIDE = 64
"""Pictures up to this side with one exact paper value skip the estimate of the paper's light."""

PAPER_SIDE = 64
"""The paper's light is estimated on a picture reduced to this longer side."""

LEAST_CONTRAST = 10.0
"""Grey levels between paper and ink; what differs less is taken for paper."""

SAMPLE_SIZE = 5_000
"""Pixels, about, from which paper, noise and contrast are estimated."""


def to_ink(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return ink 1 on paper 0, (H, W) float32, from grey (H, W) uint8 of either polarity.

    Uneven light is divided out, paper noise is taken off, and the contrast is stretched until
    the darkest strokes reach 1. A clean picture such as MNIST's comes out as it was.
    """
    if max(grey.shape) <= CLEAN_MAX_SIDE:
        counts = np.bincount(grey.ravel(), minlength=256)
        paper = 0 if counts[0] > counts[255] else 255
        # Most of the picture has exactly one value: there is no light to correct.
        if counts[paper] > 0.4 * grey.size:
            return _clean_ink(grey, counts, paper)
    small = _reduced(grey)
    if not _is_dark_on_light(small):
        grey, small = 255 - grey, 255 - small
    even_paper = _even_paper(small)
    if even_paper is None:
        return _normalised(_darkness(grey, _paper_light(small, grey.shape)))
    return _normalised(_darkness(grey, np.float32(even_paper)), paper_darkness=0.0)


def is_dark_on_light(grey: NDArray[np.uint8]) -> bool:
    """Return whether the ink of grey (H, W) uint8 is darker than its paper.

    Decided by which side the few pixels are on, compared with the light around them: by their
    skewness, as the third moment and as the distance of mean and median (Pearson). Where ink and
    paper share the picture evenly, as in a tight crop of thick strokes, its edges and corners,
    which are mostly paper, count as well.
    """
    return _is_dark_on_light(_reduced(grey))


def _is_dark_on_light(small: NDArray[np.uint8]) -> bool:
    deviation = small - _blurred(small, max(small.shape) / 5)
    deviation -= deviation.mean()
    spread = float(deviation.std())
    if spread < 1e-3:
        return bool(small.mean() > 127)
    skewness = float((deviation**3).mean()) / spread**3
    lightness = 2 * float(np.median(deviation)) / spread - skewness
    return lightness + 2 * _lightness_of_rim(small) > 0


def _lightness_of_rim(small: NDArray[np.uint8]) -> float:
    """Return how much lighter the edges and corners are, -1 to 1; 0 where that says nothing."""
    dark, middle, light, between = _two_levels(np.sort(small, axis=None))
    # With few pixels on one side, these are the ink; with many between, light is uneven.
    if min(dark, light) < 0.28 or between > 0.25:
        return 0.0
    is_light = small > middle
    edges = np.concatenate([is_light[0], is_light[-1], is_light[:, 0], is_light[:, -1]])
    size = max(1, min(small.shape) // 6)
    ends = slice(None, size), slice(-size, None)
    corners = [float(is_light[y, x].mean()) for y in ends for x in ends]
    return float(edges.mean()) + float(np.median(corners)) - 1


def _two_levels(ordered: NDArray[Any]) -> tuple[float, float, float, float]:
    """Return the share of dark pixels, the grey between, and the shares of light and of neither.

    `ordered` are all pixels, sorted.
    """
    count = len(ordered)
    low, high = float(ordered[int(0.04 * count)]), float(ordered[int(0.96 * (count - 1))])
    middle, margin = (low + high) / 2, 0.3 * (high - low)
    below, split, above = np.searchsorted(ordered, (low + margin, middle, high - margin)).tolist()
    return split / count, middle, 1 - split / count, (above - below) / count


def _even_paper(small: NDArray[np.uint8]) -> float | None:
    """Return the one level of the paper under thick dark ink; None if its light is uneven.

    Thick strokes along the edges of a tight crop look like shadows to a local estimate.
    """
    ordered = np.sort(small, axis=None)
    dark, middle, light, between = _two_levels(ordered)
    if min(dark, light) < 0.15 or between > 0.25:
        return None
    paper = ordered[int(np.searchsorted(ordered, middle)) :]
    low, level, high = (float(paper[int(share * len(paper))]) for share in (0.1, 0.5, 0.9))
    contrast = level - float(ordered[int(0.5 * dark * len(ordered))])
    return level if high - low < 0.15 * contrast else None


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
        from_darkest = np.cumsum(counts[::-1] if paper == 0 else counts)
        peak -= int(from_darkest.searchsorted(0.05 * inked))
    return _clean_table(paper, peak)[grey]


@lru_cache(maxsize=512)
def _clean_table(paper: int, peak: int) -> NDArray[np.float32]:
    """Return the ink (256,) of every grey level, with the levels at `peak` from the paper as 1."""
    from_paper = np.abs(np.arange(256, dtype=np.float32) - paper)
    table: NDArray[np.float32] = np.minimum(from_paper / max(peak, LEAST_CONTRAST), np.float32(1))
    table.setflags(write=False)
    return table


def _reduced(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture reduced to at most `PAPER_SIDE` on its longer side."""
    height, width = grey.shape
    factor = PAPER_SIDE / max(height, width)
    if factor >= 1:
        return grey
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))


def _blurred(grey: NDArray[np.uint8], radius: float) -> NDArray[np.float32]:
    """Return the picture blurred by two box filters of about that radius in pixels."""
    image = Image.fromarray(grey)
    image = image.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius / 2))
    return np.asarray(image, dtype=np.float32)


def _paper_light(small: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the light of the bare paper, of that shape, from a reduced picture with dark ink.

    A closing (maximum, then minimum) of the reduced picture fills strokes narrower than its
    window, and leaves shadows, which are wider, where they are.
    """
    height, width = shape
    short, long = min(height, width), max(height, width)
    # A window wider than the strokes of one large digit, narrower than the shadows of a page.
    window_pixels = max(0.12 * short, min(40.0, 0.4 * short))
    scale = min(1.0, PAPER_SIDE / long)
    window = 2 * round(window_pixels * scale / 2) + 1
    light = Image.fromarray(small)
    if window > 1:
        padded = np.pad(small, 2 * window, mode="edge")
        # 255 - x turns the largest into the smallest.
        closed = 255 - _largest_around(255 - _largest_around(padded, window), window)
        blurred = Image.fromarray(closed).filter(ImageFilter.BoxBlur(window / 4))
        margin = window + 1
        light = blurred.crop((margin, margin, margin + light.width, margin + light.height))
    if light.size != (width, height):
        light = light.resize((width, height))
    return np.asarray(light, dtype=np.float32)


def _largest_around(values: NDArray[np.uint8], window: int) -> NDArray[np.uint8]:
    """Return the largest value in each window that fits: `window` - 1 shorter both ways."""
    for _ in range(2):
        # Spans of 1, 2, 4, … rows: a few array operations instead of a look at every neighbour.
        span = 1
        while 2 * span <= window:
            values = np.maximum(values[:-span], values[span:])
            span *= 2
        if window > span:
            values = np.maximum(values[: span - window], values[window - span :])
        values = values.T
    return np.ascontiguousarray(values)


def _darkness(
    grey: NDArray[np.uint8], light: NDArray[np.float32] | np.float32
) -> NDArray[np.float32]:
    """Return how much of the paper's light the ink takes away: 0 on paper, towards 1 on black."""
    light = np.maximum(light, np.float32(16))
    darkness: NDArray[np.float32] = light - grey
    darkness /= light
    return darkness


def _normalised(
    darkness: NDArray[np.float32], paper_darkness: float | None = None
) -> NDArray[np.float32]:
    """Return the darkness without paper noise, stretched so that strokes reach 1."""
    sample = np.sort(darkness.ravel()[:: 1 + darkness.size // SAMPLE_SIZE])
    if paper_darkness is None:
        paper_darkness = float(sample[int(0.4 * len(sample))])
    floor = paper_darkness + 2 * _noise(darkness)
    inked = sample[sample > floor + LEAST_CONTRAST / 255]
    peak = float(inked[int(0.85 * (len(inked) - 1))]) if len(inked) else 0.0
    darkness -= floor
    darkness /= max(peak - floor, LEAST_CONTRAST / 255)
    return np.clip(darkness, 0.0, 1.0, out=darkness)


def _noise(darkness: NDArray[np.float32]) -> float:
    """Return the standard deviation of paper noise, from differences of neighbouring pixels.

    Neighbours are equally lit, so that uneven light does not count. Most of them are paper, so
    that the median leaves strokes out; in a small crop half of them may be edges of strokes.
    """
    rows = darkness[:: 1 + darkness.size // SAMPLE_SIZE]
    differences = np.abs(rows[:, 2:] - rows[:, :-2]).ravel()
    if differences.size == 0:
        return 0.0
    # Of a difference of two normal values, the median magnitude is 0.954 deviations of either,
    # the quartile 0.451.
    share, deviations = (0.25, 0.451) if max(darkness.shape) <= CLEAN_MAX_SIDE else (0.5, 0.954)
    place = int(share * differences.size)
    return float(np.partition(differences, place)[place]) / deviations
