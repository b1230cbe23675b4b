"""Rings and frames around writing: found where they hold it, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.imaging.components import find_components
from digit_ocr.imaging.rings import heights_held, without_rings
from digit_ocr.inference.reader import Reader

PAPER, INK = 225, 25
FONT = ImageFont.load_default(60)

Around = Callable[[ImageDraw.ImageDraw, tuple[float, float, float, float]], None]


def ring(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
    draw.ellipse(box, outline=INK, width=5)


def open_ring(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
    draw.arc(box, -70, 275, fill=INK, width=5)


def frame(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
    draw.rectangle(box, outline=INK, width=4)


def picture(
    text: str, around: Around | None = None, room: float = 28, size: tuple[int, int] = (320, 200)
) -> NDArray[np.uint8]:
    """Return a text in the middle of paper, with something drawn around it."""
    image = Image.new("L", size, PAPER)
    draw = ImageDraw.Draw(image)
    middle = size[0] / 2, size[1] / 2
    draw.text(middle, text, INK, FONT, anchor="mm")
    left, top, right, bottom = draw.textbbox(middle, text, FONT, anchor="mm")
    if around is not None:
        around(draw, (left - room, top - room, right + room, bottom + room))
    return np.asarray(image)


def ink_of(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    return (PAPER - grey.astype(np.float32)).clip(0) / (PAPER - INK)


def bare_of(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    return without_rings(ink, find_components(ink > 0.35))


@pytest.mark.parametrize("around", [ring, open_ring, frame])
@pytest.mark.parametrize("text", ["7", "42"])
def test_what_goes_around_writing_is_left_out_and_the_writing_stays(
    around: Around, text: str
) -> None:
    bare = bare_of(ink_of(picture(text, around)))
    np.testing.assert_allclose(bare, ink_of(picture(text)), atol=0.01)


@pytest.mark.parametrize("text", ["2048", "531"])
def test_of_digits_that_touch_their_ring_only_what_lies_in_its_line_goes(text: str) -> None:
    digits = ink_of(picture(text))
    columns = np.flatnonzero(digits.any(axis=0))
    half = (columns[-1] - columns[0]) / 2 + 6

    def close_ring(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
        left, top, right, bottom = box
        ring(draw, ((left + right) / 2 - half, top, (left + right) / 2 + half, bottom))

    ringed = picture(text, close_ring)
    ink = ink_of(ringed)
    assert len(find_components(ink > 0.35)) < 1 + len(text), "none touches"
    bare = bare_of(ink)
    assert bare[digits == 0].max() < 0.1
    assert bare[digits > 0.5].sum() > 0.8 * digits[digits > 0.5].sum()
    assert Reader().read(ringed[40:160, 40:280]).text == text


def test_a_spur_of_a_ring_is_no_writing_that_touches_it() -> None:
    def spurred(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
        ring(draw, box)
        middle = (box[0] + box[2]) / 2
        draw.line((middle, box[1], middle, box[1] + 14), INK, 5)

    bare = bare_of(ink_of(picture("42", spurred)))
    np.testing.assert_allclose(bare, ink_of(picture("42")), atol=0.01)


@pytest.mark.parametrize("text", ["0", "8", "69", "040", "4"])
def test_digits_alone_hold_no_other_and_stay_the_same_array(text: str) -> None:
    ink = ink_of(picture(text))
    assert bare_of(ink) is ink


def test_a_dot_in_a_zero_makes_it_no_ring() -> None:
    grey = Image.fromarray(picture("0"))
    ImageDraw.Draw(grey).ellipse((156, 96, 164, 104), INK)
    assert not heights_held(find_components(ink_of(np.asarray(grey)) > 0.35)).any()


def test_boxes_in_a_row_are_no_ring() -> None:
    def boxes(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
        left, top, right, bottom = box
        frame(draw, box)
        for k in range(1, 4):
            x = left + k * (right - left) / 4
            draw.line((x, top, x, bottom), INK, 4)

    ink = ink_of(picture("4  4  4  4", boxes, size=(500, 200)))
    assert len(find_components(ink > 0.35)) == 5
    assert bare_of(ink) is ink


def test_no_picture_of_mnist_holds_a_ring(mnist: Mnist) -> None:
    images = mnist.train_images[:500].astype(np.float32) / 255
    assert not any(heights_held(find_components(image > 0.2)).any() for image in images)


@pytest.mark.parametrize("around", [ring, open_ring, frame])
@pytest.mark.parametrize("digit", [1, 3, 7])
def test_a_digit_in_a_ring_is_read(around: Around, digit: int) -> None:
    reader = Reader()
    assert reader.predict(picture(str(digit), around)).digit == digit
    assert reader.predict(255 - picture(str(digit), around)).digit == digit


@pytest.mark.parametrize("around", [ring, open_ring, frame])
@pytest.mark.parametrize("text", ["3", "17", "2048"])
def test_a_crop_of_a_number_in_a_ring_is_read(around: Around, text: str) -> None:
    size = 80 + 40 * len(text), 122
    reading = Reader().read(picture(text, around, size=size))
    assert [number.text for number in reading.numbers] == [text]
