"""A line of writing that slopes is found, levelled and read; what is no line is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digit_ocr.imaging.components import find_components
from digit_ocr.imaging.levelling import Slope, find_slope, levelled
from digit_ocr.imaging.line import prepare_line
from digit_ocr.inference.reader import Reader

PAPER, INK = 225, 25
FONT = ImageFont.load_default(40)


def written(
    text: str, degrees: float = 0.0, size: tuple[int, int] = (560, 180), low: int = 0
) -> Image.Image:
    """Return a text in the middle of paper, turned to the left."""
    image = Image.new("L", size, PAPER)
    middle = size[0] / 2, size[1] / 2 + low
    ImageDraw.Draw(image).text(middle, text, INK, FONT, anchor="mm")
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=PAPER)


def ink_of(image: Image.Image) -> NDArray[np.float32]:
    return (PAPER - np.asarray(image, np.float32)).clip(0) / (PAPER - INK)


def slope_of(image: Image.Image) -> Slope | None:
    return find_slope(find_components(ink_of(image) > 0.35))


@pytest.mark.parametrize("degrees", [-9, -4, 3, 7])
def test_the_fall_of_a_line_and_its_middle_are_found(degrees: float) -> None:
    slope = slope_of(written("4 2 7 1 8 3 5 6 0", degrees))
    assert slope is not None
    assert slope.fall == pytest.approx(-np.tan(np.radians(degrees)), abs=0.015)
    assert slope.middle == pytest.approx(90, abs=4)
    assert slope.height == pytest.approx(29, abs=2)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [("4 2 7 1 8 3 5 6 0", 0), ("427", 8), ("", 0), ("4 2 7 1 8 3 5 6 0", 20)],
    ids=["level", "a few digits", "blank", "too steep"],
)
def test_nothing_slopes_where_it_cannot_be_told_or_is_level(text: str, degrees: float) -> None:
    assert slope_of(written(text, degrees)) is None


@pytest.mark.parametrize(
    "places",
    [
        [(40, 30), (90, 150), (140, 60), (200, 170), (260, 20)],
        [(x, y + x // 16) for y in (40, 110) for x in range(40, 380, 60)],
    ],
    ids=["all over", "two lines"],
)
def test_digits_all_over_are_no_line(places: list[tuple[int, int]]) -> None:
    image = Image.new("L", (400, 200), PAPER)
    draw = ImageDraw.Draw(image)
    for count, place in enumerate(places):
        draw.text(place, str(count % 10), INK, FONT, anchor="mm")
    assert slope_of(image) is None


def test_the_box_along_a_line_is_as_wide_as_its_own_and_holds_the_digits() -> None:
    slope = slope_of(written("4 2 7 1 8 3 5 6 0", 6, low=20))
    assert slope is not None
    corners = levelled(((100, 50), (660, 50), (660, 230), (100, 230)), slope, (180, 560))
    assert [x for x, _ in corners] == pytest.approx([100, 660, 660, 100])
    left, right = (np.mean([corners[k][1] for k in pair]) for pair in ((0, 3), (1, 2)))
    assert (right - left) / 560 == pytest.approx(slope.fall, abs=1e-6)
    assert 1.5 * slope.height < corners[3][1] - corners[0][1] < 2 * slope.height


def test_a_strip_of_a_sloping_line_is_level_and_leads_back_to_the_picture() -> None:
    image = written("4 2 7 1 8 3 5 6 0", 6)
    strip = prepare_line(np.asarray(image))
    columns = strip.image.shape[1]
    ends = [strip.image[:, : columns // 4], strip.image[:, -columns // 4 :]]
    middles = [np.average(np.arange(32), weights=end.sum(axis=1)) for end in ends]
    assert middles[0] == pytest.approx(middles[1], abs=1.5)
    # The first digit stands low, the last one high.
    first, last = (strip.to_picture(x, 4, x + 12, 28) for x in (6, columns - 18))
    assert first[1] > last[1] + 20
    ink = ink_of(image)
    for x0, y0, x1, y1 in (first, last):
        assert ink[y0:y1, x0:x1].max() > 0.9


@pytest.mark.parametrize("degrees", [-8, 5])
def test_a_number_that_slopes_in_its_field_is_read(degrees: float) -> None:
    grey = np.asarray(written("4271835602", degrees))
    (number,) = Reader().read(grey, regions=[(0, 0, 560, 180)]).numbers
    assert number.text == "4271835602"
