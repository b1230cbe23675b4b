"""PageNet: finds the digits and numbers of a page.

A small fully convolutional encoder and decoder in the manner of DBNet (Liao et al. 2020,
"Real-time Scene Text Detection with Differentiable Binarization") and CRAFT (Baek et al. 2019,
"Character Region Awareness for Text Detection"): depthwise separable convolutions, output at a
quarter of the input's resolution.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from digit_ocr.models.layers import Block

MAPS = ("digit", "number", "ink")
"""Output channels: a digit's middle, a number's middle band, ink that belongs to digits."""


class SeparableBlock(Block):
    """A depthwise and a pointwise convolution; residual where the shape stays."""

    def __init__(
        self, inputs: int, outputs: int, size: int = 3, stride: int = 1, dilation: int = 1
    ) -> None:
        super().__init__()
        padding = dilation * (size // 2)
        self.depthwise = nn.Conv2d(
            inputs, inputs, size, stride, padding, dilation, groups=inputs, bias=False
        )
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        out = self.norm(self.pointwise(self.depthwise(features)))
        return torch.relu(out + features) if self.residual else torch.relu(out)


class Upsample(nn.Module):
    """Coarse features brought to the finer level (nearest) and added to it."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(coarse, fine, 1, bias=False)
        self.resize = nn.Upsample(scale_factor=2, mode="nearest")
        self.block = SeparableBlock(fine, fine)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        out: Tensor = self.block(fine + self.resize(self.project(coarse)))
        return out


class PageNet(nn.Module):
    """Maps of digits and numbers from ink.

    Input: images (batch, 1, H, W) float32, ink 1 on paper 0, H and W multiples of 16, digits
    about 10 to 40 pixels high. Output: logits (batch, 3, H / 4, W / 4), channels as in `MAPS`.

    width: channels at a quarter of the resolution, twice and four times as many below it
    blocks: residual ones at an eighth and at a sixteenth
    """

    def __init__(self, width: int = 32, blocks: Sequence[int] = (2, 4)) -> None:
        super().__init__()
        half, mid, deep = width // 2, 2 * width, 4 * width
        self.stem = nn.Sequential(
            nn.Conv2d(1, half, 3, 2, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU()
        )
        self.quarter = nn.Sequential(
            SeparableBlock(half, width, stride=2),
            SeparableBlock(width, width),
            SeparableBlock(width, width),
        )
        self.eighth = nn.Sequential(
            SeparableBlock(width, mid, stride=2),
            *(SeparableBlock(mid, mid) for _ in range(blocks[0])),
        )
        # Dilated: whether a cell belongs to a grid or to a row of boxes shows far away.
        self.sixteenth = nn.Sequential(
            SeparableBlock(mid, deep, stride=2),
            *(SeparableBlock(deep, deep, 5, dilation=1 + k % 2) for k in range(blocks[1])),
        )
        self.up_eighth = Upsample(deep, mid)
        self.up_quarter = Upsample(mid, width)
        self.head = nn.Sequential(
            SeparableBlock(width, width), nn.Conv2d(width, len(MAPS), 1, bias=True)
        )

    def forward(self, images: Tensor) -> Tensor:
        # Channels side by side: twice as fast in training on a CPU.
        half = self.stem(images).contiguous(memory_format=torch.channels_last)
        quarter = self.quarter(half)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        logits: Tensor = self.head(self.up_quarter(self.up_eighth(sixteenth, eighth), quarter))
        return logits
