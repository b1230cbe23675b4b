from __future__ import annotations

import numpy as np
import torch

from digit_ocr.data.dataloader import index_batches, shard, to_ink, to_tensors


def test_arrays_become_tensors_with_one_channel() -> None:
    images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    tensors = to_tensors(images, np.array([3, 4]))

    assert tensors["images"].shape == (2, 1, 28, 28)
    assert tensors["images"].dtype == torch.uint8
    assert tensors["labels"].tolist() == [3, 4]
    assert torch.equal(to_ink(tensors["images"])[0, 0] * 255, torch.from_numpy(images[0]).float())


def test_the_tensors_do_not_change_with_the_arrays() -> None:
    images = np.zeros((1, 28, 28), np.uint8)
    tensors = to_tensors(images, np.array([0]))
    images[:] = 255

    assert tensors["images"].max() == 0


def test_an_epoch_covers_every_picture_once_in_an_order_of_its_own() -> None:
    def epoch(seed: int) -> list[torch.Tensor]:
        return list(index_batches(103, 10, torch.Generator().manual_seed(seed)))

    assert [len(batch) for batch in epoch(0)] == [11] * 3 + [10] * 7
    assert torch.cat(epoch(0)).sort().values.tolist() == list(range(103))
    assert torch.equal(torch.cat(epoch(0)), torch.cat(epoch(0)))
    assert not torch.equal(torch.cat(epoch(0)), torch.cat(epoch(1)))


def test_fewer_pictures_than_a_batch_are_one_batch() -> None:
    assert [len(batch) for batch in index_batches(3, 10, torch.Generator())] == [3]


def test_processes_share_the_pictures_without_counting_any_twice() -> None:
    shares = [shard(10_001, rank, 4) for rank in range(4)]

    assert torch.cat(shares).sort().values.tolist() == list(range(10_001))
