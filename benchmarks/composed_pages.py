"""Whole composed pages with what stands on them, of digits, fonts and letters held back.

The layouts, views and photos are those that the page network learns from; here the picture is as
large as a page, and each number's text and place are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.data.splits import stratified_split
from digit_ocr.imaging.ink import to_ink
from digit_ocr.imaging.page_polarity import is_writing_dark
from digit_ocr.results import Box, Number
from digit_ocr.synthesis import pages
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.page_layouts import (
    LAYOUTS,
    Pens,
    grid_of_digits,
    random_digits,
)
from digit_ocr.synthesis.paper import photograph
from digit_ocr.synthesis.sheet import Rectangle, Repertoire, Sheet, stand_on_line
from digit_ocr.synthesis.signs import random_sign

SIDES = (480, 640, 800)
HEIGHTS = (16.0, 60.0)
"""Of digits, in pixels of the page."""
LEAST_HEIGHT = 11.0
"""Lower digits of a page, of notes and the like, count neither way."""
NETWORK_HEIGHT = 24.0
"""About how high digits are where the page network sees them best: lines are drawn to that."""


@dataclass(frozen=True, slots=True)
class Written:
    """A number on a page: its digits, and the upright box around it.

    An empty text counts neither way: cut by the edge, too faint, too small.
    """

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Page:
    """A page photographed, grey (side, side) uint8, and all numbers on it."""

    picture: NDArray[np.uint8]
    numbers: tuple[Written, ...]


@dataclass(slots=True)
class LabelledSheet(Sheet):
    """A sheet that remembers which digit stands in which box."""

    digit_at: dict[Rectangle, str] = field(default_factory=dict)

    def write_number(  # type: ignore[no-untyped-def]
        self, hand: Repertoire, text: str, *args, **kwargs
    ) -> float:
        count = len(self.numbers)
        end = super(LabelledSheet, self).write_number(hand, text, *args, **kwargs)
        for boxes in self.numbers[count:]:
            # Digits out of view are not drawn: which ones, only the whole number tells.
            if len(boxes) == len(text):
                self.digit_at.update(zip(boxes, text, strict=True))
        return end


@dataclass(frozen=True, slots=True)
class Judged:
    """What was reported of one picture, and how many numbers there were to read.

    answers: confidence of each number that counts and whether it was read exactly, in its place
    """

    answers: tuple[tuple[float, bool], ...]
    wanted: int


def judge(page: Page, numbers: Sequence[Number]) -> Judged:
    """Return which of the reported numbers are right; what counts neither way is left out."""
    left = [written for written in page.numbers if written.text]
    wanted = len(left)
    undecided = [written for written in page.numbers if not written.text]
    answers = []
    for number in numbers:
        right = next((w for w in left if w.text == number.text and is_at(number.box, w.box)), None)
        if right is not None:
            left.remove(right)
        elif any(is_at(number.box, written.box) for written in undecided):
            continue
        answers.append((number.confidence, right is not None))
    return Judged(tuple(answers), wanted)


def f1(judged: Iterable[Judged]) -> float:
    """Return the harmonic mean of recall and precision of exactly read numbers."""
    judged = list(judged)
    right = sum(is_right for one in judged for _, is_right in one.answers)
    return 2 * right / max(1, sum(one.wanted + len(one.answers) for one in judged))


def is_at(box: Box, place: Box) -> bool:
    """Return whether the middle of a box lies within a place."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return place[0] <= x <= place[2] and place[1] <= y <= place[3]


def turned(page: Page, quarter_turns: int) -> Page:
    """Return a square page turned left by quarter turns."""
    side = page.picture.shape[0]
    numbers = page.numbers
    for _ in range(quarter_turns):
        boxes = [(w.box[1], side - w.box[2], w.box[3], side - w.box[0]) for w in numbers]
        numbers = tuple(Written(w.text, box) for w, box in zip(numbers, boxes, strict=True))
    return Page(np.ascontiguousarray(np.rot90(page.picture, quarter_turns)), numbers)


def held_back_source(mnist: Mnist) -> GlyphSource:
    """Return the validation part of MNIST's training digits, with fonts and letters held back."""
    _, held_back = stratified_split(mnist.train_labels, 5000, 0)
    images, labels = mnist.train_images[held_back], mnist.train_labels[held_back]
    return GlyphSource(images, labels, held_back=True)


def composed_pages(source: GlyphSource, count: int, seed: int) -> Iterator[Page]:
    """Yield pages; the same seed gives the same ones."""
    for index in range(count):
        yield composed_page(source, np.random.default_rng((seed, index)))


