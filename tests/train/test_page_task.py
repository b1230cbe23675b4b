"""Training on pages: losses, matching of components, a few steps on a few windows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from digit_ocr.models.page_net import PageNet
from digit_ocr.train.page_task import PageTask, dice_loss, hard_cross_entropy, match_components
from digit_ocr.train.recipe import load_recipe


@pytest.fixture
def split() -> dict[str, torch.Tensor]:
    """Return 8 windows with a bright block each, which is digit, number and ink in one."""
    images = torch.zeros(8, 192, 192, dtype=torch.uint8)
    maps = torch.zeros(8, 4, 48, 48, dtype=torch.uint8)
    maps[:, 3] = 255
    for index in range(8):
        y, x = 16 + 8 * index, 100 - 8 * index
        images[index, y : y + 32, x : x + 64] = 255
        maps[index, :3, y // 4 : y // 4 + 8, x // 4 : x // 4 + 16] = 255
    return {"images": images, "maps": maps}


@pytest.fixture
def task() -> PageTask:
    return PageTask(load_recipe("pages"))


def test_a_few_steps_find_a_bright_block(task: PageTask, split: dict[str, torch.Tensor]) -> None:
    torch.manual_seed(0)
    model = PageNet(width=8)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(8):
        for indices in task.batches(split, 4, generator):
            loss, shown = task.loss(model, task.prepare(split, indices, generator))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
    assert set(shown) == {"digit", "number", "ink"}
    assert losses[-1] < 0.5 * losses[0]


def test_windows_and_maps_are_scaled_together(
    task: PageTask, split: dict[str, torch.Tensor]
) -> None:
    generator = torch.Generator().manual_seed(1)
    sides = set()
    for _ in range(12):
        batch = task.prepare(split, torch.arange(4), generator)
        side = batch["images"].shape[-1]
        assert side % 16 == 0
        assert batch["maps"].shape == (4, 4, side // 4, side // 4)
        assert 0 <= float(batch["images"].min()) <= float(batch["images"].max()) <= 1
        sides.add(side)
    assert len(sides) > 2


def test_totals_of_two_processes_add_up_to_those_of_one(
    task: PageTask, split: dict[str, torch.Tensor]
) -> None:
    torch.manual_seed(0)
    model = PageNet(width=8).eval()
    with torch.no_grad():
        whole = task.evaluate(model, split, 0, 1)
        halves = [task.evaluate(model, split, rank, 2) for rank in (0, 1)]
    for name, total in whole.items():
        torch.testing.assert_close(total, halves[0][name] + halves[1][name], rtol=1e-5, atol=1e-5)
    assert {"number_f1", "digit_recall", "ink_iou", "loss"} <= set(task.summarise(whole))


def test_what_weighs_nothing_costs_nothing() -> None:
    targets = torch.zeros(1, 1, 8, 8)
    targets[..., 2:4, 2:4] = 1
    weights = torch.ones(1, 1, 8, 8)
    weights[..., 5:, :] = 0
    logits = torch.where(targets > 0, 9.0, -9.0)
    mistaken = logits.clone()
    mistaken[..., 5:, :] = 9.0
    for loss in (hard_cross_entropy, dice_loss):
        assert float(loss(mistaken, targets, weights)) == pytest.approx(
            float(loss(logits, targets, weights)), abs=1e-4
        )


def test_components_match_by_overlap() -> None:
    right = np.zeros((20, 20), bool)
    right[2:6, 2:10] = True
    right[12:16, 2:10] = True
    said = np.zeros_like(right)
    said[2:6, 3:10] = True
    said[12:16, 9:18] = True
    assert match_components(said, right) == (2, 1, 2, 1)
    assert match_components(np.zeros_like(right), right) == (2, 0, 0, 0)
