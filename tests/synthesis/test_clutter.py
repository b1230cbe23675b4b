"""Lines, dots and other writing around digits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from digit_ocr.synthesis import clutter

BOX = (30.0, 20.0, 60.0, 70.0)
Draw = Callable[[np.ndarray, np.random.Generator], None]

DRAWN: dict[str, Draw] = {
    "ruled lines": lambda ink, rng: clutter.ruled_lines(ink, rng, 50, 0.8),
    "cell borders": lambda ink, rng: clutter.cell_borders(ink, rng, BOX, 50, 0.8, "ltrb"),
    "box corners": lambda ink, rng: clutter.box_corners(ink, rng, BOX, 50, 0.8),
    "dots": lambda ink, rng: clutter.dots(ink, rng, 50, 0.8, 5),
    "specks": lambda ink, rng: clutter.specks(ink, rng, 0.01),
    "underline": lambda ink, rng: clutter.underline(ink, rng, BOX, 50, 0.8),
    "scribble": lambda ink, rng: clutter.scribble(ink, rng, 45, 45, 50, 0.8),
    "smear": lambda ink, rng: clutter.smear(ink, rng, 50, 0.8),
}


@pytest.mark.parametrize("name", DRAWN)
def test_clutter_only_darkens_and_stays_in_range(name: str) -> None:
    for seed in range(5):
        ink = np.zeros((90, 120), np.float32)
        ink[40:50, 40:50] = 0.5
        before = ink.copy()
        DRAWN[name](ink, np.random.default_rng(seed))
        assert (ink >= before).all()
        assert ink.max() <= 1
        assert ink.sum() > before.sum()


def test_a_dashed_line_has_gaps() -> None:
    whole, dashed = np.zeros((2, 20, 200), np.float32)
    clutter.draw_line(whole, (0, 10), (199, 10), 2)
    clutter.draw_line(dashed, (0, 10), (199, 10), 2, dash=(8, 8))
    assert 0.3 * whole.sum() < dashed.sum() < 0.8 * whole.sum()


def test_neighbours_never_cover_the_digit() -> None:
    box = (40.0, 10.0, 60.0, 50.0)
    glyph = np.ones((64, 40), np.float32)
    for seed in range(30):
        ink = np.zeros((60, 100), np.float32)
        clutter.cut_neighbours(ink, np.random.default_rng(seed), lambda: glyph, box, 40, 1.0)
        assert ink[10:50, 40:60].sum() == 0


def test_a_pasted_glyph_is_cut_where_the_picture_ends() -> None:
    ink = np.zeros((20, 20), np.float32)
    assert clutter.paste(ink, np.ones((10, 10), np.float32), 15, -4) == (15, 0, 20, 6)
    assert ink.sum() == 30
    nowhere = clutter.paste(ink, np.ones((5, 5), np.float32), 30, 30)
    assert nowhere[0] == nowhere[2]


def test_scaling_keeps_the_proportions() -> None:
    assert clutter.scale_to(np.ones((64, 32), np.float32), 20).shape == (20, 10)
