"""Rings around numbers: they hold the number, seldom touch it, and leave it one."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.synthesis import clutter, crops, pages, strings
from digit_ocr.synthesis import string_furniture as furniture
from digit_ocr.synthesis.arcs import ring_around
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.sheet import Repertoire, Sheet
from digit_ocr.synthesis.string_scene import blank


@pytest.fixture(scope="module")
def source(mnist: Mnist) -> GlyphSource:
    return GlyphSource(mnist.train_images[:500], mnist.train_labels[:500])


@pytest.mark.parametrize("width", [10.0, 60.0, 300.0])
def test_a_ring_goes_round_what_it_holds_and_seldom_crosses_it(width: float) -> None:
    crossed = 0
    for seed in range(100):
        ring = ring_around((100, 200, 100 + width, 240), 40, np.random.default_rng(seed))
        away = np.abs(ring - (100 + width / 2, 220))
        assert (away < (0.7 * width + 40, 60)).all()
        is_crossed = bool((away < (0.35 * width, 0.35 * 40)).all(axis=1).any())
        crossed += is_crossed
        seen = (ring - (100 + width / 2, 220)) / (width / 2 + 20, 40)
        turn = np.diff(np.unwrap(np.arctan2(seen[:, 1], seen[:, 0]))).sum()
        assert is_crossed or abs(turn) > np.radians(300)
    assert crossed < 10


def test_a_number_in_a_ring_on_a_page_stays_the_same_number(source: GlyphSource) -> None:
    rng = np.random.default_rng(0)
    sheet = Sheet(300, 1.0)
    sheet.write_number(Repertoire(source.writer(rng)), "42", 120, 160, 40, rng)
    digits, numbers = sheet.digits.copy(), [list(boxes) for boxes in sheet.numbers]
    sheet.draw_ring(0, rng)
    np.testing.assert_array_equal(sheet.digits, digits)
    assert sheet.numbers == numbers
    left, right = numbers[0][0][0], numbers[0][-1][2]
    ringed = np.flatnonzero(sheet.other.any(axis=0))
    assert ringed.min() < left < right < ringed.max()


def test_some_windows_and_crops_hold_rings(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[int] = []
    monkeypatch.setattr(Sheet, "draw_ring", lambda sheet, number, rng: rings.append(sheet.size))
    pages.compose_pages(40, 2, source)
    assert 0 < len(rings) < 60
    monkeypatch.setattr(pages, "RINGS_SHARE", 0.0)
    rings.clear()
    pages.compose_pages(15, 2, source)
    assert not rings


def test_some_strips_hold_a_ring_around_a_number_or_a_word(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[float] = []
    monkeypatch.setattr(furniture, "draw_ring", lambda scene, rng: rings.append(scene.ink.max()))
    monkeypatch.setattr(strings, "RING_SHARE", 1.0)
    targets = []
    for seed in range(60):
        before = len(rings)
        _, _, target = strings.photograph_number(source, np.random.default_rng(seed))
        targets.append((bool(target), len(rings) - before))
    assert {(True, 1), (False, 1), (False, 0)} <= set(targets)
    assert (True, 0) not in targets
    # Nothing but paper, or a line, is not ringed: it would be a 0.
    assert min(rings) > 0


def test_a_crop_holds_the_ring_or_cuts_it() -> None:
    widths = set()
    for seed in range(20):
        scene = blank(60, 40, 50)
        scene.ink[60:80, 60:90] = 1
        furniture.draw_ring(scene, np.random.default_rng(seed))
        x0, _, x1, _ = scene.writing
        widths.add(x1 - x0 == 60)
        assert scene.ink[40:60].any()
    assert widths == {True, False}


def test_some_pictures_of_one_digit_hold_a_ring_that_is_none_of_its_ink(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[clutter.Box] = []

    def blacken(ink: clutter.Ink, _: np.random.Generator, box: clutter.Box, unit: float) -> None:
        ink[:] = 1
        rings.append(box)

    monkeypatch.setattr(clutter, "ring", blacken)
    made = crops.generate_pictures(np.random.default_rng(3), source, 1.0, 0.1)
    pictures = [next(made) for _ in range(80)]
    assert 0 < len(rings) < 20
    ringed = [picture for picture in pictures if picture.box in rings]
    assert len(ringed) == len(rings)
    assert all(picture.ink.min() == 0 for picture in ringed)
    monkeypatch.setattr(crops, "RING_SHARE", 0.0)
    rings.clear()
    _ = [next(made) for _ in range(40)]
    assert not rings
