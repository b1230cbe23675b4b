"""Connected components of a mask: pieces of ink and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.extremes import extreme_around


@dataclass(frozen=True, slots=True)
class Components:
    """Pieces of a mask; arrays count them from 0, `labels` from 1.

    `labels`: (H, W), 0 where there is no ink. `boxes`: (n, 4) left, top, right, bottom, the last
    two exclusive. `areas`: (n,) pixels.
    """

    labels: NDArray[Any]
    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.areas)


def find_components(mask: NDArray[np.bool_]) -> Components:
    """Return the pieces of the mask (H, W) with their boxes and areas; corners connect."""
    labels, count = label_components(mask)
    return describe_components(labels, count)


def label_components(mask: NDArray[np.bool_]) -> tuple[NDArray[Any], int]:
    """Return labels (H, W) from 1 on, 0 off the mask, and how many; corners connect."""
    labels, count = cc3d.connected_components(mask, connectivity=8, return_N=True)
    # cc3d 4.1.1 now and then labels single pixels off the mask, with numbers beyond its count.
    labels *= mask
    return labels, int(count)


def describe_components(labels: NDArray[Any], count: int) -> Components:
    """Return boxes and areas of the labels (H, W), which count from 1 to `count` without gaps."""
    flat = labels.ravel()
    inked = np.flatnonzero(flat > 0)
    numbers = flat.take(inked)
    areas = np.bincount(numbers, minlength=count + 1)[1:]
    # The pixels of each piece together, row by row.
    inked = inked.take(numbers.argsort(kind="stable"))
    ends = areas.cumsum()
    starts = ends - areas
    rows = inked // labels.shape[1]
    columns = inked - rows * labels.shape[1]
    boxes = np.empty((count, 4), np.int64)
    if count:
        boxes[:, 0] = np.minimum.reduceat(columns, starts)
        boxes[:, 1] = rows.take(starts)
        boxes[:, 2] = np.maximum.reduceat(columns, starts) + 1
        boxes[:, 3] = rows.take(ends - 1) + 1
    return Components(labels, boxes, areas)


def grown(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Return the mask (H, W) with all that lies within `reach` pixels of it, corners included."""
    height, width = mask.shape
    wide = np.zeros((height + 2 * reach, width + 2 * reach), np.bool_)
    wide[reach : reach + height, reach : reach + width] = mask
    grown_mask: NDArray[np.bool_] = extreme_around(wide, 2 * reach + 1, np.maximum)
    return grown_mask


def filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask with all that it encloses in its rows and in its columns."""
    enclosed = [
        np.logical_or.accumulate(mask, axis)
        & np.logical_or.accumulate(mask[::-1, ::-1], axis)[::-1, ::-1]
        for axis in (0, 1)
    ]
    both: NDArray[np.bool_] = enclosed[0] & enclosed[1]
    return both
