"""The writing of a page decides its polarity, not what lies around the sheet or on it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digit_ocr.imaging.ink import is_dark_on_light
from digit_ocr.imaging.page_polarity import is_writing_dark, odds_of_dark_strokes
from digit_ocr.inference.reader import Reader

DESK, PAPER, INK = 40, 215, 45
NUMBERS = ["50249", "3176"]


def sheet_on_desk(left: int, top: int, degrees: float = 0.0) -> NDArray[np.uint8]:
    """Return two numbers on a sheet on a darker desk, of a picture half of which is desk."""
    sheet = Image.new("L", (560, 360), PAPER)
    draw = ImageDraw.Draw(sheet)
    for row, number in enumerate(NUMBERS):
        draw.text((120, 60 + 140 * row), number, INK, ImageFont.load_default(48))
    mask = Image.new("L", sheet.size, 255).rotate(degrees, expand=True)
    sheet = sheet.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    picture = Image.new("L", (800, 600), DESK)
    picture.paste(sheet, (left, top), mask)
    return np.asarray(picture)


def shadowed(share: float) -> NDArray[np.uint8]:
    """Return a page of two numbers with a hard shadow over that share of it."""
    grey = sheet_on_desk(0, 0)[:360, :560].astype(float)
    grey[:, : round(share * 560)] *= 0.45
    return grey.astype(np.uint8)


@pytest.mark.parametrize("degrees", [0, -9])
@pytest.mark.parametrize("place", [(120, 100), (-30, 90), (-20, -25)])
def test_numbers_on_a_sheet_are_read_however_dark_the_desk_and_wherever_it_ends(
    place: tuple[int, int], degrees: float
) -> None:
    grey = sheet_on_desk(*place, degrees)
    assert is_writing_dark(grey)
    assert [number.text for number in Reader().read(grey).numbers] == NUMBERS


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_shadow_does_not_turn_a_pages_polarity(share: float) -> None:
    assert is_writing_dark(shadowed(share))


@pytest.mark.parametrize("pen", [2, 6, 20, 45])
def test_strokes_of_any_width_decide(pen: int) -> None:
    picture = Image.new("L", (900, 700), PAPER)
    ImageDraw.Draw(picture).line([(200, 150), (700, 150), (350, 600)], INK, pen, joint="curve")
    grey = np.asarray(picture)
    assert odds_of_dark_strokes(grey) > 1
    assert not is_writing_dark(255 - grey)


def test_of_a_negative_the_odds_are_the_opposite() -> None:
    grey = shadowed(0.5)
    assert odds_of_dark_strokes(255 - grey) == pytest.approx(-odds_of_dark_strokes(grey), abs=0.05)


@pytest.mark.parametrize("white", [235, 300])
def test_noise_is_no_stroke_even_cut_off_at_white(white: int) -> None:
    noise = np.random.default_rng(2).normal(0, 40, (360, 560))
    page = np.where(shadowed(0) < 128, 40, white)
    assert is_writing_dark((page + noise).clip(0, 255).astype(np.uint8))


def test_of_noise_as_strong_as_ink_little_is_left() -> None:
    noise = np.random.default_rng(2).normal(0, 140, (360, 560))
    page = np.where(shadowed(0) < 128, 40, 300)
    assert odds_of_dark_strokes((page + noise).clip(0, 255).astype(np.uint8)) > 1


@pytest.mark.parametrize("shape", [(129, 129), (200, 3000), (3000, 140), (1, 1)])
@pytest.mark.parametrize("level", [0, 255])
def test_where_there_are_no_strokes_light_paper_is_light(
    shape: tuple[int, int], level: int
) -> None:
    grey = np.full(shape, level, np.uint8)
    assert is_writing_dark(grey) == is_dark_on_light(grey) == (level > 127)
