"""Strips to learn numbers from: composed, photographed, and prepared as reading prepares them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.line import STRIP_HEIGHT, prepare_line
from digit_ocr.inference.number_line import SEPARATOR
from digit_ocr.synthesis import clutter
from digit_ocr.synthesis import string_furniture as furniture
from digit_ocr.synthesis import string_scene as scenes
from digit_ocr.synthesis.glyphs import DIGIT_SHARES, LONE_ONE_SHARE, GlyphSource, Hand, Writer
from digit_ocr.synthesis.letters import (
    DRAWN_LONE_LETTERS,
    LONE_LETTERS,
    UNLIKE_DIGITS,
    WORD_CHARACTERS,
)
from digit_ocr.synthesis.paper import photograph
from digit_ocr.synthesis.scenes import draw_scene
from digit_ocr.synthesis.string_scene import Rectangle, Scene
from digit_ocr.synthesis.text_lines import text_lines

MAX_DIGITS = 20
MAX_WIDTH = 320
"""Longer strips are left out: the network slides along a strip of any length all the same."""

EMPTY_SHARE = 0.15
TEXT_SHARE = 0.6
"""Of the strips without a number by a hand that sets words, those of a piece of a page of text."""
SEEN_THROUGH_SHARE = 0.2
"""Of the strips without a number, those with what another side's writing leaves of itself."""
PHOTO_SHARE = 0.15
"""Of the same, photos of something else."""
MIRRORED_DIGITS, MIRRORED_LETTERS = "34679", "AHKMNRVWXYkmnwx"
"""Those that nobody takes for digits from behind."""
SEVERAL_SHARE = 0.22
"""Of the strips with numbers, those with two or three, a space, sign or word between."""
DATE_SHARE = 0.2
"""Of these, dates: a stroke between two digits of theirs is a slash, however much like a 1."""
DATE_SIGNS, DATE_SIGN_SHARES = "/-.", (0.55, 0.25, 0.2)
CLEAN_SHARE = 0.25
"""Of the pictures, those that are nearly as clean as a scan."""
UNIT_SHARE = 0.05
"""Of the strips with numbers, those with a sign that says what they count."""
SURROUNDED_SHARE = 0.14
"""Likewise, those with brackets, marks or letters right beside them."""
RING_SHARE = 0.05
"""Of the strips with numbers, and of words, those with a ring around."""
CLOSE_CROP_SHARE = 0.15
"""Of all strips, those whose crop ends as close to the writing as a box around it, or closer."""
END_ONE_SHARE = 0.15
"""Of the numbers of several digits, those made to begin or end with a 1, which looks like a border
or a bracket there."""
# Most numbers are short; account numbers and the like are not.
LENGTH_SHARES = np.array([20, 17, 15, 13, 11, 7, 5, 4, 1.5, 1.5] + [0.6] * 10)
SHORT_SHARES = np.array([28, 32, 18, 14, 5, 3])


@dataclass(frozen=True, slots=True)
class NumberPictures:
    """Strips and what they say.

    images: (n, 32, 320) uint8, ink 255 on paper 0; widths: (n,) the columns in use, 0 beyond
    targets: (n, 20) int64 digits, `SEPARATOR` between two numbers, 0 beyond
    target_lengths: (n,), 0 where no digit is
    """

    images: NDArray[np.uint8]
    widths: NDArray[np.int64]
    targets: NDArray[np.int64]
    target_lengths: NDArray[np.int64]


def compose_numbers(
    count: int, seed: int, source: GlyphSource, strength: float = 1.0
) -> NumberPictures:
    """Return strips of one number or a few, 1 to 20 digits, one in seven of something else.

    `strength` is that of `photograph`: how bad paper, pen, light and camera may be.
    """
    pictures = NumberPictures(
        np.zeros((count, STRIP_HEIGHT, MAX_WIDTH), np.uint8),
        np.zeros(count, np.int64),
        np.zeros((count, MAX_DIGITS), np.int64),
        np.zeros(count, np.int64),
    )
    # A generator for each strip: the same strips in whatever chunks they are made.
    for i, child in enumerate(np.random.SeedSequence(seed).spawn(count)):
        rng = np.random.default_rng(child)
        strip, target = compose_number(source, rng, strength)
        while strip.shape[1] > MAX_WIDTH:
            strip, target = compose_number(source, rng, strength)
        pictures.images[i, :, : strip.shape[1]] = np.round(strip * 255)
        pictures.widths[i] = strip.shape[1]
        pictures.targets[i, : len(target)] = target
        pictures.target_lengths[i] = len(target)
    return pictures


