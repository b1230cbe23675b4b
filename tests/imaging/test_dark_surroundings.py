"""A sheet is told from a thick digit, a filled shape or a dotted one by its marks."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digit_ocr.imaging.dark_surroundings import is_sheet_on_dark


def shown(angle: float = 0.0, side: int = 48, stroke: int = 3) -> tuple[Image.Image, int]:
    """Return a sheet with one upright stroke, and where its corner is."""
    corner = (64 - side) // 2
    picture = Image.new("L", (64, 64))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((corner, corner, 63 - corner, 63 - corner), 255)
    if stroke:
        draw.line((32, 22, 32, 42), 0, stroke)
    return picture.rotate(angle), corner


def is_sheet(picture: Image.Image) -> bool:
    return is_sheet_on_dark(np.asarray(picture) > 128)


@pytest.mark.parametrize("angle", [0, 5, -12, 20])
def test_a_written_sheet_is_one_however_it_lies(angle: float) -> None:
    assert is_sheet(shown(angle)[0])


def test_a_sheet_that_the_picture_cuts_is_one() -> None:
    picture, corner = shown()
    assert is_sheet(picture.crop((corner + 4, corner + 4, 64, 64)))


def test_a_blank_or_a_small_one_or_none_is_no_sheet() -> None:
    assert not is_sheet(shown(stroke=0)[0])
    assert not is_sheet(shown(side=26)[0])
    assert not is_sheet(Image.new("L", (64, 64)))


def test_a_thick_0_is_no_sheet() -> None:
    for box in ((20, 4, 44, 60), (8, 4, 56, 60)):
        round_one = Image.new("L", (64, 64))
        draw = ImageDraw.Draw(round_one)
        draw.ellipse(box, 255)
        draw.line((32, 20, 32, 44), 0, 3)
        assert not is_sheet(round_one)


def test_the_0_and_8_of_a_display_are_no_sheets() -> None:
    for holes in ([(22, 14, 42, 50)], [(22, 14, 42, 27), (22, 36, 42, 50)]):
        lit = Image.new("L", (64, 64))
        draw = ImageDraw.Draw(lit)
        draw.rectangle((14, 4, 50, 60), 255)
        for hole in holes:
            draw.rectangle(hole, 0)
        assert not is_sheet(lit)
