"""NumberNet: a line of digits in, a digit, a separator or a blank for every two columns out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from digit_ocr.models.layers import Residual, activated


class NumberNet(nn.Module):
    """A convolutional reader of numbers, trained with CTC (Graves et al. 2006); no recurrence.

    images: (batch, 1, 32, width) float32, ink 1.0 on paper 0.0
    logits: (batch, ceil(width / 2), 12); classes 0..9 are the digits, 10 stands between two
        numbers, 11 is the CTC blank
    """

    def __init__(
        self,
        channels: Sequence[int] = (16, 24, 48, 96),
        context_channels: int = 192,
        context_dilations: Sequence[int] = (1, 2, 4, 1),
        classes: int = 12,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        full, half, quarter, eighth = channels
        self.strokes = nn.Sequential(
            # Full resolution first: what pooling drops here (gaps, up-strokes) never comes back.
            activated(1, full),
            activated(full, half, stride=2),
            Residual(half),
            # From here on only the height shrinks: touching 1s need their time steps.
            activated(half, quarter, stride=(2, 1)),
            Residual(quarter),
            activated(quarter, eighth, stride=(2, 1)),
        )
        self.columns = nn.Sequential(
            nn.Conv2d(eighth, context_channels, (4, 1), bias=False),
            nn.BatchNorm2d(context_channels),
            nn.ReLU(inplace=True),
        )
        self.context = nn.Sequential(
            *(_Context(context_channels, dilation) for dilation in context_dilations)
        )
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Conv2d(context_channels, classes, 1))
        # About twice as fast on CPUs; the numbers are the same.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        columns = self.columns(self.strokes(images))
        logits = self.head(self.context(columns))
        return cast(Tensor, logits.squeeze(2).transpose(1, 2))


class _Context(nn.Module):
    """What stands left and right: a wide depthwise convolution, then a mix of channels."""

    def __init__(self, channels: int, dilation: int, width: int = 7) -> None:
        super().__init__()
        self.mix = nn.Sequential(
            nn.Conv2d(
                channels,
                channels,
                (1, width),
                padding=(0, dilation * (width // 2)),
                dilation=(1, dilation),
                groups=channels,
                bias=False,
            ),
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, features: Tensor) -> Tensor:
        return cast(Tensor, features + self.mix(features))
