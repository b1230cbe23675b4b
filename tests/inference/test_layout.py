"""Reading order: tilted lines, pages seen from the side, boxes of forms, grids."""

from __future__ import annotations

import numpy as np
import pytest

from digit_ocr.inference.finding import FoundNumber
from digit_ocr.inference.layout import near_runs, order_lines, settle_boxes


def place(x: float, y: float, tilt: float = 0.0, height: float = 20.0, width: float = 14.0):
    """Return a number at a place of a page that is turned as a whole by `tilt`."""
    cos, sin = np.cos(tilt), np.sin(tilt)
    centre = (float(x * cos - y * sin), float(x * sin + y * cos))
    return FoundNumber(centre, width, height, tilt, 0.9)


def shuffled(numbers: list[FoundNumber]) -> list[FoundNumber]:
    order = np.random.default_rng(3).permutation(len(numbers))
    return [numbers[index] for index in order]


@pytest.mark.parametrize("tilt_degrees", [-20, -8, 0, 5, 20])
def test_lines_are_read_top_to_bottom_and_left_to_right_at_any_tilt(tilt_degrees: int) -> None:
    tilt = np.deg2rad(tilt_degrees)
    rows = [[place(x, y, tilt) for x in (0, 120, 300, 420)] for y in (0, 35, 70, 105)]
    assert order_lines(shuffled([n for row in rows for n in row])) == rows


def test_a_page_seen_from_the_side_keeps_its_lines() -> None:
    """The slope grows down the page, as on a grid photographed from a corner."""
    rows = []
    for y in range(0, 450, 50):
        slope = -0.10 + 0.0004 * y
        rows.append([
            FoundNumber((x, y + slope * x), 20, 30, slope, 0.9)
            for x in range(0, 450, 50) if (x + 2 * y) % 150
        ])  # fmt: skip
    assert order_lines(shuffled([n for row in rows for n in row])) == rows


def test_chance_slopes_between_neighbours_do_not_tear_a_tables_rows() -> None:
    """Row numbers and marks beside them, a few pixels higher, and totals far to the right."""
    rows = [[place(165, 223, height=43)]]
    rows += [
        [place(169, y, height=45), place(379, y - 5, height=52), place(1360, y + total, height=54)]
        for y, total in ((307, -9), (400, -6), (490, 6))
    ]
    rows += [[place(166, 586, height=45)], [place(164, 676, height=45)]]
    rows += [[place(1376, 786, height=69)]]
    assert order_lines(shuffled([n for row in rows for n in row])) == rows


def test_a_number_far_along_the_line_still_belongs_to_it() -> None:
    line = [place(0, 0), place(900, 4)]
    assert order_lines(shuffled(line)) == [line]


def test_small_and_large_digits_of_one_line_stay_together() -> None:
    line = [place(0, 0, height=40), place(60, 3, height=22), place(130, -2, height=38)]
    assert order_lines(shuffled(line)) == [line]


def test_numbers_above_each_other_are_lines_however_near_and_long_they_are() -> None:
    """A sum, its numbers set to the right: each begins elsewhere, and boxes nearly touch."""
    rows = [
        [place(200 - width / 2, y, height=28, width=width)]
        for y, width in ((0, 60), (14, 30), (28, 110), (42, 90))
    ]
    assert order_lines(shuffled([n for row in rows for n in row])) == rows


def test_nothing_found_gives_no_lines() -> None:
    assert order_lines([]) == []


def boxed_rows(count: int, columns: int = 6, pitch: int = 28) -> tuple[list, np.ndarray]:
    """Return digits in boxes and the ink of the boxes' borders."""
    ink = np.zeros((120 + 34 * count, 60 + pitch * columns), np.float32)
    rows = []
    for row in range(count):
        top = 60 + row * 34
        rows.append([place(44 + pitch * k, top + 17) for k in range(columns)])
        ink[top : top + 34, 30 : 31 + pitch * columns : pitch] = 1
        ink[[top, top + 33], 30 : 31 + pitch * columns] = 1
    return rows, ink


def test_digits_in_a_row_of_boxes_become_one_number() -> None:
    rows, ink = boxed_rows(1)
    ((joined,),), is_grid = settle_boxes(rows, ink)
    assert not is_grid
    assert joined.width == pytest.approx(5 * 28 + 14)
    assert joined.centre == pytest.approx((44 + 2.5 * 28, 77))


def test_cells_of_a_grid_stay_apart() -> None:
    rows, ink = boxed_rows(3)
    assert settle_boxes(rows, ink) == (rows, True)


def test_numbers_on_squared_paper_are_not_cut_at_its_lines() -> None:
    _, ink = boxed_rows(5, columns=9)
    rows = [[place(58 + 84 * k, 77 + 34 * row, width=42) for k in range(3)] for row in range(5)]
    kept, is_grid = settle_boxes(rows, ink)
    assert not is_grid
    assert kept == rows


