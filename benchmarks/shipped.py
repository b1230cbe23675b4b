"""Which files were measured: the weights that ship, by their SHA-256."""

from __future__ import annotations

import hashlib
from pathlib import Path

from digit_ocr.inference.load import shipped_weights


def weights_sha256(*kinds: str) -> dict[str, str]:
    """Return the SHA-256 of the shipped ONNX file of each kind, by the file's name."""
    return file_sha256(*(shipped_weights(kind, ".onnx") for kind in kinds))


def file_sha256(*paths: Path) -> dict[str, str]:
    """Return the SHA-256 of each file by its name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
