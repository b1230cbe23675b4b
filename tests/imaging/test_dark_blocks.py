"""Dark blocks with light writing: turned where they are some, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digit_ocr.imaging.dark_blocks import find_blocks, with_dark_blocks_turned
from digit_ocr.inference import numbers
from digit_ocr.inference.reader import Reader

PAPER, INK, LABEL, CHALK = 205, 30, 20, 235


def sheet(text: str = "5 0 2 4 9", width: int = 900) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return paper with dark print on it."""
    picture = Image.new("L", (width, 420), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((150, 40), text, INK, ImageFont.load_default(60))
    return picture, draw


def label(
    draw: ImageDraw.ImageDraw, text: str, box: tuple[int, int, int, int] = (150, 180, 560, 310)
) -> None:
    draw.rectangle(box, LABEL)
    draw.text((box[0] + 40, box[1] + 30), text, CHALK, ImageFont.load_default(60))


def turned_share(picture: NDArray[np.uint8]) -> float:
    return float((with_dark_blocks_turned(picture, dark_on_light=True) != picture).mean())


@pytest.mark.parametrize("degrees", [0, 6])
@pytest.mark.parametrize("is_inverted", [False, True])
@pytest.mark.parametrize("scale", [0.5, 1.0, 2.3])
def test_light_writing_on_a_dark_label_becomes_dark_writing_on_paper(
    degrees: float, is_inverted: bool, scale: float
) -> None:
    picture, draw = sheet()
    label(draw, "3 1 7 6")
    picture = picture.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=PAPER)
    picture = picture.resize((round(900 * scale), round(420 * scale)))
    grey = np.asarray(picture)
    block = (
        slice(round(200 * scale), round(290 * scale)),
        slice(round(200 * scale), round(500 * scale)),
    )
    grey = 255 - grey if is_inverted else grey
    turned = with_dark_blocks_turned(grey, dark_on_light=not is_inverted)
    paper = 255 - PAPER if is_inverted else PAPER
    assert abs(float(np.median(turned[block])) - paper) < 12
    assert 0.1 < (turned != grey).mean() < 0.17
    upper = slice(0, round(150 * scale))
    np.testing.assert_array_equal(turned[upper], grey[upper])


def test_a_picture_without_one_stays_the_same_array() -> None:
    grey = np.asarray(sheet()[0])
    assert with_dark_blocks_turned(grey, dark_on_light=True) is grey
    blank = np.full((200, 300), PAPER, np.uint8)
    assert with_dark_blocks_turned(blank, dark_on_light=True) is blank


@pytest.mark.parametrize(
    "drawn", ["thick zero", "blank square", "frame", "filled circle", "cut by the edge", "grid"]
)
def test_what_is_dark_and_no_label_is_left_alone(drawn: str) -> None:
    picture, draw = sheet()
    match drawn:
        case "thick zero":
            draw.ellipse((300, 150, 480, 400), INK)
            draw.ellipse((370, 230, 410, 320), PAPER)
        case "blank square":
            draw.rectangle((300, 180, 420, 300), INK)
        case "frame":
            draw.rectangle((150, 160, 600, 380), outline=INK, width=24)
        case "filled circle":
            draw.ellipse((300, 150, 520, 370), INK)
            draw.text((370, 220), "7", CHALK, ImageFont.load_default(60))
        case "cut by the edge":
            label(draw, "3 1 7 6", (-1, 180, 400, 310))
        case _:
            for x in range(150, 700, 110):
                draw.line((x, 150, x, 400), INK, 12)
            for y in range(150, 401, 125):
                draw.line((150, y, 700, y), INK, 12)
    assert turned_share(np.asarray(picture)) == 0


def test_each_of_several_blocks_is_found() -> None:
    picture, draw = sheet("")
    for column in range(4):
        label(draw, str(column + 2), (100 + 180 * column, 150, 230 + 180 * column, 290))
    mask = find_blocks(np.asarray(picture.reduce(2)))
    assert mask[110, 70:430].any()
    columns = np.flatnonzero(np.diff(mask[110].astype(int)) == 1)
    assert len(columns) == 4


def test_numbers_on_dark_labels_are_read_beside_those_on_paper() -> None:
    picture, draw = sheet("50249")
    label(draw, "3176")
    reading = Reader().read(np.asarray(picture))
    assert [number.text for number in reading.numbers] == ["50249", "3176"]


def test_a_picture_as_low_as_one_line_has_one_polarity(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    def spied(grey: NDArray[np.uint8], _: bool) -> NDArray[np.uint8]:
        looked_at.append(grey.shape[0])
        return grey

    monkeypatch.setattr(numbers, "with_dark_blocks_turned", spied)
    grey, reader = np.asarray(sheet("50249")[0]), Reader()
    for height in (128, 129):
        assert reader.read(grey[:height]).text == "50249"
    assert looked_at == [129]
