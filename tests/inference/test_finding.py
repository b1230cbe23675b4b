"""Boxes from maps: a fake page model says exactly where numbers are, so that geometry is tested."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digit_ocr.inference.finding import (
    FoundNumber,
    Levels,
    choose_scales,
    find_numbers,
    is_filled,
    merge,
    numbers_of_level,
    read_maps,
)

BLOCK_HEIGHTS = (8, 48)


class BlockModel:
    """Takes solid blocks of ink 8 to 48 pixels high for numbers: their middle half is the band."""

    metadata = None

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        self.shapes.append(images.shape)
        ink = images[0, 0] > 0.4
        above = np.cumsum(ink, axis=0) / np.maximum(ink.sum(0), 1)
        heights = np.broadcast_to(ink.sum(0), ink.shape)
        band = ink & (above > 0.25) & (above < 0.75)
        band &= (heights >= BLOCK_HEIGHTS[0]) & (heights <= BLOCK_HEIGHTS[1])
        maps = np.stack([band, band, ink])[:, 2::4, 2::4]
        return np.where(maps, 8.0, -8.0).astype(np.float32)[None]


def block_page(width: int, height: int, *boxes: tuple[int, int, int, int]) -> NDArray[np.float32]:
    ink = np.zeros((height, width), np.float32)
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = 1
    return ink


@pytest.mark.parametrize("height", [12, 25, 60, 150, 400])
def test_numbers_of_any_height_are_found_in_their_place(height: int) -> None:
    ink = block_page(1200, 900, (300, 200, 300 + 2 * height, 200 + height))
    (found,) = find_numbers(Levels(ink, BlockModel()))
    slack = 0.2 * height + 3
    assert found.centre == pytest.approx((300 + height, 200 + height / 2), abs=slack)
    assert found.height == pytest.approx(height, abs=2 * slack)
    assert found.width == pytest.approx(2 * height, abs=2 * slack)


def test_a_number_that_is_too_high_for_one_scale_is_surer_at_the_next() -> None:
    too_high, fitting = (
        numbers_of_level(read_maps(block_page(200, 120, box), BlockModel()), 1.0)[0]
        for box in ((20, 20, 100, 64), (20, 20, 100, 50))
    )
    assert too_high.confidence == pytest.approx(fitting.confidence / 2)


def test_the_smallest_digits_are_as_sure_as_others_at_the_finest_scale() -> None:
    (found,) = find_numbers(Levels(block_page(300, 200, (20, 20, 60, 30)), BlockModel()))
    assert found.confidence > 0.9


def test_a_tilted_number_gets_a_tilted_box() -> None:
    image = Image.new("F", (500, 400))
    ImageDraw.Draw(image).rectangle((150, 185, 350, 215), fill=1)
    ink = np.asarray(image.rotate(-12, resample=Image.Resampling.BILINEAR), dtype=np.float32)
    found = max(find_numbers(Levels(ink, BlockModel())), key=lambda number: number.width)
    assert np.rad2deg(found.angle) == pytest.approx(12, abs=2)
    assert found.width == pytest.approx(201, abs=20)


@pytest.mark.parametrize("apart", [0, 8, 16])
def test_lines_close_together_have_boxes_of_their_own(apart: int) -> None:
    """However long they are: each has the ink up to the middle between both."""
    maps = np.zeros((3, 60, 80), np.float32)
    for row, right in ((10, 30), (18 + apart // 4, 70)):
        maps[1, row + 2 : row + 6, 10:right] = maps[2, row : row + 8, 10:right] = 1
    upper, lower = numbers_of_level(maps, 1.0)
    for number, top in ((upper, 40), (lower, 72 + apart)):
        assert number.centre[1] == pytest.approx(top + 16, abs=2)
        assert number.height == pytest.approx(32, abs=4)


def test_a_number_beside_another_keeps_all_of_its_height() -> None:
    maps = np.zeros((3, 40, 80), np.float32)
    for row, left in ((14, 10), (9, 34)):
        maps[1, row + 2 : row + 6, left : left + 20] = 1
        maps[2, row : row + 8, left : left + 20] = 1
    for number, top in zip(numbers_of_level(maps, 1.0), (36, 56), strict=True):
        assert number.centre[1] == pytest.approx(top + 16, abs=4)


def test_blank_paper_holds_nothing() -> None:
    assert find_numbers(Levels(np.zeros((300, 400), np.float32), BlockModel())) == []


def test_a_picture_of_any_size_reaches_the_network_in_sixteens() -> None:
    model = BlockModel()
    for shape in ((1, 1), (17, 240), (333, 50)):
        find_numbers(Levels(np.zeros(shape, np.float32), model))
    assert all(shape[2] % 16 == 0 and shape[3] % 16 == 0 for shape in model.shapes)


def test_a_tight_crop_is_looked_at_once() -> None:
    model = BlockModel()
    assert len(find_numbers(Levels(block_page(60, 34, (4, 3, 56, 31)), model))) == 1
    assert len(model.shapes) == 1


@pytest.mark.parametrize(
    ("heights", "finest_is_looked_at"),
    [((44,), False), ((44, 40), False), ((44, 14), True), ((14,), True), ((), True)],
)
def test_the_finest_scale_is_left_out_where_every_number_is_tall(
    heights: tuple[int, ...], finest_is_looked_at: bool
) -> None:
    model = BlockModel()
    blocks = [(150 * k + 50, 50, 150 * k + 150, 50 + tall) for k, tall in enumerate(heights)]
    found = find_numbers(Levels(block_page(900, 800, *blocks), model))
    assert len(merge(found)) == len(heights)
    assert ((1, 1, 800, 912) in model.shapes) == finest_is_looked_at


def test_a_tall_number_of_which_the_finder_is_not_sure_asks_for_the_finest_scale() -> None:
    model = BlockModel()
    # Too high to be sure of at the scale before: 70 pixels are 44 there.
    find_numbers(Levels(block_page(900, 800, (100, 50, 200, 120)), model))
    assert (1, 1, 800, 912) in model.shapes


class DoubtsTheLargest(BlockModel):
    """The same, less sure at the coarsest scale, where it looks first."""

    def __init__(self, least: float) -> None:
        super().__init__()
        self.least = least

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        maps = super().__call__(images)
        return np.minimum(maps, self.least) if len(self.shapes) == 1 else maps


@pytest.mark.parametrize(("sureness", "count"), [(0.98, 1), (0.78, 3)])
def test_beside_a_filling_number_smaller_ones_are_looked_for_unless_it_is_sure(
    sureness: float, count: int
) -> None:
    ink = block_page(300, 200, (20, 40, 160, 140), (200, 40, 240, 52), (200, 120, 240, 132))
    model = DoubtsTheLargest(float(np.log(sureness / (1 - sureness))))
    assert len(merge(find_numbers(Levels(ink, model)))) == count


def test_at_all_scales_small_numbers_are_found_whatever_fills_the_picture() -> None:
    ink = block_page(300, 200, (20, 40, 160, 140), (200, 40, 240, 52), (200, 120, 240, 132))
    found = find_numbers(Levels(ink, BlockModel()), all_scales=True)
    assert is_filled(found, ink.shape)
    assert len(merge(found)) == 3


def test_the_coarsest_scale_brings_a_filling_digit_within_range() -> None:
    assert 400 * choose_scales(400, 3000)[-1] <= 64
    assert choose_scales(4000, 3000)[0] == pytest.approx(1920 / 4000)
    assert choose_scales(40, 60) == [1.0]


def test_small_numbers_on_a_roll_of_paper_are_found() -> None:
    blocks = [(400 * k + 100, 150, 400 * k + 200, 174) for k in range(20)]
    found = find_numbers(Levels(block_page(8000, 400, *blocks), BlockModel()))
    assert len(merge(found)) == 20


def test_even_a_roll_of_paper_is_not_looked_at_in_more_pixels_than_a_page() -> None:
    for width, height in ((400, 60000), (9000, 900)):
        scale = choose_scales(height, width)[0]
        assert width * height * scale**2 < 1920 * 1920 * 3 / 4


def test_of_two_boxes_of_one_number_the_surer_stays() -> None:
    sure = FoundNumber((100, 50), 80, 30, 0.0, 0.95)
    unsure = FoundNumber((85, 50), 50, 32, 0.0, 0.8)
    beside = FoundNumber((200, 50), 80, 30, 0.0, 0.7)
    assert merge([unsure, beside, sure]) == [sure, beside]


def test_corners_go_round_from_top_left() -> None:
    corners = FoundNumber((50, 50), 40, 20, 0.0, 1.0).corners
    assert corners == ((30, 40), (70, 40), (70, 60), (30, 60))


def test_each_scale_is_mapped_once() -> None:
    model = BlockModel()
    levels = Levels(block_page(900, 800, (50, 50, 150, 64)), model)
    find_numbers(levels)
    assert len(model.shapes) == len(levels.scales)
    for scale in levels.scales:
        levels.maps(scale)
    assert len(model.shapes) == len(levels.scales)
