"""A model from a file, or the one that ships."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def shipped_weights(kind: str, suffix: str = ".onnx") -> Path:
    """Return the path of the weights of that kind that the package ships."""
    return Path(str(resources.files("digit_ocr"))) / "weights" / f"{kind}{suffix}"
