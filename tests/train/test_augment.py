"""Augmentation changes pictures, never what they are."""

from __future__ import annotations

import pytest
import torch

from digit_ocr.train.augment import augment
from digit_ocr.train.recipe import Augment

EVERYTHING = Augment(
    rotation_degrees=10.0,
    shear_degrees=8.0,
    scale=0.1,
    shift_pixels=2.0,
    elastic_pixels=0.5,
    stroke_width=0.5,
    blur=0.3,
    noise=0.1,
    contrast=0.2,
    erase=0.2,
)


def bar() -> torch.Tensor:
    images = torch.zeros(16, 1, 28, 28)
    images[:, :, 4:24, 12:16] = 1.0
    return images


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_same_generator_gives_the_same_pictures() -> None:
    first = augment(bar(), EVERYTHING, generator())
    assert torch.equal(first, augment(bar(), EVERYTHING, generator()))
    assert not torch.equal(first, augment(bar(), EVERYTHING, generator(1)))


def test_pictures_of_a_batch_are_changed_each_in_its_own_way() -> None:
    changed = augment(bar(), EVERYTHING, generator())
    assert not torch.equal(changed[0], changed[1])


def test_ink_stays_between_paper_and_full_ink() -> None:
    changed = augment(bar(), EVERYTHING, generator())
    assert changed.shape == (16, 1, 28, 28)
    assert changed.min() >= 0
    assert changed.max() <= 1


def test_without_settings_nothing_changes() -> None:
    assert torch.equal(augment(bar(), Augment(), generator()), bar())


def test_a_shift_moves_the_ink_and_keeps_its_amount() -> None:
    changed = augment(bar(), Augment(shift_pixels=2.0), generator())
    assert torch.allclose(changed.sum((1, 2, 3)), bar().sum((1, 2, 3)), rtol=1e-3)
    columns = torch.arange(28.0)
    centres = (changed.sum((1, 2)) * columns).sum(1) / changed.sum((1, 2, 3))
    assert (centres - 13.5).abs().max() <= 2.001
    assert centres.std() > 0.5


def test_a_rotation_turns_about_the_middle() -> None:
    changed = augment(bar(), Augment(rotation_degrees=20.0), generator())
    rows = torch.arange(28.0)
    middle = (changed.sum((1, 3)) * rows).sum(1) / changed.sum((1, 2, 3))
    assert (middle - 13.5).abs().max() < 0.2
    assert changed.std(0).max() > 0.1


def test_thicker_and_thinner_strokes_both_occur_and_hairlines_survive() -> None:
    hairline = torch.zeros(64, 1, 28, 28)
    hairline[:, :, 4:24, 14] = 1.0
    changed = augment(hairline, Augment(stroke_width=1.0), generator())
    ink = changed.sum((1, 2, 3))
    assert ink.min() > 0.4 * 20
    assert ink.min() < 20 < ink.max()


@pytest.mark.parametrize("name", ["blur", "contrast", "erase", "noise"])
def test_each_degradation_alone_changes_pictures(name: str) -> None:
    changed = augment(bar(), Augment(**{name: 0.9}), generator())
    assert not torch.equal(changed, bar())