def test_what_was_found_over_a_tables_columns_is_cut_at_their_borders() -> None:
    _, ink = boxed_rows(4, columns=3, pitch=70)
    rows = [[place(135, 77 + 34 * row, width=200)] for row in range(4)]
    cells, is_grid = settle_boxes(rows, ink)
    assert not is_grid
    centres = [[round(cell.centre[0]) for cell in line] for line in cells]
    assert centres == [[pytest.approx(x, abs=6) for x in (66, 135, 203)]] * 4


@pytest.mark.parametrize(
    ("digits_of_whole", "digits_of_parts", "cells"),
    [(6, [2, 2, 2], 3), (9, [3, 4, 2], 3), (3, [1, 1, 1], 1), (5, [3, 1, 1], 1), (6, [2, 2, 0], 1)],
)
def test_narrow_columns_are_cut_where_each_part_reads_as_two_digits_or_more(
    digits_of_whole: int, digits_of_parts: list[int], cells: int
) -> None:
    _, ink = boxed_rows(4, columns=3, pitch=22)
    whole = place(63, 77, width=62)
    counts = {1: [digits_of_whole], 3: digits_of_parts}
    line, *_ = settle_boxes([[whole]], ink, lambda numbers: counts[len(numbers)])[0]
    assert len(line) == cells


def test_what_reaches_a_little_into_the_next_column_is_cut_off() -> None:
    _, ink = boxed_rows(4, columns=3, pitch=22)
    whole = place(57, 77, width=50)  # Over two columns, and eight pixels of the third.
    ((first, second),), _ = settle_boxes(
        [[whole]], ink, lambda numbers: [4] if len(numbers) == 1 else [2, 2]
    )
    assert first.width == pytest.approx(second.width, abs=6)


def test_evenly_spaced_digits_without_boxes_stay_apart() -> None:
    rows, ink = boxed_rows(1)
    assert settle_boxes(rows, np.zeros_like(ink)) == (rows, False)


def test_a_box_left_empty_ends_the_number() -> None:
    rows, ink = boxed_rows(1, columns=8)
    line = rows[0][:3] + rows[0][4:]
    (joined,), _ = settle_boxes([line], ink)
    assert len(joined) == 2


def test_small_numbers_outside_grids_are_kept() -> None:
    line = [place(20, 20), place(80, 20, height=9, width=20), place(140, 20)]
    assert settle_boxes([line], np.zeros((60, 200), np.float32)) == ([line], False)


def test_a_few_numbers_that_line_up_by_chance_do_not_tilt_the_page() -> None:
    above, below = place(100, 100), place(300, 150)
    assert order_lines([below, above]) == [[above], [below]]


def test_one_slanting_box_does_not_tilt_the_page() -> None:
    rows = [[place(x, y, height=40) for x in (160, 380, 1360)] for y in (300, 400, 490)]
    rows[0][1] = FoundNumber(rows[0][1].centre, 50, 50, -0.05, 0.9)
    assert order_lines(shuffled([n for row in rows for n in row])) == rows


BLANK = np.zeros((100, 400), np.float32)


def test_neighbours_that_may_be_one_number_form_a_run() -> None:
    line = [place(40, 50), place(72, 50), place(104, 51), place(200, 50)]
    assert near_runs(line, BLANK) == [line[:3], line[3:]]


def test_a_cell_border_between_two_numbers_ends_a_run() -> None:
    line = [place(40, 50), place(72, 50)]
    ink = BLANK.copy()
    ink[10:90, 56] = 1
    assert near_runs(line, ink) == [line[:1], line[1:]]


def test_a_cell_border_under_the_edge_of_a_box_ends_a_run() -> None:
    line = [place(40, 50), place(58, 50, width=22)]
    ink = BLANK.copy()
    ink[10:90, 48] = 1
    assert near_runs(line, ink) == [line[:1], line[1:]]


def test_a_one_under_the_edge_of_a_box_is_no_border() -> None:
    line = [place(40, 50), place(58, 50, width=22)]
    ink = BLANK.copy()
    ink[40:60, 48] = 1
    assert near_runs(line, ink) == [line]


def test_the_stem_of_a_digit_that_two_boxes_share_is_no_border() -> None:
    line = [place(40, 50, width=40), place(72, 50, width=40)]
    ink = BLANK.copy()
    ink[10:90, 56] = 1
    assert near_runs(line, ink) == [line]


def test_numbers_of_other_heights_or_other_rows_form_no_run() -> None:
    low = place(72, 50, height=9)
    lower = place(72, 62)
    for other in (low, lower):
        assert near_runs([place(40, 50), other], BLANK) == [[place(40, 50)], [other]]
