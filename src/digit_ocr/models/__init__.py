"""The networks, by the name that recipes and checkpoints use."""

from __future__ import annotations

from torch import nn

from digit_ocr.models.cnn import SimpleCNN
from digit_ocr.models.digit_net import DigitNet
from digit_ocr.models.number_net import NumberNet
from digit_ocr.models.page_net import PageNet

MODELS: dict[str, type[nn.Module]] = {
    "simple_cnn": SimpleCNN,
    "digit_net": DigitNet,
    "number_net": NumberNet,
    "page_net": PageNet,
}
KINDS = {"simple_cnn": "digit", "digit_net": "digit", "number_net": "number", "page_net": "page"}
"""What each of them reads."""