def compose_number(
    source: GlyphSource, rng: np.random.Generator, strength: float = 1.0
) -> tuple[NDArray[np.float32], list[int]]:
    """Return a strip (32, width) float32 and its digits, `SEPARATOR` between two numbers."""
    picture, region, target = photograph_number(source, rng, strength)
    return prepare_line(picture, region).image, target


def photograph_number(
    source: GlyphSource,
    rng: np.random.Generator,
    strength: float = 1.0,
    in_cell: bool | None = None,
    is_several: bool | None = None,
    is_close: bool | None = None,
) -> tuple[NDArray[np.uint8], tuple[int, int, int, int] | None, list[int]]:
    """Return a photo (height, width) uint8, the box found in it (None: all of it), its digits.

    `in_cell` makes it a table's cell or a number on open paper, `is_several` two or three numbers
    with `SEPARATOR` between their digits, `is_close` a crop that ends where the writing does, or
    cuts it a little; chance decides where None.
    """
    if is_several is None:
        is_several = rng.random() < SEVERAL_SHARE
    hand = source.writer(rng)
    numbers: list[list[int]] = []
    sign: str | None = None
    if rng.random() >= EMPTY_SHARE:
        numbers = several_numbers(rng) if is_several else [random_number(rng)]
        if is_several and rng.random() < DATE_SHARE:
            numbers, sign = date(rng), str(rng.choice(list(DATE_SIGNS), p=DATE_SIGN_SHARES))
    # Phones and page finders give all sizes; small ones are the hard ones.
    low, high = (10.0, 18.0) if rng.random() < 0.35 else (16.0, 48.0)
    height = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    room = height * rng.uniform(0.8, 1.6)
    # Of their own chances: what is composed after them stays as it was.
    own = rng.spawn(1)[0]
    if numbers:
        scene = scenes.lay_out(hand, numbers, height, room, rng, sign)
        if rng.random() < UNIT_SHARE:
            furniture.add_unit(scene, hand, rng, right=rng.random() < 0.65)
        if own.random() < SURROUNDED_SHARE:
            furniture.add_surroundings(scene, hand, own)
        if own.random() < RING_SHARE:
            furniture.draw_ring(scene, own)
    else:
        hand = source.writer(rng, "font") if rng.random() < 0.5 else hand
        scene = no_number(hand, height, room, rng)
        if own.random() < PHOTO_SHARE:
            tall, wide = scene.ink.shape
            scene.ink = draw_scene(tall, wide, own)
    if rng.random() < 0.35:
        # Pencil beside printed borders: what is printed does not fade with it.
        scene.ink *= np.float32(rng.uniform(0.3, 0.9))
    chance = rng.random() < 0.45
    in_cell = chance if in_cell is None else in_cell
    region = _cell(scene, rng) if in_cell else _found_box(scene, rng)
    chance = own.random() < CLOSE_CROP_SHARE
    if chance if is_close is None else is_close:
        region = _close_box(scene, own)
    furnish(scene, hand, region, in_cell, len(numbers), rng)
    whole = in_cell or rng.random() < 0.4
    region = _within(region, scene.ink.shape)
    if whole:
        x0, y0, x1, y1 = region
        scene.ink = scene.ink[y0:y1, x0:x1]
    # Most photos are far better than the worst, in which nothing can be read nor learnt.
    worst = 0.15 if rng.random() < CLEAN_SHARE else 1.0
    picture = photograph(scene.ink, rng, strength * rng.uniform(0.0, worst))
    target = [label for number in numbers for label in (SEPARATOR, *number)][1:]
    return picture, None if whole else region, target


def several_numbers(rng: np.random.Generator) -> list[list[int]]:
    """Return two or three short numbers: a date, a time, a size, the columns of a row."""
    count = 2 if rng.random() < 0.7 else 3
    return [random_number(rng, SHORT_SHARES) for _ in range(count)]


