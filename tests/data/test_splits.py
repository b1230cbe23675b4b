from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_ocr.data.splits import stratified_split


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=200),
    st.floats(0, 0.9),
    st.integers(0, 2**32 - 1),
)
def test_the_parts_share_nothing_and_are_the_whole(
    labels: list[int], fraction: float, seed: int
) -> None:
    train, validation = stratified_split(np.array(labels), fraction, seed)

    assert sorted([*train, *validation]) == list(range(len(labels)))
    # Whatever is held out, every digit stays among those that are learned.
    assert set(np.array(labels)[train]) == set(labels)


def test_each_digit_is_held_out_in_proportion() -> None:
    labels = np.repeat(np.arange(10), np.arange(100, 1100, 100))

    _, validation = stratified_split(labels, 550, seed=0)

    assert len(validation) == 550
    assert np.bincount(labels[validation]).tolist() == list(range(10, 110, 10))


def test_the_seed_decides_the_split() -> None:
    labels = np.arange(1000) % 10

    first, again, other = (stratified_split(labels, 0.1, seed)[1] for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("count", [-1, 10, 11])
def test_a_split_that_leaves_nothing_to_learn_from_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="of 10 pictures"):
        stratified_split(np.arange(10), count, seed=0)
