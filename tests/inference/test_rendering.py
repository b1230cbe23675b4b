"""Drawing a reading: legible at any size, the unsure in another colour."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from digit_ocr.inference.rendering import DOUBTFUL, SURE, render
from digit_ocr.results import Digit, Number, Reading


def reading_of(size: tuple[int, int], *confidences: float, picture: bool = True) -> Reading:
    width, height = size
    step = width // (len(confidences) + 1) or 1
    digits = tuple(
        Digit(k % 10, confidence, (k * step, height // 3, (k + 1) * step, 2 * height // 3 + 1))
        for k, confidence in enumerate(confidences)
    )
    box = (0, height // 3, len(confidences) * step, 2 * height // 3 + 1)
    number = Number(digits, min(confidences), box)
    grey = Image.new("RGB", size, (230, 230, 230))
    return Reading((number,), width, height, "model", grey if picture else None)


def colours(image: Image.Image) -> set[tuple[int, int, int]]:
    return {tuple(pixel) for pixel in np.asarray(image).reshape(-1, 3).tolist()}


@pytest.mark.parametrize("size", [(9, 5), (28, 28), (60, 34), (640, 480), (3000, 200)])
def test_labels_are_drawn_and_fit_at_any_picture_size(size: tuple[int, int]) -> None:
    image = render(reading_of(size, 0.99, 0.98))
    assert image.mode == "RGB"
    assert max(image.size) >= min(320, 12 * max(size))
    assert image.width / image.height == pytest.approx(size[0] / size[1])
    assert SURE in colours(image)
    assert DOUBTFUL not in colours(image)


def test_unsure_digits_have_another_colour() -> None:
    assert DOUBTFUL in colours(render(reading_of((400, 200), 0.99, 0.3)))


def test_a_picture_without_numbers_is_left_as_it_is() -> None:
    empty = Reading((), 400, 300, "model", Image.new("RGB", (400, 300), (7, 8, 9)))
    assert colours(render(empty)) == {(7, 8, 9)}


def test_the_picture_itself_stays_unmarked() -> None:
    reading = reading_of((400, 200), 0.9)
    render(reading)
    assert colours(reading.picture) == {(230, 230, 230)}


def test_a_reading_without_picture_takes_the_source_again() -> None:
    reading = reading_of((400, 200), 0.99, picture=False)
    with pytest.raises(ValueError, match="give the image"):
        render(reading)
    assert SURE in colours(render(reading, np.full((200, 400), 230, np.uint8)))


def test_another_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="400x200 was read"):
        render(reading_of((400, 200), 0.9), np.zeros((10, 10), np.uint8))
