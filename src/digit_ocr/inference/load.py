"""A model from a file, or the one that ships."""

from __future__ import annotations

from importlib import resources
from os import PathLike
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digit_ocr.errors import ExtraNotInstalled, ModelNotUsable
from digit_ocr.inference.metadata import ModelMetadata
from digit_ocr.inference.onnx_runtime import OnnxModel

CHECKPOINT_SUFFIXES = (".safetensors", ".pth", ".pt")


class Model(Protocol):
    """What every reader runs, whatever runs it."""

    metadata: ModelMetadata

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits float32 of images (batch, 1, height, width) float32, ink 1 on paper 0."""
        ...


def load_model(
    path: str | PathLike[str] | None = None,
    kind: str | None = None,
    threads: int | None = None,
) -> Model:
    """Return the model in that file, or the shipped one of that kind where `path` is None.

    Raises: ModelNotUsable: missing, damaged, of another kind, or of a format that we don't read.
        CheckpointIncompatible: a checkpoint whose tensors are not those of its architecture.
        ExtraNotInstalled: a checkpoint, and torch is not there.
    """
    if path is None:
        if kind is None:
            raise ValueError("load_model needs a path or a kind")
        path = shipped_weights(kind)
    path = Path(path)
    model = _load(path, threads)
    if kind is not None and model.metadata.kind != kind:
        raise ModelNotUsable(f"{path}: reads a {model.metadata.kind}, expected a {kind} model")
    return model


def shipped_weights(kind: str, suffix: str = ".onnx") -> Path:
    """Return the path of the weights of that kind that the package ships."""
    return Path(str(resources.files("digit_ocr"))) / "weights" / f"{kind}{suffix}"


def _load(path: Path, threads: int | None) -> Model:
    suffix = path.suffix.lower()
    if suffix == ".onnx":
        return OnnxModel(path, threads)
    if suffix in CHECKPOINT_SUFFIXES:
        try:
            from digit_ocr.inference.torch_runtime import TorchModel
        except ImportError as error:
            raise ExtraNotInstalled(f"reading the checkpoint {path}", "train") from error
        return TorchModel(path)
    expected = ", ".join((".onnx", *CHECKPOINT_SUFFIXES))
    raise ModelNotUsable(f"{path}: unknown kind of model file; expected one of {expected}")
