"""Signs beside numbers: each of its own form, standing where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.synthesis import string_scene as scenes
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.signs import (
    BRACKETS,
    MARKS,
    PRINTED_WORDS,
    SIGN_SHARES,
    SIGNS_AFTER,
    SIGNS_BEFORE,
    WRITTEN_WORDS,
    random_sign,
    random_surroundings,
    random_unit_sign,
    sign_strokes,
)
from digit_ocr.synthesis.string_furniture import add_surroundings, add_unit, attach
from digit_ocr.synthesis.strokes import HEIGHT_PIXELS

TOPS = {
    ".": (0.6, 1.0), ",": (0.6, 1.0), "-": (0.2, 0.7), "/": (-0.35, 0.2), ":": (0.0, 0.65),
    "=": (0.1, 0.6), "+": (-0.1, 0.5), "x": (-0.1, 0.6), "%": (-0.25, 0.2), "#": (-0.2, 0.2),
    "$": (-0.35, 0.15), "€": (-0.2, 0.2), "°": (-0.3, 0.2), "(": (-0.4, 0.25), ")": (-0.4, 0.25),
    "[": (-0.35, 0.2), "]": (-0.35, 0.2), "£": (-0.25, 0.2), "¥": (-0.25, 0.15),
    "?": (-0.25, 0.15), "!": (-0.25, 0.2), "*": (-0.3, 0.5), "<": (0.0, 0.5), ">": (0.0, 0.5),
    "&": (-0.3, 0.2), "g": (0.0, 0.6), "k": (-0.25, 0.15), "m": (0.1, 0.6),
}  # fmt: skip
"""Where each begins, from and to, in heights of the digits below their top."""
FEET = {
    ".": (0.9, 1.2), ",": (1.0, 1.45), "-": (0.4, 0.8), "/": (0.9, 1.4), ":": (0.8, 1.2),
    "=": (0.5, 1.0), "+": (0.6, 1.2), "x": (0.85, 1.2), "%": (0.85, 1.25), "#": (0.85, 1.2),
    "$": (0.85, 1.4), "€": (0.8, 1.2), "°": (0.1, 0.6), "(": (0.9, 1.5), ")": (0.9, 1.5),
    "[": (0.9, 1.5), "]": (0.9, 1.5), "£": (0.85, 1.3), "¥": (0.85, 1.2),
    "?": (0.85, 1.2), "!": (0.85, 1.2), "*": (0.2, 1.2), "<": (0.7, 1.2), ">": (0.7, 1.2),
    "&": (0.85, 1.2), "g": (0.9, 1.6), "k": (0.85, 1.2), "m": (0.85, 1.2),
}  # fmt: skip


@pytest.fixture(scope="module")
def source(mnist: Mnist) -> GlyphSource:
    return GlyphSource(mnist.train_images[:100], mnist.train_labels[:100])


@pytest.mark.parametrize("kind", ["strokes", "font"])
@pytest.mark.parametrize("sign", sorted(TOPS))
def test_signs_stand_where_they_belong_beside_a_digit(
    source: GlyphSource, sign: str, kind: str
) -> None:
    for seed in range(25):
        rng = np.random.default_rng(seed)
        ink, foot = source.writer(rng, kind).sign(sign, rng)
        top = foot - ink.shape[0] / HEIGHT_PIXELS
        assert TOPS[sign][0] <= top <= TOPS[sign][1]
        assert FEET[sign][0] <= foot <= FEET[sign][1]
        assert ink.max() > 0.5


@pytest.mark.parametrize("sign", ["(", ")"])
def test_no_bracket_is_as_flat_as_a_1(sign: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        ((bow,),) = sign_strokes(sign, rng)
        x = [point[0] for point in bow]
        assert max(x) - min(x) >= 0.14


def test_every_sign_is_drawn_by_chance() -> None:
    rng = np.random.default_rng(0)
    assert {random_sign(rng) for _ in range(600)} == set(SIGN_SHARES)
    assert {random_unit_sign(rng, right=True) for _ in range(100)} == set(SIGNS_AFTER)
    assert {random_unit_sign(rng, right=False) for _ in range(100)} == set(SIGNS_BEFORE)


@pytest.mark.parametrize("right", [True, False])
def test_what_a_number_counts_is_written_whole_and_belongs_to_the_writing(
    source: GlyphSource, right: bool
) -> None:
    widened = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        hand = source.writer(rng, "strokes")
        scene = scenes.lay_out(hand, [[4, 2]], 40.0, 60.0, rng)
        before, (x0, _, x1, _) = scene.ink.copy(), scene.writing
        add_unit(scene, hand, rng, right)
        left, _, end, _ = scene.writing
        added = scene.ink.shape[1] - before.shape[1]
        before = np.pad(before, ((0, 0), (0, added) if right else (added, 0)))
        new = np.flatnonzero((scene.ink > before).any(axis=0))
        widened += end > x1 if right else left < x0 + added
        assert left - 1 <= new.min()
        assert new.max() <= end + 1
    assert widened == 25


def test_paper_is_added_where_there_is_no_room_beside_the_number(source: GlyphSource) -> None:
    for right, text in ((True, "kWh"), (False, "No.")):
        rng = np.random.default_rng(0)
        hand = source.writer(rng, "font")
        scene = scenes.lay_out(hand, [[4, 2]], 40.0, 4.0, rng)
        width, number, slots = scene.ink.shape[1], scene.writing, list(scene.slots)
        before = scene.ink.copy()
        attach(scene, hand, text, rng, right)
        shift = 0 if right else scene.ink.shape[1] - width
        assert scene.writing[2] - scene.writing[0] > number[2] - number[0] + 40
        assert scene.writing[0] >= 0
        assert scene.writing[2] <= scene.ink.shape[1]
        assert scene.slots == [(x0 + shift, y0, x1 + shift, y1) for x0, y0, x1, y1 in slots]
        kept = scene.ink[:, shift : shift + width]
        x0, x1 = round(number[0]), round(number[2])
        np.testing.assert_array_equal(kept[:, x0:x1], before[:, x0:x1])


def test_every_surrounding_is_drawn_by_chance_and_by_hand_none_that_could_be_a_digit() -> None:
    rng = np.random.default_rng(0)
    drawn = {
        is_printed: {random_surroundings(rng, is_printed) for _ in range(4000)}
        for is_printed in (True, False)
    }
    for is_printed, words in ((True, PRINTED_WORDS), (False, WRITTEN_WORDS)):
        beside = {(text, "") for text in (*MARKS[0], *words[0])}
        beside |= {("", text) for text in (*MARKS[1], *words[1])}
        assert drawn[is_printed] == {*BRACKETS, *beside}
    assert ("", "g") not in drawn[False]


def test_brackets_stand_on_both_sides_of_the_number(source: GlyphSource) -> None:
    both = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        hand = source.writer(rng, "strokes")
        scene = scenes.lay_out(hand, [[4, 2]], 40.0, 60.0, rng)
        add_surroundings(scene, hand, rng)
        left, _, right, _ = scene.writing
        assert left < scene.slots[0][0] - 1 or right > scene.slots[-1][2] + 1
        both += left < scene.slots[0][0] - 1 and right > scene.slots[-1][2] + 1
    assert 5 < both < 30
