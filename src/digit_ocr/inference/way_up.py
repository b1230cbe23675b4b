"""Which way up a page lies, told by its digits: a 4 on its side is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.components import find_components
from digit_ocr.imaging.digit import centre_digit, find_digit
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.finding import STRIDE, FoundNumber, Levels

BEST_HEIGHT = 20.0
"""Pixels of digits at the scale where their middles are looked for."""
MIDDLE_THRESHOLD = 0.4
REACH = 0.65
"""From a digit's middle to the edge of its cut, in heights of digits."""
MOST_DIGITS, LEAST_DIGITS = 40, 8
FEW_READ, SURELY_READ = 4.0, 0.9
"""Digits' worth, and confidence in the mean, below which all ways are tried where too few digits
are seen to tell: what lies on its side is hardly ever read so surely."""
WELL_READ = 0.67
"""Mean confidence of its digits from which a page may be read turned: the letters of a text upside
down look like digits, 0.4 to 0.65 sure; composed pages set right are from 0.69 on."""
SHARE = 0.8
"""Of the likeliest way up's weight, from which another is worth reading."""
UPRIGHT = 1.25
"""How many times as much a page must read turned: most pages lie upright."""
UNLIKELY = 0.35
"""Weight that the right way up of a page hardly stays below; the digits of one on its side do."""
TELLING = np.array([0.3, 0.3, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 0.3, 0.5])
"""How much a digit tells: 0, 1 and 8 look alike both ways, 6 and 9 are each other upside down."""


def weigh_ways_up(
    levels: Levels, found: Sequence[FoundNumber], digit_reader: DigitReader
) -> NDArray[np.float64] | None:
    """Return how much the digits of a page speak for each number of quarter turns to the left.

    `found`: what was found there, the surest first. The page network sees where digits are,
    whichever way up: each is shown to the digit network four ways.
    Weights (4,) in 0..1; None where there are too few digits to tell.
    """
    digits = _digits_of(levels, found)
    if len(digits) < LEAST_DIGITS:
        return None
    ways = [np.ascontiguousarray(np.rot90(digits, turns, (1, 2))) for turns in range(4)]
    chances = digit_reader.classify(np.concatenate(ways))[:, :10].reshape(4, len(digits), 10)
    weights: NDArray[np.float64] = (chances.max(2) * TELLING[chances.argmax(2)]).mean(1)
    return weights


def other_ways(weights: NDArray[np.float64]) -> list[int]:
    """Return the quarter turns that are likelier than none, the likeliest first.

    Where hardly anything looks like a digit whichever way up, those that are nearly as likely too.
    """
    ranked = [int(turns) for turns in np.argsort(-weights)]
    least = SHARE * float(weights.max())
    if weights.max() >= UNLIKELY:
        least = max(least, float(weights[0]))
    return [turns for turns in ranked if turns and weights[turns] >= least]


def _digits_of(levels: Levels, found: Sequence[FoundNumber]) -> NDArray[np.float32]:
    """Return some digits of a page in MNIST's form (n, 28, 28), as they lie there."""
    if not found:
        return np.zeros((0, 28, 28), np.float32)
    height = float(np.median([number.height for number in found]))
    scale = min(levels.scales, key=lambda scale: abs(np.log(height * scale / BEST_HEIGHT)))
    boxes = find_components(levels.maps(scale)[0] > MIDDLE_THRESHOLD).boxes
    middles = (boxes[:, :2] + boxes[:, 2:]) * (STRIDE / 2 / scale)
    some = np.linspace(0, len(middles) - 1, min(len(middles), MOST_DIGITS)).astype(int)
    reach = REACH * height
    digits = []
    for x, y in middles[some].tolist():
        cut = levels.ink[max(0, int(y - reach)) : int(y + reach) + 1]
        try:
            found_digit = find_digit(cut[:, max(0, int(x - reach)) : int(x + reach) + 1])
        except NoDigitFound:
            continue
        digits.append(centre_digit(found_digit.pixels))
    return np.array(digits, np.float32).reshape(-1, 28, 28)
