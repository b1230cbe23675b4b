"""Explicit, stratified, seeded splits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


def stratified_split(
    labels: npt.NDArray[np.integer], fraction_or_count: float, seed: int
) -> tuple[Indices, Indices]:
    """Return sorted (training, validation) indices into `labels` (n,) that share no element.

    `fraction_or_count` below 1 is a share of the whole, from 1 on a number of pictures. Each class
    gives in proportion (largest remainders), but keeps at least one picture for training.

    Raises: ValueError: the share is negative, or leaves nothing to train on.
    """
    labels = np.asarray(labels)
    total = len(labels)
    if fraction_or_count < 0 or fraction_or_count >= max(total, 1):
        raise ValueError(f"cannot hold out {fraction_or_count} of {total} pictures")
    wanted = round(fraction_or_count if fraction_or_count >= 1 else fraction_or_count * total)
    generator = np.random.default_rng(seed)
    classes, sizes = np.unique(labels, return_counts=True)
    counts = _proportional(sizes, wanted)
    held_out = [
        generator.permutation(np.flatnonzero(labels == label))[:count]
        for label, count in zip(classes, counts, strict=True)
    ]
    validation = np.sort(np.concatenate([np.empty(0, np.int64), *held_out]))
    train = np.setdiff1d(np.arange(total, dtype=np.int64), validation, assume_unique=True)
    return train, validation


def _proportional(sizes: npt.NDArray[np.int64], wanted: int) -> npt.NDArray[np.int64]:
    """Return how many each class gives, so that they sum to `wanted` as nearly as they can."""
    if wanted == 0 or len(sizes) == 0:
        return np.zeros(len(sizes), np.int64)
    shares = sizes * (wanted / sizes.sum())
    counts = np.floor(shares).astype(np.int64)
    for place in np.argsort(counts - shares, kind="stable")[: wanted - int(counts.sum())]:
        counts[place] += 1
    capped: npt.NDArray[np.int64] = np.minimum(counts, sizes - 1)
    return capped