def date(rng: np.random.Generator) -> list[list[int]]:
    """Return day, month and year in one of their usual orders, or a day and a month."""
    width = 2 if rng.random() < 0.6 else 1
    day, month = (f"{rng.integers(1, most + 1):0{width}}" for most in (31, 12))
    year = str(rng.integers(1900, 2100))[0 if rng.random() < 0.65 else 2 :]
    kind = rng.random()
    parts = (
        [day, month, year] if kind < 0.55 else [year, month, day] if kind < 0.75 else [day, month]
    )
    return [[int(digit) for digit in part] for part in parts]


def random_number(
    rng: np.random.Generator, length_shares: NDArray[np.float64] = LENGTH_SHARES
) -> list[int]:
    """Return digits: of common lengths, with more 1s and 7s, repeats and leading zeros."""
    shares = length_shares / length_shares.sum()
    length = 1 + int(rng.choice(len(shares), p=shares))
    digits: list[int] = rng.choice(10, length, p=DIGIT_SHARES).tolist()
    if length == 1 and rng.random() < LONE_ONE_SHARE:
        digits = [1]
    if length > 1 and rng.random() < END_ONE_SHARE:
        digits[-1 if rng.random() < 0.7 else 0] = 1
    for i in range(1, length):
        if rng.random() < 0.1:
            digits[i] = digits[i - 1]
    if length > 1 and rng.random() < 0.12:
        zeros = int(rng.integers(1, length))
        digits[:zeros] = [0] * zeros
    return digits


def _cell(scene: Scene, rng: np.random.Generator) -> Rectangle:
    """Return a crop of a table cell: what is written fills part of it, anywhere."""
    x0, y0, x1, y1 = scene.writing
    tall = y1 - y0
    spare = max(0.0, tall / rng.uniform(0.42, 1.02) - tall)
    above = spare * rng.beta(1.5, 1.5)
    left, right = np.abs(rng.normal(0.1, 0.5, 2)) * scene.height
    if rng.random() < 0.3:
        left, right = left * 3, right * 3
    return x0 - left, y0 - above, x1 + right, y1 + spare - above


def _found_box(scene: Scene, rng: np.random.Generator) -> Rectangle:
    """Return the box as an imperfect finder gives it: loose, or cutting a little."""
    x0, y0, x1, y1 = scene.writing
    margins = rng.uniform(-0.03, 0.45, 4) * scene.height * rng.choice([0.5, 1.0, 1.4])
    return x0 - margins[0], y0 - margins[1], x1 + margins[2], y1 + margins[3]


def _close_box(scene: Scene, rng: np.random.Generator) -> Rectangle:
    """Return a box as close to the writing as can be, or through its outermost strokes."""
    x0, y0, x1, y1 = scene.writing
    left, right = rng.uniform(-0.05, 0.06, 2) * scene.height
    above, below = rng.uniform(-0.1, 0.06, 2) * scene.height
    return x0 - left, y0 - above, x1 + right, y1 + below


def furnish(
    scene: Scene,
    hand: Hand,
    region: Rectangle,
    in_cell: bool,
    count: int,
    rng: np.random.Generator,
) -> None:
    """Draw around so many numbers what stands around numbers."""
    if in_cell and rng.random() < 0.7:
        inset = rng.normal(0.02, 0.05, 4) * scene.height
        x0, y0, x1, y1 = region
        cell = x0 + inset[0], y0 + inset[1], x1 - inset[2], y1 - inset[3]
        furniture.draw_cell(scene, cell, rng)
    elif rng.random() < 0.14 and count < 2:
        furniture.draw_boxes(scene, rng)
    elif rng.random() < 0.25:
        furniture.draw_rules(scene, rng)
    if rng.random() < 0.08:
        furniture.draw_underline(scene, rng)
    if rng.random() < 0.16:
        furniture.draw_dots(scene, rng)
    # A slash or bracket on its own would teach to overlook 1s.
    if rng.random() < 0.1 and count:
        furniture.draw_mark(scene, hand, rng, right=rng.random() < 0.65)
    elif rng.random() < 0.07:
        furniture.add_letters(scene, hand, rng)
    if rng.random() < 0.22:
        furniture.add_neighbours(scene, hand, rng)


