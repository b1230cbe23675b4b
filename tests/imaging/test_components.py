"""Pieces of a mask, their boxes and their growth."""

from __future__ import annotations

import numpy as np

from digit_ocr.imaging.components import find_components, grown, label_components


def test_pieces_have_boxes_and_areas() -> None:
    mask = np.zeros((6, 9), bool)
    mask[1:3, 2:5] = True
    mask[5, 8] = True
    pieces = find_components(mask)
    assert len(pieces) == 2
    assert pieces.boxes.tolist() == [[2, 1, 5, 3], [8, 5, 9, 6]]
    assert pieces.areas.tolist() == [6, 1]


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


SPOILT_MASK = (
    "0000000000000000000000000000000000000000000000fffeff00003000000000001fffdfffffff"
    "ffffc0601c0000001dffffffffffffffe00000000000000017ffffff000000000000000000030020"
    "0000000000000000000000"
)
"""8 rows of 91 bits; cc3d 4.1.1 numbers its two pieces 1 and 2, and a pixel off it 4."""


def test_labels_keep_to_the_mask_where_the_library_does_not() -> None:
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(SPOILT_MASK), np.uint8))
    mask = bits[: 8 * 91].reshape(8, 91).astype(bool)
    labels, count = label_components(mask)
    assert set(np.unique(labels[mask])) == set(range(1, count + 1))
    assert not labels[~mask].any()
    assert len(find_components(mask)) == count
