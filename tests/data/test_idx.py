from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from digit_ocr.data.idx import idx_bytes, parse_idx
from digit_ocr.errors import DatasetCorrupt

small_arrays = arrays.arrays(
    np.uint8, arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=6)
)


@given(small_arrays)
def test_an_array_survives_the_way_to_idx_and_back(array: np.ndarray) -> None:
    again = parse_idx(idx_bytes(array))

    assert again.dtype == np.uint8
    assert np.array_equal(again, array)
    assert again.shape == array.shape


@given(st.binary(max_size=200))
def test_any_bytes_are_an_array_or_a_clear_refusal(data: bytes) -> None:
    with contextlib.suppress(DatasetCorrupt):
        assert parse_idx(data).size <= len(data)


@given(small_arrays, st.data())
def test_a_file_cut_short_or_padded_is_refused(array: np.ndarray, data: st.DataObject) -> None:
    whole = idx_bytes(array)
    cut = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(DatasetCorrupt):
        parse_idx(whole[:cut])
    with pytest.raises(DatasetCorrupt):
        parse_idx(whole + b"\0")


def test_values_other_than_unsigned_bytes_are_refused() -> None:
    floats = b"\0\0\x0d\x01" + (1).to_bytes(4, "big") + b"\0\0\0\0"

    with pytest.raises(DatasetCorrupt, match="0x0d"):
        parse_idx(floats, "floats")
