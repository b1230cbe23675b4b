"""A reading drawn onto its picture: boxes, and above them what was read."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageDraw, ImageFont

from digit_ocr.imaging.decode import open_picture
from digit_ocr.results import Digit, Number, Reading

SURE, DOUBTFUL = (0, 120, 70), (205, 60, 0)
DOUBTFUL_BELOW = 0.8
"""Digits less confident than this, and rejected ones, have the other colour."""
LABEL = (255, 255, 255)
LEAST_LETTER_PIXELS = 16
LEAST_SIDE = 320
"""Smaller pictures are enlarged: a label on them would cover what it speaks of."""
LARGEST_ENLARGEMENT = 12
LETTER_SHARE = 0.45
"""Of a digit's height, for what is written above it."""


def render(reading: Reading, image: Any = None) -> Image.Image:
    """Return the picture (RGB) with boxes and digits drawn on it; small ones come out larger.

    `image` is the source that was read; it is needed where the reading keeps no picture.

    Raises: ValueError: the reading keeps no picture and none was given, or it has another size.
        ImageNotReadable: `image` is no picture that we decode.
    """
    picture = reading.picture if image is None else open_picture(image)
    if picture is None:
        raise ValueError("this reading keeps no picture: give the image to render")
    if picture.size != (reading.width, reading.height):
        raise ValueError(
            f"the picture is {picture.width}x{picture.height}, but "
            f"{reading.width}x{reading.height} was read"
        )
    factor = enlargement(picture.width, picture.height)
    size = (picture.width * factor, picture.height * factor)
    canvas = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(canvas)
    for number in reading.numbers:
        draw_number(draw, number, factor, canvas.size)
    return canvas


def enlargement(width: int, height: int) -> int:
    """Return by which whole factor a picture is enlarged before it is drawn on."""
    factor = -(-LEAST_SIDE // max(width, height, 1))
    return max(1, min(LARGEST_ENLARGEMENT, factor))


def draw_number(
    draw: ImageDraw.ImageDraw, number: Number, factor: int, size: tuple[int, int]
) -> None:
    """Draw a number's box and, above it or below, its digits."""
    left, top, right, bottom = (edge * factor for edge in number.box)
    tall = max(digit.box[3] - digit.box[1] for digit in number.digits) * factor
    letter = max(LEAST_LETTER_PIXELS, min(round(LETTER_SHARE * tall), size[1] // 4))
    line = max(1, round(max(size) / 600), letter // 12)
    colour = DOUBTFUL if any(is_doubtful(digit) for digit in number.digits) else SURE
    draw.rectangle((left, top, right - 1, bottom - 1), outline=colour, width=line)

    font = ImageFont.load_default(letter)
    pad = max(2, letter // 6)
    wide = round(draw.textlength(number.text, font=font)) + 2 * pad
    high = letter + 2 * pad
    x = max(0, min(left, size[0] - wide))
    # Above where there is room, else below, else within the top edge.
    y = top - high if top >= high else bottom if bottom + high <= size[1] else 0
    draw.rectangle((x, y, x + wide, y + high), fill=LABEL, outline=colour, width=1)
    at = float(x + pad)
    for digit, character in zip(number.digits, number.text, strict=True):
        ink = DOUBTFUL if is_doubtful(digit) else SURE
        draw.text((at, y + high / 2), character, fill=ink, font=font, anchor="lm")
        at += draw.textlength(character, font=font)


def is_doubtful(digit: Digit) -> bool:
    """Return whether a digit was rejected or is not sure."""
    return digit.rejected or digit.confidence < DOUBTFUL_BELOW
