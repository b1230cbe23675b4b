"""Arrays as tensors whole in memory, and batches as index tensors: no worker, no copy an item."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch


def to_tensors(
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    device: torch.device | str = "cpu",
) -> dict[str, torch.Tensor]:
    """Return `images` (n, 1, 28, 28) uint8 and `labels` (n,) int64 as tensors on `device`."""
    pixels = torch.from_numpy(np.array(images, dtype=np.uint8, copy=True)).unsqueeze(1)
    return {
        "images": pixels.to(device),
        "labels": torch.from_numpy(np.array(labels, dtype=np.int64, copy=True)).to(device),
    }


def to_ink(images: torch.Tensor) -> torch.Tensor:
    """Return uint8 pictures as float32 in 0..1, what every digit network takes."""
    return images.to(torch.float32).div_(255)


def index_batches(
    count: int, batch_size: int, generator: torch.Generator
) -> Iterator[torch.Tensor]:
    """Yield int64 indices that cover 0 … count-1 once, in an order drawn from `generator`.

    What is left over joins the other batches, so that none is small: a batch of one has no batch
    statistics.
    """
    order = torch.randperm(count, generator=generator)
    yield from order.tensor_split(max(1, count // batch_size))


def shard(count: int, rank: int = 0, world: int = 1) -> torch.Tensor:
    """Return the indices of one process of `world`: every item belongs to exactly one."""
    return torch.arange(rank, count, world)
