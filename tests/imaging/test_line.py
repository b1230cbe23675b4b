"""A region of a picture as a strip for the line reader."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digit_ocr.imaging.line import (
    MAX_STRIP_WIDTH,
    STRIP_HEIGHT,
    WRITING_HEIGHT,
    prepare_line,
    prepare_line_otherwise,
)
from digit_ocr.imaging.line_ink import is_line_dark_on_light, line_ink
from digit_ocr.imaging.writing import find_writing

Grey = NDArray[np.uint8]


def draw_sevens(
    count: int = 3, height: int = 30, picture: tuple[int, int] = (200, 80), top: int = 20
) -> Grey:
    """Return black 7s on white paper, `height` high, from x = 40 on."""
    image = Image.new("L", picture, 255)
    draw = ImageDraw.Draw(image)
    for place in range(count):
        x = 40 + place * height
        bar = [(x, top), (x + height // 2, top), (x + height // 5, top + height - 1)]
        draw.line(bar, fill=0, width=max(2, height // 10), joint="curve")
    return np.asarray(image)


def ink_rows(strip: NDArray[np.float32]) -> tuple[int, int]:
    rows = np.flatnonzero((strip > 0.4).any(axis=1))
    return int(rows[0]), int(rows[-1]) + 1


@pytest.mark.parametrize("height", [14, 30, 60, 200])
def test_writing_of_any_size_becomes_equally_high(height: int) -> None:
    grey = draw_sevens(height=height, picture=(80 + 4 * height, 2 * height), top=height // 2)
    strip = prepare_line(grey)
    assert strip.image.shape[0] == STRIP_HEIGHT
    first, last = ink_rows(strip.image)
    assert last - first == pytest.approx(WRITING_HEIGHT, abs=4)


@pytest.mark.parametrize("top", [0, 10, 49])
def test_writing_is_found_wherever_it_stands(top: int) -> None:
    first, last = ink_rows(prepare_line(draw_sevens(top=top)).image)
    assert (first + last) / 2 == pytest.approx(STRIP_HEIGHT / 2, abs=3)


def test_strip_is_float_ink_between_nothing_and_one() -> None:
    image = prepare_line(draw_sevens()).image
    assert image.dtype == np.float32
    assert image.min() >= 0
    assert image.max() == pytest.approx(1.0)


def test_strip_is_unchanged_when_the_photo_is_inverted() -> None:
    grey = draw_sevens()
    np.testing.assert_allclose(prepare_line(grey).image, prepare_line(255 - grey).image, atol=0.02)


def test_faint_pencil_is_as_dark_as_ink() -> None:
    faint = (255 - (255 - draw_sevens().astype(int)) // 8).astype(np.uint8)
    assert np.abs(prepare_line(faint).image - prepare_line(draw_sevens()).image).mean() < 0.03


def test_shadow_changes_nothing_in_the_height_of_the_writing() -> None:
    grey = draw_sevens().astype(np.float32)
    shaded = (grey * np.linspace(0.3, 1.0, grey.shape[1])).astype(np.uint8)
    _, top, _, bottom = find_writing(line_ink(shaded))
    assert (top, bottom) == pytest.approx((20, 50), abs=2)


def test_the_edge_of_a_hard_shadow_is_no_1_beside_the_digits() -> None:
    grey = draw_sevens(count=2, picture=(240, 80)).copy()
    # Neither stroke is near; the shadow covers what lies left of it.
    grey[:, :150] //= 2
    ink = line_ink(grey)
    assert ink[:, 130:170].max() < 0.35
    assert ink[:, 40:110].max() == 1


def test_borders_of_a_cell_do_not_count_for_the_height() -> None:
    grey = draw_sevens().copy()
    grey[:2], grey[-3:], grey[:, :3], grey[:, -2:] = 0, 0, 0, 0
    _, top, _, bottom = find_writing(line_ink(grey))
    assert (top, bottom) == pytest.approx((20, 50), abs=3)


def test_borders_stay_in_the_strip_for_the_reader_to_judge() -> None:
    grey = draw_sevens().copy()
    grey[:, :4] = 0
    plain, bordered = prepare_line(draw_sevens()), prepare_line(grey)
    assert bordered.image.shape[1] > plain.image.shape[1]


def test_specks_do_not_count() -> None:
    grey = draw_sevens().copy()
    grey[3:5, 190:192] = 0
    assert find_writing(line_ink(grey)) == pytest.approx(
        find_writing(line_ink(draw_sevens())), abs=1
    )


def test_neighbouring_line_cut_by_the_crop_does_not_count() -> None:
    grey = draw_sevens().copy()
    grey[-6:, 60:66] = 0
    grey[-6:, 90:97] = 0
    _, top, _, bottom = find_writing(line_ink(grey))
    assert (top, bottom) == pytest.approx((20, 50), abs=2)


def test_box_of_the_strip_leads_back_to_the_picture() -> None:
    page = np.full((400, 600), 255, np.uint8)
    page[100:180, 300:500] = draw_sevens()
    strip = prepare_line(page, (300, 100, 500, 180))
    columns = np.flatnonzero((strip.image > 0.4).any(axis=0))
    top, bottom = strip.writing
    box = strip.to_picture(columns[0], top, columns[-1] + 1, bottom)
    assert box == pytest.approx((339, 119, 417, 151), abs=3)


def test_tilted_region_is_levelled() -> None:
    page = Image.new("L", (400, 400), 255)
    page.paste(Image.fromarray(draw_sevens()), (100, 160))
    tilted = np.asarray(page.rotate(15, Image.Resampling.BICUBIC, fillcolor=255))
    angle = np.radians(-15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([(100, 160), (300, 160), (300, 240), (100, 240)]) - 200
    quad = [(float(x), float(y)) for x, y in corners @ turn.T + 200]
    level, straight = (
        prepare_line(tilted, quad),
        prepare_line(np.asarray(page), (100, 160, 300, 240)),
    )
    assert level.image.shape[1] == pytest.approx(straight.image.shape[1], abs=3)
    first, last = ink_rows(level.image)
    assert last - first == pytest.approx(WRITING_HEIGHT, abs=4)
    x0, y0, x1, y1 = level.to_picture(0, 0, level.image.shape[1], STRIP_HEIGHT)
    assert x0 < 200 < x1
    assert y0 < 200 < y1


def test_region_beyond_the_edges_is_filled_with_paper() -> None:
    strip = prepare_line(draw_sevens(), (-30, -20, 260, 120))
    assert ink_rows(strip.image) == pytest.approx((4, 28), abs=3)


def test_border_of_a_cell_runs_off_its_strip_and_an_upright_1_beside_it_does_not() -> None:
    cell = draw_sevens(count=2, height=30, picture=(150, 38), top=4).copy()
    cell[4:34, 105:108] = 0
    one_alone = prepare_line(cell).image
    cell[:, 130:133] = 0
    with_border = prepare_line(cell).image
    assert one_alone[0].max() == one_alone[-1].max() == 0
    for edge in (with_border[0], with_border[-1]):
        dark = np.flatnonzero(edge > 0.5)
        # Nothing but the border, which is the last thing in the strip.
        assert 1 <= len(dark) <= 5
        assert dark[0] > with_border.shape[1] - 15


@pytest.mark.parametrize(("above", "below"), [(5, 10), (10, 5), (5, 5)])
def test_digits_that_their_crop_cuts_end_with_it_and_do_not_run_off_the_strip(
    above: int, below: int
) -> None:
    grey = draw_sevens(count=3, height=40, picture=(180, 60), top=8).copy()
    grey[8:48, 165:168] = 0
    # An upright 1 beside them, cut by the same edges.
    cut = prepare_line(grey[above + 5 : 60 - below - 5])
    columns = np.flatnonzero((cut.image > 0.5).any(axis=0))
    assert cut.image[[0, -1]].max() < 0.1
    assert columns[-1] > cut.image.shape[1] - 10


def test_what_a_region_found_on_a_page_cuts_goes_on_beyond_it() -> None:
    grey = draw_sevens(count=3, height=40, picture=(180, 60), top=8)
    region = (0, 13, 180, 43)
    assert prepare_line(grey, region).image[[0, -1]].max() < 0.1
    strip = prepare_line(grey, region, found_on_page=True).image
    assert strip[0].max() > 0.9
    assert strip[-1].max() > 0.9


def test_a_rule_between_digits_that_end_before_their_crop_does_runs_off_the_strip() -> None:
    grey = draw_sevens(count=2, height=30, picture=(120, 34), top=2).copy()
    grey[:, 63:66] = 0
    strip = prepare_line(grey).image
    for edge in (strip[0], strip[-1]):
        dark = np.flatnonzero(edge > 0.5)
        assert 1 <= len(dark) <= 4
        assert dark[0] == pytest.approx(strip.shape[1] / 2, abs=6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3, 2), (8, 4000)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_blank_paper_of_any_shape_gives_a_strip(shape: tuple[int, int], value: int) -> None:
    strip = prepare_line(np.full(shape, value, np.uint8))
    assert strip.image.shape[0] == STRIP_HEIGHT
    assert 1 <= strip.image.shape[1] <= MAX_STRIP_WIDTH + 1
    assert strip.image.max() < 0.5


def test_a_crop_far_longer_than_any_line_takes_little_memory() -> None:
    grey = np.full((8, 60_000), 255, np.uint8)
    grey[:, 500:50_000:50] = 0
    tracemalloc.start()
    prepare_line(grey)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100 * grey.size


def test_a_strip_tells_how_high_its_writing_is_in_the_picture() -> None:
    grey = draw_sevens(height=60, picture=(320, 200), top=70)
    assert prepare_line(grey).height_of_writing == pytest.approx(60, abs=4)
    half = prepare_line(grey, (0, 60, 160, 140))
    assert half.height_of_writing == pytest.approx(60, abs=6)


def test_a_line_is_prepared_otherwise_filling_its_crop_inverted_and_without_margin() -> None:
    grey = draw_sevens(picture=(200, 80)).copy()
    grey[:3] = grey[-3:] = 0
    filling, inverted, inner = prepare_line_otherwise(grey)
    usual = prepare_line(grey)
    # All 80 rows of the crop, of which 12 in a hundred are margin, share the strip's 24.
    first, last = ink_rows(filling.image[5:-5])
    assert last - first == pytest.approx(30 * WRITING_HEIGHT / (0.88 * 80), abs=3)
    assert ink_rows(inner.image) == pytest.approx(ink_rows(usual.image), abs=2)
    assert inner.image[0].max() < 0.1
    np.testing.assert_array_equal(inverted.image, prepare_line(grey, dark_on_light=False).image)
    box = inner.to_picture(0, 0, inner.image.shape[1], STRIP_HEIGHT)
    assert box[0] > 0
    assert box[3] < 80


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (9, 2), (5, 5)])
def test_a_crop_of_any_shape_can_be_prepared_otherwise(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    strips = prepare_line_otherwise(grey)
    assert {strip.image.shape[0] for strip in strips} == {STRIP_HEIGHT}
    assert prepare_line_otherwise(np.pad(grey, 4), (4, 4, 4 + shape[1], 4 + shape[0]))


def test_polarity_is_that_of_the_few_pixels() -> None:
    assert is_line_dark_on_light(draw_sevens())
    assert not is_line_dark_on_light(255 - draw_sevens())


def test_black_borders_do_not_decide_the_polarity() -> None:
    grey = draw_sevens(count=1, height=40, picture=(120, 80))[:, 10:110].copy()
    grey[:8], grey[:, :8] = 0, 0
    assert is_line_dark_on_light(grey)


def test_what_covers_most_of_a_framed_crop_is_no_ink() -> None:
    image = Image.new("L", (28, 24), 235)
    draw = ImageDraw.Draw(image)
    draw.ellipse((9, 4, 20, 14), outline=60, width=4)
    draw.line((18, 8, 18, 22), fill=60, width=4)
    draw.rectangle((0, 0, 27, 2), fill=60)
    for x in (0, 27):
        draw.rectangle((x - 1, 0, x + 1, 23), fill=60)
    nine = np.asarray(image)
    assert is_line_dark_on_light(nine)
    assert not is_line_dark_on_light(255 - nine)
    assert ((line_ink(nine) > 0.5) == (nine < 150)).mean() > 0.9


def test_thick_digit_that_fills_its_crop_is_no_white_hole_on_black() -> None:
    image = Image.new("L", (28, 28), 255)
    ImageDraw.Draw(image).ellipse((1, 1, 26, 26), outline=0, width=4)
    assert is_line_dark_on_light(np.asarray(image))


def test_a_ring_around_the_writing_is_left_out_and_not_taken_for_its_height() -> None:
    image = Image.fromarray(draw_sevens(height=30, top=25))
    ImageDraw.Draw(image).ellipse((18, 4, 150, 76), outline=0, width=3)
    ringed, bare = prepare_line(np.asarray(image)), prepare_line(draw_sevens(height=30, top=25))
    assert ringed.image.shape == bare.image.shape
    assert np.abs(ringed.image - bare.image).mean() < 0.01
