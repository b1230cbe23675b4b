"""Tell how often two numbers with a sign between them are read as these two numbers.

    python benchmarks/signs.py [--strings 60]

Written by hand: digits held back from training, the sign drawn as on composed pages, photographed.
Printed: in every installed font, black on white.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from composed_pages import held_back_source
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digit_ocr.data.mnist_dataset import load_mnist
from digit_ocr.inference.reader import Reader
from digit_ocr.synthesis.fonts import Font, face_of, installed_fonts
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.page_layouts import SIGNS, draw_separator
from digit_ocr.synthesis.pages import random_pens
from digit_ocr.synthesis.paper import photograph
from digit_ocr.synthesis.sheet import Sheet

SEED = 70
HEIGHT = 36.0
SIDE = 800
PRINTED_OF_FONT = 3


def random_numbers(rng: np.random.Generator) -> tuple[str, str]:
    """Return two numbers of one to three digits."""
    first, second = ("".join(map(str, rng.integers(0, 10, rng.integers(1, 4)))) for _ in "12")
    return first, second


def written(
    source: GlyphSource, sign: str, first: str, second: str, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a photo of two numbers by one hand with the sign between them."""
    sheet = Sheet(SIDE, 1.0)
    pens = replace(random_pens(source, rng, HEIGHT), gap=float(rng.uniform(0, 0.2)), level=1.0)
    left, foot = HEIGHT, SIDE / 2
    x = sheet.write_number(pens.writer, first, left, foot, HEIGHT, rng, gap=pens.gap)
    x = draw_separator(sheet, pens, x, foot, rng, sign) + HEIGHT * rng.uniform(0.1, 0.3)
    x = sheet.write_number(pens.writer, second, x, foot, HEIGHT, rng, gap=pens.gap)
    top, bottom = round(foot - 1.7 * HEIGHT), round(foot + 0.8 * HEIGHT)
    ink = np.maximum(sheet.digits, sheet.other)[top:bottom, round(left / 2) : round(x + left / 2)]
    return photograph(np.ascontiguousarray(ink), rng, 0.3)


def printed(font: Font, text: str) -> NDArray[np.uint8]:
    """Return a line of print, dark on light."""
    picture = Image.new("L", (SIDE, 4 * round(HEIGHT)), 245)
    ImageDraw.Draw(picture).text((HEIGHT, HEIGHT), text, fill=20, font=face_of(font, round(HEIGHT)))
    return np.asarray(picture, np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strings", type=int, default=60, help="written ones for each sign")
    options = parser.parse_args()
    reader, source = Reader(), held_back_source(load_mnist())
    fonts = (*installed_fonts(), *installed_fonts(held_back=True))
    for sign in SIGNS:
        right = {"written": 0, "printed": 0}
        for index in range(options.strings):
            rng = np.random.default_rng((SEED, index))
            numbers = random_numbers(rng)
            picture = written(source, sign, *numbers, rng)
            right["written"] += tuple(n.text for n in reader.read(picture).numbers) == numbers
        for index, font in enumerate(fonts * PRINTED_OF_FONT):
            numbers = random_numbers(np.random.default_rng((SEED, 1, index)))
            picture = printed(font, sign.join(numbers))
            right["printed"] += tuple(n.text for n in reader.read(picture).numbers) == numbers
        print(
            f"{sign}  written {right['written']} of {options.strings}, "
            f"printed {right['printed']} of {PRINTED_OF_FONT * len(fonts)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
