"""SimpleCNN, the network of the original system."""

from __future__ import annotations

import torch
from torch import nn


class SimpleCNN(nn.Module):
    """One convolution, one pooling, one linear layer: 31,530 parameters.

    images: (batch, 1, 28, 28) float32, ink 1.0 on paper 0.0 → logits: (batch, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(16 * 14 * 14, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = torch.max_pool2d(torch.relu(self.conv1(images)), 2)
        logits: torch.Tensor = self.fc1(features.flatten(1))
        return logits
