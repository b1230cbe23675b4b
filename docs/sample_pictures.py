"""Make the three sample pictures of the page: nobody's handwriting, nobody's copyright.

    python docs/sample_pictures.py        # writes src/digit_ocr/service/static/samples/*.jpg

Digits are drawn by `digit_ocr.synthesis`, on paper of our own making.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_ocr.synthesis.clutter import paste, scale_to
from digit_ocr.synthesis.paper import smooth_noise
from digit_ocr.synthesis.strokes import WriterStyle, draw_digit, random_style

LIST = (
    ("1572", "43"),
    ("60", "2819"),
    ("734", "95"),
    ("408261",),
    ("16", "307", "8"),
    ("5240", "71"),
)
TABLE = (
    ("8", "465", "3", "881"),
    ("27", "950", "42", "2063"),
    ("689", "5", "107", "4"),
    ("9156", "64", "6731", "79"),
    ("6", "368", "8", "345"),
    ("18", "2", "96", "3203"),
)
BOARD = (("31415", "92"), ("2718", "28"), ("1618", "034"))
"""What stands on the pictures, line by line; tests/service/test_service_shipped.py knows it too."""

Ink = NDArray[np.float32]
Colour = tuple[float, float, float]

FOLDER = Path(__file__).parent.parent / "src/digit_ocr/service/static/samples"
WIDTH, HEIGHT = 1000, 750
JPEG_QUALITY = 82


def write(
    ink: Ink, text: str, x: float, y: float, height: float, style: WriterStyle, rng: Generator
) -> float:
    """Write digits from x on, standing on the line y, and return where they end."""
    for character in text:
        tall = height * rng.uniform(0.92, 1.06)
        glyph = scale_to(draw_digit(int(character), rng, style), tall)
        paste(ink, glyph, x, y - glyph.shape[0] + rng.normal(0, 0.02) * height)
        x += glyph.shape[1] + height * rng.uniform(0.16, 0.24)
    return x


def lay(picture: NDArray[np.float32], ink: Ink, colour: Colour, density: float) -> None:
    """Put ink of one colour (0..1 each) onto the picture (H, W, 3) float32 0..1."""
    share = (ink * density)[..., None]
    picture[:] = picture * (1 - share) + np.array(colour, np.float32) * share


def paper(colour: Colour, grain: float, rng: Generator) -> NDArray[np.float32]:
    """Return an empty sheet, (H, W, 3) float32 0..1."""
    sheet = np.ones((HEIGHT, WIDTH, 3), np.float32) * np.array(colour, np.float32)
    texture = smooth_noise(HEIGHT, WIDTH, 3.0, rng) * grain
    return np.asarray(sheet + texture[..., None], np.float32)


def light(picture: NDArray[np.float32], rng: Generator, fall: float) -> NDArray[np.float32]:
    """Return the picture as a lamp from one side and a camera would show it."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    lamp = 1 - fall * (0.5 + (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle))
    picture = picture * lamp[..., None].astype(np.float32)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7)
    return np.asarray(picture + rng.normal(0, 0.008, picture.shape), np.float32)


def tilt(picture: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    """Return the picture turned a little, as nobody holds a camera straight."""
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1.04)
    return np.asarray(
        cv2.warpAffine(picture, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    )


def lined_paper(rng: Generator) -> NDArray[np.float32]:
    """Numbers in blue ink on lined paper."""
    picture = paper((0.96, 0.95, 0.91), 0.008, rng)
    rules = np.zeros((HEIGHT, WIDTH), np.float32)
    for y in range(95, HEIGHT, 92):
        cv2.line(rules, (0, y), (WIDTH, y), 1.0, 2)
    lay(picture, rules, (0.55, 0.68, 0.86), 0.7)
    style = calm(random_style(rng, pen=0.075))
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    for row, numbers in enumerate(LIST):
        x = 130 + rng.uniform(-14, 14)
        for number in numbers:
            x = write(ink, number, x, 183 + 92 * row, 58, style, rng) + rng.uniform(130, 210)
    lay(picture, ink, (0.10, 0.16, 0.45), 0.93)
    return tilt(light(picture, rng, 0.25), -1.2)


def table(rng: Generator) -> NDArray[np.float32]:
    """A table filled in with a pencil."""
    picture = paper((0.93, 0.93, 0.93), 0.010, rng)
    lines = np.zeros((HEIGHT, WIDTH), np.float32)
    columns, rows = np.linspace(70, 930, 5).astype(int), np.linspace(60, 690, 7).astype(int)
    for x in columns:
        cv2.line(lines, (int(x), 60), (int(x), 690), 1.0, 2)
    for y in rows:
        cv2.line(lines, (70, int(y)), (930, int(y)), 1.0, 2)
    lay(picture, lines, (0.25, 0.25, 0.28), 0.5)
    style = calm(random_style(rng, pen=0.08))
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    for row, y in enumerate(rows[1:]):
        for column, x in enumerate(columns[:-1]):
            write(ink, TABLE[row][column], x + rng.uniform(26, 40), y - 30, 44, style, rng)
    lay(picture, ink, (0.22, 0.22, 0.25), 0.82)
    return tilt(light(picture, rng, 0.4), 0.9)


def board(rng: Generator) -> NDArray[np.float32]:
    """Chalk on a dark board."""
    picture = paper((0.15, 0.24, 0.20), 0.012, rng)
    smears = cv2.GaussianBlur(smooth_noise(HEIGHT, WIDTH, 30.0, rng), (0, 0), 45) * 2
    lay(
        picture,
        np.asarray(np.clip(0.06 + smears * 0.08, 0, 0.2), np.float32),
        (0.8, 0.85, 0.8),
        1.0,
    )
    style = calm(random_style(rng, pen=0.1))
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    for row, numbers in enumerate(BOARD):
        x = 120 + rng.uniform(-20, 20)
        for number in numbers:
            x = write(ink, number, x, 250 + 190 * row, 100, style, rng) + 110
    chalk = ink * np.clip(1 + smooth_noise(HEIGHT, WIDTH, 1.2, rng) * 0.25, 0, 1)
    lay(picture, np.asarray(chalk, np.float32), (0.94, 0.95, 0.90), 0.9)
    return tilt(light(picture, rng, 0.3), 0.6)


def calm(style: WriterStyle) -> WriterStyle:
    """Return the same hand on a good day: samples are to look at."""
    return replace(style, wobble=style.wobble * 0.4, slant=float(np.clip(style.slant, -0.05, 0.25)))


Generator = np.random.Generator
SAMPLES: dict[str, tuple[Callable[[Generator], NDArray[np.float32]], int]] = {
    "list": (lined_paper, 10),
    "form": (table, 15),
    "board": (board, 2),
}
"""Each sample's file name, maker and seed."""


def main() -> None:
    """Write the samples."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (make, seed) in SAMPLES.items():
        picture = np.clip(make(np.random.default_rng(seed)), 0, 1)
        pixels = (picture[..., ::-1] * 255).astype(np.uint8)
        cv2.imwrite(str(FOLDER / f"{name}.jpg"), pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


if __name__ == "__main__":
    main()
