"""Composed strips: reproducible, of every length, and prepared as reading prepares them."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.imaging.line import prepare_line
from digit_ocr.inference.number_line import SEPARATOR
from digit_ocr.synthesis import string_furniture as furniture
from digit_ocr.synthesis import string_scene as scenes
from digit_ocr.synthesis import strings
from digit_ocr.synthesis.glyphs import GlyphSource, Hand, Writer
from digit_ocr.synthesis.page_layouts import random_digits
from digit_ocr.synthesis.string_scene import Scene
from digit_ocr.synthesis.strings import (
    MAX_WIDTH,
    NumberPictures,
    compose_number,
    compose_numbers,
    date,
    no_number,
    photograph_number,
    random_number,
)


@pytest.fixture(scope="module")
def source(mnist: Mnist) -> GlyphSource:
    return GlyphSource(mnist.train_images[:2000], mnist.train_labels[:2000])


@pytest.fixture(scope="module")
def pictures(source: GlyphSource) -> NumberPictures:
    return compose_numbers(60, seed=3, source=source)


def test_strips_are_those_of_the_line_reader(pictures: NumberPictures) -> None:
    assert pictures.images.shape == (60, 32, MAX_WIDTH)
    assert pictures.images.dtype == np.uint8
    assert (pictures.widths >= 1).all()
    assert (pictures.widths <= MAX_WIDTH).all()


def test_what_lies_beyond_a_strip_is_paper(pictures: NumberPictures) -> None:
    for image, width in zip(pictures.images, pictures.widths, strict=True):
        assert not image[:, width:].any()


def test_targets_are_digits_and_separators_and_how_many(pictures: NumberPictures) -> None:
    assert pictures.targets.min() >= 0
    assert pictures.targets.max() <= SEPARATOR
    assert set(np.unique(pictures.target_lengths)) <= set(range(21))


def test_network_has_time_steps_for_every_digit(pictures: NumberPictures) -> None:
    # A blank is needed between equal digits.
    equal = (np.diff(pictures.targets, axis=1) == 0) & (
        np.arange(1, 20) < pictures.target_lengths[:, None]
    )
    assert (pictures.widths // 2 >= pictures.target_lengths + equal.sum(axis=1)).all()


def test_same_seed_gives_the_same_strips(source: GlyphSource, pictures: NumberPictures) -> None:
    again = compose_numbers(8, seed=3, source=source)
    np.testing.assert_array_equal(again.images, pictures.images[:8])
    np.testing.assert_array_equal(again.targets, pictures.targets[:8])


def test_other_seed_gives_other_strips(source: GlyphSource, pictures: NumberPictures) -> None:
    assert (compose_numbers(8, seed=4, source=source).targets != pictures.targets[:8]).any()


def test_strip_is_the_photo_prepared_as_reading_prepares_it(source: GlyphSource) -> None:
    strip, digits = compose_number(source, np.random.default_rng(5))
    photo, region, same_digits = photograph_number(source, np.random.default_rng(5))
    assert digits == same_digits
    np.testing.assert_array_equal(prepare_line(photo, region).image, strip)


def test_numbers_have_all_lengths_and_often_ones_sevens_and_leading_zeros() -> None:
    rng = np.random.default_rng(0)
    numbers = [random_number(rng) for _ in range(4000)]
    assert {len(number) for number in numbers} == set(range(1, 21))
    counts = np.bincount([digit for number in numbers for digit in number], minlength=10)
    assert counts[1] > counts[3]
    assert counts[7] > counts[3]
    assert sum(len(number) > 1 and number[0] == 0 for number in numbers) > 300


def test_ones_stand_at_the_ends_of_numbers_more_often_than_within() -> None:
    rng = np.random.default_rng(2)
    numbers = [number for number in (random_number(rng) for _ in range(4000)) if len(number) > 3]
    first, last, second = (
        sum(number[place] == 1 for number in numbers) / len(numbers) for place in (0, -1, 2)
    )
    assert last > second + 0.04
    assert first > second - 0.01


def test_a_space_between_two_numbers_may_be_three_digits_high(source: GlyphSource) -> None:
    spaces = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        scene = scenes.lay_out(source.writer(rng), [[1], [2]], 40.0, 40.0, rng)
        (_, _, end, _), (start, _, _, _) = scene.slots
        spaces.append((start - end) / 40)
    # One in a hundred has a wide pitch besides.
    assert 2.5 < np.quantile(spaces, 0.98) < 4


def test_half_of_the_spaces_between_printed_numbers_are_as_narrow_as_those_of_text(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "SPACE_SHARE", 1.0)
    spaces: dict[str, list[float]] = {"font": [], "strokes": []}
    for seed in range(300):
        for kind, found in spaces.items():
            rng = np.random.default_rng(seed)
            scene = scenes.lay_out(source.writer(rng, kind), [[5, 6], [6, 5]], 40.0, 40.0, rng)
            (_, (_, _, end, _), (start, _, _, _), _) = scene.slots
            found.append((start - end) / 40)
    assert np.quantile(spaces["strokes"], 0.05) > 0.5
    assert 0.3 < np.quantile(spaces["font"], 0.25) < 0.62


def test_dates_are_dates_with_one_sign_twice(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    texts = {"/".join("".join(map(str, part)) for part in date(rng)) for _ in range(400)}
    days = re.compile(r"(0?[1-9]|[12]\d|3[01])/(0?[1-9]|1[0-2])(/((19|20)\d\d|\d\d))?")
    years = re.compile(r"((19|20)\d\d|\d\d)/(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])")
    assert all(days.fullmatch(text) or years.fullmatch(text) for text in texts)

    drawn: list[str] = []
    sized_sign = scenes.sized_sign

    def noted(hand: Hand, sign: str, height: float, rng: np.random.Generator) -> object:
        drawn.append(sign)
        return sized_sign(hand, sign, height, rng)

    monkeypatch.setattr(scenes, "sized_sign", noted)
    monkeypatch.setattr(strings, "DATE_SHARE", 1.0)
    seen = set()
    for seed in range(40):
        drawn.clear()
        _, _, target = photograph_number(source, np.random.default_rng(seed), is_several=True)
        # Others stand beside the number: units, marks.
        between = drawn[: target.count(SEPARATOR)]
        assert len(set(between)) <= 1
        seen |= set(between)
    assert seen == set(strings.DATE_SIGNS)


def test_more_than_a_fourth_of_lone_digits_are_ones_on_strips_and_on_pages() -> None:
    rng = np.random.default_rng(1)
    on_strips = [number for number in (random_number(rng) for _ in range(3000)) if len(number) == 1]
    on_pages = [text for text in (random_digits(rng) for _ in range(3000)) if len(text) == 1]
    assert on_strips.count([1]) > len(on_strips) / 4
    assert on_pages.count("1") > len(on_pages) / 4
    assert {digit for (digit,) in on_strips} == set(range(10))


def test_no_sign_stands_on_its_own(source: GlyphSource, monkeypatch: pytest.MonkeyPatch) -> None:
    marks: list[float] = []

    def draw_mark(scene: Scene, *_args: object, **_kwargs: object) -> None:
        marks.append(scene.height)

    monkeypatch.setattr(furniture, "draw_mark", draw_mark)
    monkeypatch.setattr(strings, "EMPTY_SHARE", 0.6)
    for seed in range(100):
        before = len(marks)
        _, _, target = photograph_number(source, np.random.default_rng(seed))
        assert target or len(marks) == before
    assert marks


def test_a_separator_stands_between_every_two_numbers(source: GlyphSource) -> None:
    rngs = [np.random.default_rng(seed) for seed in range(80)]
    targets = [photograph_number(source, rng, is_several=True)[2] for rng in rngs]
    counts = [target.count(SEPARATOR) for target in targets if target]
    assert set(counts) == {1, 2}
    for target in filter(None, targets):
        assert SEPARATOR not in (target[0], target[-1])
        assert (SEPARATOR, SEPARATOR) not in itertools.pairwise(target)


def test_about_a_fifth_of_the_strips_hold_several_numbers(source: GlyphSource) -> None:
    targets = compose_numbers(150, seed=6, source=source).targets
    assert 15 <= (targets == SEPARATOR).any(axis=1).sum() <= 50


def test_some_strips_hold_no_number(source: GlyphSource) -> None:
    rngs = [np.random.default_rng(seed) for seed in range(120)]
    assert 1 <= sum(not photograph_number(source, rng)[2] for rng in rngs) <= 25


def test_a_crop_cut_out_closely_ends_where_the_writing_does(source: GlyphSource) -> None:
    heights: dict[bool, list[int]] = {True: [], False: []}
    for is_close, seed in itertools.product(heights, range(40)):
        rng = np.random.default_rng(seed)
        photo, region, _ = photograph_number(source, rng, in_cell=False, is_close=is_close)
        _, top, _, bottom = region or (0, 0, 0, len(photo))
        heights[is_close].append(bottom - top)
    # The same numbers, most of them with paper around where the crop is not close.
    assert np.median(np.divide(heights[True], heights[False])) < 0.9


def test_of_the_strips_without_a_number_some_are_photos_of_something_else(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos: list[int] = []

    def draw_scene(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
        photos.append(height)
        return np.tile(np.arange(width, dtype=np.float32) // 4 % 2, (height, 1))

    monkeypatch.setattr(strings, "draw_scene", draw_scene)
    monkeypatch.setattr(strings, "EMPTY_SHARE", 0.6)
    empty = 0
    for seed in range(60):
        before = len(photos)
        _, _, target = photograph_number(source, np.random.default_rng(seed))
        empty += not target
        assert not target or len(photos) == before
    assert 0 < len(photos) < empty / 2


def test_what_shows_through_the_paper_is_mirrored_and_pale(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strings, "SEEN_THROUGH_SHARE", 1.0)
    # Every letter of this hand is a stem with a foot to the right, as an L.
    stem = np.zeros((64, 40), np.float32)
    stem[:, :6] = stem[58:] = 1.0
    hand = source.writer(np.random.default_rng(0), "strokes")
    monkeypatch.setattr(Writer, "letter", lambda *_: stem)
    monkeypatch.setattr(Writer, "digit", lambda *_: stem)
    for seed in range(5):
        scene = no_number(hand, 40.0, 30.0, np.random.default_rng(seed))
        x0, y0, x1, y1 = (round(edge) for edge in scene.writing)
        assert 0.1 < scene.ink.max() <= 0.6
        upper = scene.ink[y0 : (y0 + y1) // 2, x0:x1].sum(axis=0)
        lower = scene.ink[y1 - 6 : y1, x0:x1].sum(axis=0)
        # The first foot is left of the first stem.
        assert (lower > 0.1 * lower.max()).argmax() + 8 < (upper > 0.5 * upper.max()).argmax()
