"""The networks, by the name that recipes and checkpoints use."""

from __future__ import annotations

from torch import nn

from digit_ocr.models.cnn import SimpleCNN
from digit_ocr.models.digit_net import DigitNet

MODELS: dict[str, type[nn.Module]] = {
    "simple_cnn": SimpleCNN,
    "digit_net": DigitNet,
}