def no_number(hand: Writer, height: float, room: float, rng: np.random.Generator) -> Scene:
    """Return what is no number: a word, a letter, a line, a scribble, or nothing at all.

    Or a piece of a page of text, or what shows through from the other side of the paper.
    """
    if hand.sets_words and rng.random() < TEXT_SHARE:
        return text_lines(hand, height, room, rng)
    if rng.random() < SEEN_THROUGH_SHARE:
        return _seen_through(hand, height, room, rng)
    kind = rng.random()
    count = 0 if kind > 0.65 else 1 if rng.random() < 0.5 else int(rng.integers(2, 9))
    scene = scenes.blank(max(1.0, 0.75 * count) * height, height, room)
    x0, y0, x1, y1 = scene.writing
    pen = max(0.8, rng.uniform(0.05, 0.12) * height)
    if count:
        right = _write_word(scene, count, rng, lambda: _unlike_digits(hand, count, rng))
        scene.writing = (x0, y0, right, y1)
        if rng.random() < RING_SHARE:
            furniture.draw_ring(scene, rng)
    elif kind < 0.75:
        y = (y0 + y1) / 2
        end = (x1, y + rng.normal(0, 0.06) * height)
        scenes.draw_line(scene.ink, (x0, y), end, pen, 1)
    elif kind < 0.88:
        points = rng.uniform((x0, y0), (x1, y1), (int(rng.integers(7, 14)), 2))
        for start, stop in itertools.pairwise(points):
            scenes.draw_line(scene.ink, tuple(start), tuple(stop), pen, 1)
    return scene


def _seen_through(hand: Writer, height: float, room: float, rng: np.random.Generator) -> Scene:
    """Return another side's writing, mirrored, pale and soft: letters, or digits that show it."""
    count = int(rng.integers(2, 8))
    scene = scenes.blank(0.9 * count * height, height, room)
    x0, y0, _, y1 = scene.writing
    if rng.random() < 0.4:
        digits = [int(digit) for digit in MIRRORED_DIGITS]
        end = _write_word(
            scene, count, rng, lambda: hand.digit(digits[int(rng.integers(len(digits)))], rng)
        )
    else:
        end = _write_word(scene, count, rng, lambda: hand.letter(rng, MIRRORED_LETTERS))
    width = scene.ink.shape[1]
    soft = cv2.GaussianBlur(scene.ink[:, ::-1], (0, 0), rng.uniform(0.02, 0.08) * height)
    scene.ink = soft * np.float32(rng.uniform(0.15, 0.6))
    scene.writing = width - end, y0, width - x0, y1
    return scene


def _unlike_digits(hand: Writer, count: int, rng: np.random.Generator) -> scenes.Ink:
    """Return a letter of a word of so many that nobody reads as a number."""
    # An S or an l may stand in a word, but does not make one.
    if count > 1 and rng.random() < 0.2:
        return hand.letter(rng, WORD_CHARACTERS)
    lone = LONE_LETTERS if hand.kind == "font" else DRAWN_LONE_LETTERS
    return hand.letter(rng, lone if count == 1 else UNLIKE_DIGITS)


def _write_word(
    scene: Scene, count: int, rng: np.random.Generator, glyph: Callable[[], scenes.Ink]
) -> float:
    """Write `count` glyphs as the letters of a word, and return where they end."""
    x, _, _, foot = scene.writing
    gap = rng.uniform(-0.05, 0.12) * scene.height
    for _ in range(count):
        letter = glyph()
        tall = scene.height * rng.uniform(0.7, 1.05)
        letter = scenes.resize_ink(letter, tall, letter.shape[1] * tall / letter.shape[0])
        clutter.paste(scene.ink, letter, x, foot - tall)
        x += letter.shape[1] + gap
    return x


def _within(region: Rectangle, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (round(v) for v in region)
    x0, y0 = min(max(0, x0), shape[1] - 4), min(max(0, y0), shape[0] - 4)
    return x0, y0, max(x0 + 4, min(shape[1], x1)), max(y0 + 4, min(shape[0], y1))
