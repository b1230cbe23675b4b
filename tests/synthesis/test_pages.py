"""Composed windows: the same for a seed, and maps that lie where the digits are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_ocr.imaging.ink import to_ink
from digit_ocr.synthesis import page_layouts, pages
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.page_layouts import LAYOUTS
from digit_ocr.synthesis.pages import (
    compose_pages,
    compose_scene,
    draw_maps,
    random_pens,
    random_view,
)
from digit_ocr.synthesis.sheet import Repertoire, Sheet


@pytest.fixture(scope="module")
def source() -> GlyphSource:
    """Return a source whose MNIST part is one bar for each digit."""
    images = np.zeros((20, 28, 28), np.uint8)
    images[:, 4:24, 11:16] = 255
    return GlyphSource(images, np.arange(20) % 10)


def test_windows_are_the_same_for_a_seed(source: GlyphSource) -> None:
    first, again = compose_pages(3, 5, source), compose_pages(3, 5, source)
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.maps, again.maps)
    assert (compose_pages(3, 6, source).images != first.images).any()


def test_windows_show_digits_and_what_is_none(source: GlyphSource) -> None:
    windows = compose_pages(12, 0, source)
    assert windows.images.shape == (12, 192, 192)
    assert windows.maps.shape == (12, 4, 48, 48)
    digit, number, ink, weight = (windows.maps[:, channel] for channel in range(4))
    assert (number > 127).any(axis=(1, 2)).sum() >= 6
    # Middles of digits lie within the bands of their numbers.
    assert ((digit > 127) & (number > 64)).sum() > 0.95 * (digit > 127).sum()
    counted = weight > 127
    inked = windows.images.reshape(12, 48, 4, 48, 4).max((2, 4)) > 40
    assert (inked & (ink > 127) & counted).sum() > 0.8 * ((ink > 127) & counted).sum()


def test_nothing_in_a_photo_of_something_else_is_a_number() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        image, maps = compose_scene(rng)
        assert (image > 40).any()
        assert not maps[:3].any()
        assert (maps[3] == 255).all()


@pytest.mark.parametrize("is_dark", [False, True])
def test_a_window_has_the_polarity_and_light_that_reading_gives_a_page(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch, is_dark: bool
) -> None:
    given: list[tuple[bool | None, bool]] = []

    def noted(
        photo: NDArray[np.uint8], dark_on_light: bool | None = None, *, is_page: bool = False
    ) -> NDArray[np.float32]:
        given.append((dark_on_light, is_page))
        return to_ink(photo, dark_on_light, is_page=is_page)

    monkeypatch.setattr(pages, "to_ink", noted)
    monkeypatch.setattr(pages, "is_writing_dark", lambda _: is_dark)
    pages.compose_page(source, np.random.default_rng(0))
    compose_scene(np.random.default_rng(0))
    assert given == [(is_dark, True)] * 2


def test_some_windows_are_photos_of_something_else(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = np.full((192, 192), 77, np.uint8), np.zeros((4, 48, 48), np.uint8)
    monkeypatch.setattr(pages, "compose_scene", lambda rng: photo)
    monkeypatch.setattr(pages, "compose_page", lambda source, rng: (0, 0))
    monkeypatch.setattr(pages, "compose_crops", lambda source, rng: (0, 0))
    images = compose_pages(300, 1, source).images
    assert 5 < (images == 77).all((1, 2)).sum() < 30


@pytest.mark.parametrize("layout", [layout for layout, _ in LAYOUTS])
def test_every_layout_writes_on_any_sheet(layout, source: GlyphSource) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        sheet = Sheet(260, 1.0, random_view(260, 192, rng), 192)
        layout(sheet, random_pens(source, rng, 12.0), rng)
        assert np.isfinite(sheet.digits).all()
        assert all(number for number in sheet.numbers)


def test_digits_out_of_range_or_cut_off_count_neither_way() -> None:
    image = np.ones((192, 192), np.float32)
    readable, too_large = [(20.0, 20.0, 34.0, 40.0)], [(60.0, 60.0, 100.0, 115.0)]
    cut_off = [(184.0, 100.0, 204.0, 125.0)]
    maps = draw_maps([readable, too_large, cut_off], np.eye(3), image)
    assert maps[0, 7, 6] == 255
    assert maps[1, 7, 6] == 255
    assert maps[3, 7, 6] == 255
    assert maps[0, 20, 20] == 0
    assert maps[3, 20, 20] == 0
    assert maps[3, 28, 47] == 0


def test_a_number_is_one_band_and_its_digits_are_apart() -> None:
    boxes = [(20.0 + 30 * k, 40.0, 36.0 + 30 * k, 68.0) for k in range(3)]
    maps = draw_maps([boxes], np.eye(3), np.ones((192, 192), np.float32))
    middle = maps[:, 13]
    assert (middle[1, 8:21] > 200).all()
    assert np.count_nonzero(np.diff((middle[0] > 127).astype(int)) == 1) == 3


@pytest.mark.parametrize(("before", "after"), [("(", ")"), ("", "kg"), ("No.", "")])
@pytest.mark.parametrize("kind", ["strokes", "font"])
def test_brackets_and_units_on_a_page_are_ink_beside_the_number_and_no_digits(
    kind: str, before: str, after: str, source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_layouts, "SURROUNDED_SHARE", 1.0)
    monkeypatch.setattr(page_layouts, "random_surroundings", lambda *_: (before, after))
    rng = np.random.default_rng(1)
    sheet = Sheet(400, 1.0)
    hand = Repertoire(source.writer(rng, kind))
    end = page_layouts.write_surrounded(
        sheet, hand, "42", 120.0, 200.0, 40.0, rng, gap=0.1, level=1.0
    )
    (boxes,) = sheet.numbers
    assert len(boxes) == 2
    number = round(boxes[0][0]), round(boxes[-1][2])
    beside = np.flatnonzero(sheet.other.any(axis=0))
    assert bool((beside < number[0]).any()) == bool(before)
    assert bool((beside >= number[1]).any()) == bool(after)
    assert beside.max() <= end + 1
    digits = np.flatnonzero(sheet.digits.any(axis=0))
    assert number[0] <= digits.min() <= digits.max() < number[1]
    rows = np.flatnonzero(sheet.other.any(axis=1))
    assert rows.min() > 200 - 1.6 * 40
    assert rows.max() < 200 + 0.5 * 40


def test_a_page_of_any_layout_of_lines_has_such_marks(source: GlyphSource) -> None:
    asked: list[bool] = []

    def surroundings(rng: np.random.Generator, is_printed: bool) -> tuple[str, str]:
        asked.append(is_printed)
        return "(", ")"

    for layout in (page_layouts.free_rows, page_layouts.listing, page_layouts.prose):
        asked.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(page_layouts, "random_surroundings", surroundings)
            for seed in range(12):
                rng = np.random.default_rng(seed)
                layout(Sheet(300, 1.0), random_pens(source, rng, 20.0), rng)
        assert asked
