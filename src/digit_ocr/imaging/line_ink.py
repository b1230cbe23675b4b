"""The ink of one line: as `to_ink`, but for small crops, and keeping what is faint.

In a crop of one number half of the pixels may be ink, a shadow's edge may be stronger than the
pencil, and nothing else on the page tells the polarity. The reader of lines was trained with noise
and prefers it to strokes that are thresholded away.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digit_ocr.imaging.extremes import extreme_around, with_edge
from digit_ocr.imaging.ink import LIGHTER

Plane = NDArray[np.float32]

LEAST_CONTRAST = 0.03
"""Share of the paper's light that ink takes away at least; what takes less stays pale."""
MOST_DARKNESS = 0.5
"""Of most of a crop: where half of it takes away more of the paper's light, it is no ink."""


def line_ink(grey: NDArray[np.uint8], dark_on_light: bool | None = None) -> Plane:
    """Return ink about 1 on paper about 0, (height, width) float32, from grey uint8.

    `dark_on_light` settles the polarity where the caller knows it from the whole page.
    """
    if dark_on_light is None:
        _, darkness = _likely_darkness(grey)
    else:
        darkness = _darkness(grey, dark_on_light)
    ordered = np.sort(_sample(darkness))
    low, middle = (float(ordered[int(share * (len(ordered) - 1))]) for share in (0.1, 0.5))
    # A tenth of a normal distribution lies 1.28 deviations below its middle.
    noise = max(0.0, middle - low) / 1.28
    floor = middle + 0.5 * noise
    # In order: what is darker than that stands at the end.
    least = np.float32(floor + max(2.5 * noise, LEAST_CONTRAST))
    strokes = ordered[ordered.searchsorted(least, "right") :]
    top = float(strokes[int(0.75 * (len(strokes) - 1))]) if len(strokes) else 0.0
    height = max(top - floor, LEAST_CONTRAST, 2.0 * noise)
    darkness -= floor
    darkness /= height
    return darkness.clip(0.0, 1.0, out=darkness)


def is_line_dark_on_light(grey: NDArray[np.uint8]) -> bool:
    """Return whether the ink of a crop of one line, (H, W) uint8, is darker than its paper."""
    return _likely_darkness(grey)[0]


def _likely_darkness(grey: NDArray[np.uint8]) -> tuple[bool, Plane]:
    """Return whether the ink is darker than the paper, and what `_darkness` is then."""
    dark_on_light = _are_strokes_dark(grey)
    darkness = _darkness(grey, dark_on_light)
    if np.median(_sample(darkness)) <= MOST_DARKNESS:
        return dark_on_light, darkness
    # A frame of the other side's light around a crop looks like paper, and all within like ink.
    return not dark_on_light, _darkness(grey, not dark_on_light)


def _darkness(grey: NDArray[np.uint8], dark_on_light: bool) -> Plane:
    """Return the share of the paper's light that is taken away: about 0 on paper, 1 on black."""
    light = grey if dark_on_light else 255 - grey
    paper = _paper_light(light)
    darkness: Plane = paper - light
    darkness /= np.maximum(paper, np.float32(16))
    return darkness


def _sample(darkness: Plane) -> Plane:
    return darkness.ravel()[:: max(1, darkness.size // 8192) | 1]


def _are_strokes_dark(grey: NDArray[np.uint8]) -> bool:
    """Return whether the strokes are darker than what is around them within their own width.

    Skewness of the picture less its local mean: ink is the few, far values on one side. The mean
    is taken over so little that shadows and dark tables cancel out, and the middle of the crop
    counts twice, because black borders along its sides make the paper beside them look bright.
    """
    height, width = grey.shape
    picture = Image.fromarray(grey)
    if height > 48:
        picture = picture.resize((max(1, round(width * 48 / height)), 48), Image.Resampling.BOX)
    radius = 0.2 * picture.height
    around = picture.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius / 2))
    deviation = np.asarray(picture, np.float32) - np.asarray(around, np.float32)
    side = round(0.28 * picture.height)
    middle = deviation[side:-side, side:-side] if side else deviation
    if middle.size == 0:
        middle = deviation
    whole, inner = _skewness(deviation), _skewness(middle)
    # A thick 0 that fills its crop shows little but its hole there: then all of the crop decides.
    return (whole if abs(whole + inner) < 0.3 else whole + inner) <= 0


def _skewness(values: Plane) -> float:
    values = values.ravel()
    squares = values * values
    deviation = math.sqrt(float(squares.mean()))
    return float(squares.dot(values)) / values.size / (deviation**3 + 1e-6)


def _paper_light(grey: NDArray[np.uint8]) -> Plane:
    """Return the light of the paper around dark ink: a closing, which fills strokes, blurred.

    But no lighter than a shadow leaves it along its edge, which would seem to be a stroke.
    """
    # Wider than strokes, narrower than what shadows leave bright.
    window = 2 * round(0.3 * min(grey.shape)) + 3
    widened = extreme_around(with_edge(grey, window // 2), window, np.maximum)
    closed = extreme_around(with_edge(widened, window // 2), window, np.minimum)
    picture = Image.fromarray(np.ascontiguousarray(closed))
    smooth = np.asarray(picture.filter(ImageFilter.BoxBlur(window / 4)), np.float32)
    return np.minimum(smooth, np.float32(LIGHTER) * closed)
