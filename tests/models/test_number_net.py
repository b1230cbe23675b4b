"""NumberNet: shapes, size, and what a strip's padding changes."""

from __future__ import annotations

import pytest
import torch

from digit_ocr.models.number_net import NumberNet


@pytest.fixture(scope="module")
def network() -> NumberNet:
    torch.manual_seed(0)
    return NumberNet().eval()


@pytest.mark.parametrize("width", [32, 33, 128, 511])
def test_every_two_columns_have_eleven_logits(network: NumberNet, width: int) -> None:
    with torch.inference_mode():
        logits = network(torch.rand(2, 1, 32, width))
    assert logits.shape == (2, -(-width // 2), 12)


def test_network_fits_into_the_wheel(network: NumberNet) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) * 4 <= 2.5e6


def test_strips_of_a_batch_do_not_know_of_each_other(network: NumberNet) -> None:
    images = torch.rand(3, 1, 32, 64)
    with torch.inference_mode():
        together, alone = network(images), network(images[1:2])
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-5)


def test_every_parameter_learns() -> None:
    network = NumberNet()
    network(torch.rand(2, 1, 32, 48)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
