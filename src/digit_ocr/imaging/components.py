"""Connected components of a mask: pieces of ink and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Components:
    """Pieces of a mask; arrays count them from 0, `labels` from 1.

    `labels`: (H, W), 0 where there is no ink. `boxes`: (n, 4) left, top, right, bottom, the last
    two exclusive. `areas`: (n,) pixels. `centres`: (n, 2) x and y.
    """

    labels: NDArray[Any]
    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]
    centres: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.areas)


def find_components(mask: NDArray[np.bool_]) -> Components:
    """Return the pieces of the mask (H, W) with their boxes, areas and centres; corners connect."""
    return describe_components(label_components(mask)[0])


def label_components(mask: NDArray[np.bool_]) -> tuple[NDArray[Any], int]:
    """Return labels (H, W) from 1 on, 0 off the mask, and how many; corners connect."""
    labels, count = cc3d.connected_components(mask, connectivity=8, return_N=True)
    # cc3d 4.1.1 now and then labels single pixels off the mask, with numbers beyond its count.
    labels *= mask
    return labels, int(count)


def describe_components(labels: NDArray[Any]) -> Components:
    """Return boxes, areas and centres of the labels (H, W), which count from 1 without gaps."""
    statistics = cc3d.statistics(labels, no_slice_conversion=True)
    edges = statistics["bounding_boxes"][1:].astype(np.int64)
    return Components(
        labels=labels,
        boxes=np.stack([edges[:, 2], edges[:, 0], edges[:, 3] + 1, edges[:, 1] + 1], axis=1),
        areas=statistics["voxel_counts"][1:].astype(np.int64),
        centres=statistics["centroids"][1:, ::-1].copy(),
    )


def grown(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Return the mask (H, W) with all that lies within `reach` pixels of it, corners included."""
    wide = np.pad(mask, reach)
    window = 2 * reach + 1
    for _ in range(2):
        # Spans of 1, 2, 4, … rows: few operations, however wide the window.
        span = 1
        while 2 * span <= window:
            wide = wide[:-span] | wide[span:]
            span *= 2
        if window > span:
            wide = wide[: span - window] | wide[window - span :]
        wide = wide.T
    return wide