def composed_page(source: GlyphSource, rng: np.random.Generator) -> Page:
    """Return one page, as `synthesis.pages.compose_page` makes a window."""
    side = int(rng.choice(SIDES))
    height = float(np.exp(rng.uniform(*np.log(HEIGHTS))))
    size = round(side * 1.35)
    view = pages.random_view(size, side, rng)
    sheet = LabelledSheet(size, max(1.0, height / NETWORK_HEIGHT), view, side)
    pens = pages.random_pens(source, rng, height)
    weights = np.array([weight for _, weight in LAYOUTS])
    layout = LAYOUTS[rng.choice(len(LAYOUTS), p=weights / weights.sum())][0]
    layout(sheet, pens, rng)
    pages.add_clutter(sheet, pens, rng)
    if rng.random() < 0.15:
        pages.show_through(sheet, pens, rng)
    seen = np.maximum(sheet.digits, sheet.other)
    ink = pages.warp(seen, view, side)
    if rng.random() < 0.12:
        ink = pages.lay_on_table(ink, sheet, rng)
    picture = photograph(ink, rng)
    least = 0.75 * height if layout is grid_of_digits else LEAST_HEIGHT
    seen = to_ink(picture, is_writing_dark(picture))
    return Page(picture, tuple(written(sheet, seen, max(least, LEAST_HEIGHT))))


def written(
    sheet: LabelledSheet, ink: NDArray[np.float32], least_height: float
) -> Iterator[Written]:
    """Yield the numbers of a sheet that show in the picture at all."""
    height, width = ink.shape
    for boxes in sheet.numbers:
        quads = [pages.seen_quad(box, sheet.view) for box in boxes]
        inside = [pages.share_inside(quad, width, height) for quad in quads]
        if max(inside) <= 0:
            continue
        tall = float(np.median([np.linalg.norm(quad[3] - quad[0]) for quad in quads]))
        clear = min(inside) >= 0.9 and tall >= least_height
        clear = clear and min(pages.darkest(ink, quad) for quad in quads) > pages.FAINTEST
        text = "".join(sheet.digit_at.get(box, "?") for box in boxes)
        points = np.concatenate(quads)
        x0, y0, x1, y1 = np.round([*points.min(0), *points.max(0)]).astype(int).tolist()
        yield Written(text if clear and "?" not in text else "", (x0, y0, x1, y1))


def composed_row(source: GlyphSource, rng: np.random.Generator) -> Page:
    """Return a crop of one line that holds one to three numbers: a point, a sign or space between.

    Half of the lines are one number, some of them at an even pitch, as forms and careful writers
    keep it.
    """
    height = float(np.exp(rng.uniform(*np.log(HEIGHTS))))
    sheet = LabelledSheet(round(40 * height), max(1.0, height / NETWORK_HEIGHT))
    pens = pages.random_pens(source, rng, height)
    count = int(rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15]))
    pitch = height * rng.uniform(0.8, 1.8) if count == 1 and rng.random() < 0.5 else 0.0
    x, foot = height, 20 * height
    for place in range(count):
        text = random_digits(rng, 8)
        if pitch:
            x = write_evenly(sheet, pens, text, x, foot, pitch, rng)
            continue
        x = sheet.write_number(
            pens.writer, text, x, foot, height, rng, gap=pens.gap, level=pens.level
        )
        if place < count - 1 and rng.random() < 0.5 and pens.gap < 0.4:
            x = sheet.write_signs(
                pens.writer, random_sign(rng), x, foot, height, rng, pens.level
            ) + height * rng.uniform(0.03, 0.3)
        else:
            x += height * max(0.9, 2.4 * pens.gap + 0.9) * rng.uniform(0.9, 1.5)
    boxes = np.array([box for number in sheet.numbers for box in number])
    (x0, y0), (x1, y1) = boxes[:, :2].min(0), boxes[:, 2:].max(0)
    margins = height * rng.uniform(0.05, 0.5, 4)
    sheet.view = np.array([[1.0, 0, margins[0] - x0], [0, 1, margins[1] - y0], [0, 0, 1]])
    crop = round(x1 - x0 + margins[0] + margins[2]), round(y1 - y0 + margins[1] + margins[3])
    seen = np.maximum(sheet.digits, sheet.other)
    ink = cv2.warpPerspective(seen, sheet.view, crop, flags=cv2.INTER_LINEAR)
    picture = photograph(ink, rng, rng.uniform(0.0, 0.7))
    return Page(picture, tuple(written(sheet, to_ink(picture), 0.0)))


def write_evenly(
    sheet: LabelledSheet,
    pens: Pens,
    text: str,
    left: float,
    foot: float,
    pitch: float,
    rng: np.random.Generator,
) -> float:
    """Write one number with the middles of its digits a pitch apart and return where it ends."""
    boxes = []
    for place, digit in enumerate(text):
        glyph = pens.writer.digit(int(digit), rng)
        tall = pens.height * rng.uniform(0.9, 1.05)
        middle = left + (place + 0.5) * pitch + rng.normal(0, 0.04) * pitch
        x = middle - glyph.shape[1] * tall / glyph.shape[0] / 2
        boxes.append(stand_on_line(sheet.digits, glyph, x, foot, tall, pens.level))
        sheet.digit_at[boxes[-1]] = digit
    sheet.numbers.append(boxes)
    return boxes[-1][2]
