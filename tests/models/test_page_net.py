"""The page network's shapes, and that it is small."""

from __future__ import annotations

import pytest
import torch

from digit_ocr.models.page_net import MAPS, PageNet


@pytest.mark.parametrize("size", [(16, 16), (48, 208)])
def test_maps_come_at_a_quarter_of_the_size(size: tuple[int, int]) -> None:
    logits = PageNet(width=8).eval()(torch.rand(2, 1, *size))
    assert logits.shape == (2, len(MAPS), size[0] // 4, size[1] // 4)


def test_the_network_is_small() -> None:
    assert sum(parameter.numel() for parameter in PageNet().parameters()) < 150_000


def test_every_parameter_learns() -> None:
    model = PageNet(width=8)
    model(torch.rand(2, 1, 32, 32)).square().mean().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
