"""Tell how often numbers with signs or letters between, beside or around them are read as these.

    python benchmarks/signs.py [--strings 60]

Written by hand: digits held back from training, with signs and letters as composed pages have
them, photographed. What by hand could be a digit (`1g`) is asked in print only.
Printed: in every installed font, black on white.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace

import numpy as np
from composed_pages import held_back_source
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digit_ocr.data.mnist_dataset import load_mnist
from digit_ocr.inference.reader import Reader
from digit_ocr.synthesis.arcs import ring_around
from digit_ocr.synthesis.fonts import Font, face_of, installed_fonts
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.pages import random_pens
from digit_ocr.synthesis.paper import photograph
from digit_ocr.synthesis.sheet import Sheet
from digit_ocr.synthesis.signs import (
    BRACKETS,
    MARKS,
    PRINTED_WORDS,
    SIGN_SHARES,
    SIGNS_AFTER,
    SIGNS_BEFORE,
    WRITTEN_WORDS,
)

SEED = 70
HEIGHT = 36.0
SIDE = 800
PRINTED_OF_FONT = 3

NUMBER, RING = "1", "◯"
"""Stand for a number of one to three digits in what is written, and a ring around what follows."""

Numbers = tuple[str, ...]


def patterns() -> dict[str, bool]:
    """Return what is asked, and whether by hand too."""
    asked = [f"{NUMBER}{sign}{NUMBER}" for sign in SIGN_SHARES]
    asked += [f"{before}{NUMBER}{after}" for before, after in BRACKETS]
    asked += [f"{text}{NUMBER}" for text in (*SIGNS_BEFORE, *MARKS[0], *WRITTEN_WORDS[0])]
    asked += [f"{RING}{NUMBER}"]
    asked += [f"{NUMBER}{text}" for text in (*SIGNS_AFTER, *MARKS[1], *WRITTEN_WORDS[1])]
    in_print = [f"{text}{NUMBER}" for text in PRINTED_WORDS[0]]
    in_print += [f"{NUMBER}{text}" for text in PRINTED_WORDS[1]]
    return dict.fromkeys(in_print, False) | dict.fromkeys(asked, True)


def random_numbers(rng: np.random.Generator, count: int) -> Numbers:
    """Return numbers of one to three digits."""
    return tuple("".join(map(str, rng.integers(0, 10, rng.integers(1, 4)))) for _ in range(count))


def written(
    source: GlyphSource, pattern: str, numbers: Numbers, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a photo of what one hand wrote: the pattern with these numbers."""
    sheet = Sheet(SIDE, 1.0)
    pens = replace(random_pens(source, rng, HEIGHT), gap=float(rng.uniform(0, 0.2)), level=1.0)
    left, foot = HEIGHT, SIDE / 2
    x, number = left, iter(numbers)
    for part in re.split(f"({NUMBER})", pattern.removeprefix(RING)):
        if part == NUMBER:
            text = next(number)
            x = sheet.write_number(pens.writer, text, x, foot, HEIGHT, rng, gap=pens.gap)
        elif part:
            x = sheet.write_signs(pens.writer, part, x, foot, HEIGHT, rng)
            x += HEIGHT * rng.uniform(0.03, 0.3)
    if pattern.startswith(RING):
        sheet.draw_ring(0, rng)
    top, bottom = round(foot - 1.7 * HEIGHT), round(foot + 0.8 * HEIGHT)
    ink = np.maximum(sheet.digits, sheet.other)[top:bottom, round(left / 2) : round(x + left / 2)]
    return photograph(np.ascontiguousarray(ink), rng, 0.3)


def printed(font: Font, pattern: str, numbers: Numbers, seed: int) -> NDArray[np.uint8]:
    """Return a line of print, dark on light: the pattern with these numbers."""
    text = pattern.removeprefix(RING).replace(NUMBER, "{}").format(*numbers)
    picture = Image.new("L", (SIDE, 4 * round(HEIGHT)), 245)
    draw, face = ImageDraw.Draw(picture), face_of(font, round(HEIGHT))
    draw.text((HEIGHT, HEIGHT), text, fill=20, font=face)
    if pattern.startswith(RING):
        box = draw.textbbox((HEIGHT, HEIGHT), text, font=face)
        ring = ring_around(box, HEIGHT, np.random.default_rng(seed))
        draw.line([(x, y) for x, y in ring.tolist()], fill=20, width=3)
    return np.asarray(picture, np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strings", type=int, default=60, help="written ones for each sign")
    options = parser.parse_args()
    reader, source = Reader(), held_back_source(load_mnist())
    fonts = (*installed_fonts(), *installed_fonts(held_back=True))

    def is_right(numbers: Numbers, picture: NDArray[np.uint8]) -> bool:
        return tuple(number.text for number in reader.read(picture).numbers) == numbers

    for pattern, by_hand in patterns().items():
        count = pattern.count(NUMBER)
        right = {"written": 0, "printed": 0}
        for index in range(options.strings if by_hand else 0):
            rng = np.random.default_rng((SEED, index))
            numbers = random_numbers(rng, count)
            right["written"] += is_right(numbers, written(source, pattern, numbers, rng))
        for index, font in enumerate(fonts * PRINTED_OF_FONT):
            numbers = random_numbers(np.random.default_rng((SEED, 1, index)), count)
            right["printed"] += is_right(numbers, printed(font, pattern, numbers, index))
        both = [f"printed {right['printed']} of {PRINTED_OF_FONT * len(fonts)}"]
        if by_hand:
            both.insert(0, f"written {right['written']} of {options.strings}")
        print(f"{pattern:5}", ", ".join(both), sep="  ", flush=True)


if __name__ == "__main__":
    main()
