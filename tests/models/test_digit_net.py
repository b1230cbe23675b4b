"""The digit network: its shapes, and that weights made before it could do more still fit."""

from __future__ import annotations

import pytest
import torch

from digit_ocr.models.digit_net import DigitNet


@pytest.mark.parametrize("options", [{}, {"stem": 4, "early_blocks": 1}, {"blocks": 0}])
def test_a_picture_gives_a_logit_for_each_class(options: dict[str, int]) -> None:
    network = DigitNet(classes=11, widths=(8, 8, 8), hidden=16, **options).eval()
    assert network(torch.rand(3, 1, 28, 28)).shape == (3, 11)


def test_without_a_stem_the_first_layer_looks_at_five_pixels_and_keeps_its_name() -> None:
    state = DigitNet(widths=(8, 8, 8)).state_dict()
    assert state["features.0.0.weight"].shape == (8, 1, 5, 5)
    assert "features.4.first.0.weight" in state


def test_a_stem_keeps_every_pixel_for_the_next_layer() -> None:
    features = DigitNet(widths=(8, 8, 8), stem=4).features
    assert features[0](torch.rand(1, 1, 28, 28)).shape == (1, 4, 28, 28)
