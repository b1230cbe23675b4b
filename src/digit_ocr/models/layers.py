"""What the networks are built of."""

from __future__ import annotations

import torch
from torch import nn


def convolution(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    stride: int | tuple[int, int] = 1,
    dilation: int = 1,
) -> nn.Sequential:
    """Return a convolution without bias, batch-normalised: ONNX Runtime folds the two into one.

    The size stays, but for the stride.
    """
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(outputs),
    )


def activated(
    inputs: int, outputs: int, kernel: int = 3, stride: int | tuple[int, int] = 1
) -> nn.Sequential:
    """Return such a convolution and a ReLU."""
    return nn.Sequential(*convolution(inputs, outputs, kernel, stride), nn.ReLU(inplace=True))


class Block(nn.Module):
    """What adds something to its input where the shape stays, or, at first, nothing."""

    def begin_as_identity(self) -> None:
        """Make the last norm return zero, so that the input comes out as it is."""
        *_, norm = (layer for layer in self.modules() if isinstance(layer, nn.BatchNorm2d))
        nn.init.zeros_(norm.weight)


class Residual(Block):
    """Two 3x3 convolutions beside the identity (He et al. 2015, figure 2)."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = convolution(channels, channels, 3, dilation=dilation)
        self.second = convolution(channels, channels, 3, dilation=dilation)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(self.first(features))
        return torch.relu(features + self.second(hidden))
