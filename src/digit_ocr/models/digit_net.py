"""DigitNet, the network of the digit reader: three strided stages and residual blocks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from digit_ocr.models.layers import Residual, convolution


class DigitNet(nn.Module):
    """A digit, or none, from its 28x28 form.

    images: (batch, 1, 28, 28) float32, ink 1.0 on paper 0.0 → logits: (batch, classes).

    Strides do the work of pooling: what the first layer looks at is small (5x5), and at 28x28
    pixels every multiplication at full resolution costs as much as four later on.
    `widths` are the channels at 14x14, 7x7 and 4x4 pixels, `hidden` those of the last layer;
    `blocks` and `early_blocks` are the residual blocks at 7x7 and at 14x14 pixels. A `stem` of so
    many channels looks at full resolution first: slower, and for the record.
    """

    def __init__(
        self,
        classes: int = 10,
        widths: Sequence[int] = (32, 48, 128),
        blocks: int = 1,
        hidden: int = 160,
        dropout: float = 0.0,
        stem: int = 0,
        early_blocks: int = 0,
    ) -> None:
        super().__init__()
        first, second, third = widths
        start: list[nn.Module] = [convolution(1, first, 5, stride=2)]
        if stem:
            start = [
                convolution(1, stem),
                nn.ReLU(inplace=True),
                convolution(stem, first, stride=2),
            ]
        self.features = nn.Sequential(
            *start,
            nn.ReLU(inplace=True),
            *(Residual(first) for _ in range(early_blocks)),
            convolution(first, second, stride=2),
            nn.ReLU(inplace=True),
            *(Residual(second) for _ in range(blocks)),
            convolution(second, third, stride=2),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(third * 16, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, classes),
        )
        # A tenth faster to train on CPUs; the numbers are the same.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.features(images))
        return logits
