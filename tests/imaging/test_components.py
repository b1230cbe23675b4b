"""Pieces of a mask, their boxes and their growth."""

from __future__ import annotations

import numpy as np

from digit_ocr.imaging.components import find_components, grown


def test_pieces_have_boxes_areas_and_centres() -> None:
    mask = np.zeros((6, 9), bool)
    mask[1:3, 2:5] = True
    mask[5, 8] = True
    pieces = find_components(mask)
    assert len(pieces) == 2
    assert pieces.boxes.tolist() == [[2, 1, 5, 3], [8, 5, 9, 6]]
    assert pieces.areas.tolist() == [6, 1]
    np.testing.assert_allclose(pieces.centres, [[3, 1.5], [8, 5]])


def test_corners_connect() -> None:
    assert len(find_components(np.eye(5, dtype=bool))) == 1


def test_an_empty_mask_has_no_pieces() -> None:
    pieces = find_components(np.zeros((4, 4), bool))
    assert len(pieces) == 0
    assert pieces.boxes.shape == (0, 4)


def test_a_mask_grows_by_its_reach_both_ways() -> None:
    mask = np.zeros((11, 13), bool)
    mask[5, 6] = True
    for reach in (1, 2, 3, 5):
        rows, columns = np.nonzero(grown(mask, reach))
        assert (rows.min(), rows.max()) == (5 - reach, 5 + reach)
        assert (columns.min(), columns.max()) == (6 - reach, 6 + reach)
        assert grown(mask, reach).shape == mask.shape
