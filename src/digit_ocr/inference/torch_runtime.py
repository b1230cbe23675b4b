"""Checkpoints read with torch: the one file of the reader that imports it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.torch
import torch
from torch import nn

from digit_ocr.errors import CheckpointIncompatible, ModelNotUsable
from digit_ocr.inference.metadata import METADATA_KEY, ModelMetadata
from digit_ocr.models import MODELS


class TorchModel:
    """A checkpoint behind the interface of `OnnxModel`; safe to call from several threads."""

    def __init__(self, path: str | Path) -> None:
        self.model, self.metadata = load_checkpoint(Path(path))
        self.model.eval()

    def __call__(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return logits float32 of images (batch, 1, height, width) float32."""
        with torch.inference_mode():
            logits: npt.NDArray[np.float32] = self.model(torch.from_numpy(images)).numpy()
        return logits


def load_checkpoint(path: Path) -> tuple[nn.Module, ModelMetadata]:
    """Return the network and what is known of it, from our safetensors or SimpleCNN's `.pth`.

    Raises: ModelNotUsable: the file is missing or damaged.
        CheckpointIncompatible: a bare `state_dict` that is not SimpleCNN's, or tensors that do not
            fit the architecture that the header names.
    """
    if not path.is_file():
        raise ModelNotUsable(f"{path}: no such checkpoint")
    if path.suffix.lower() == ".safetensors":
        return _load_safetensors(path)
    return _load_state_dict(path)


def _load_safetensors(path: Path) -> tuple[nn.Module, ModelMetadata]:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError) as error:
        raise ModelNotUsable(f"{path} is no safetensors file: {_one_line(error)}") from error
    if METADATA_KEY not in header:
        raise CheckpointIncompatible(f"{path} was not written by digit-ocr: its header is empty")
    try:
        metadata = ModelMetadata.from_json(header[METADATA_KEY])
    except ModelNotUsable as error:
        raise ModelNotUsable(f"{path}: {error}") from error
    if metadata.architecture not in MODELS:
        raise CheckpointIncompatible(
            f"{path} holds the unknown {metadata.architecture!r}; expected one of {sorted(MODELS)}"
        )
    try:
        model = MODELS[metadata.architecture](**metadata.options)
    except (TypeError, ValueError) as error:
        raise CheckpointIncompatible(
            f"{path}: {metadata.architecture} takes no such options: {error}"
        ) from error
    _fill(model, state, path)
    return model, metadata


def _load_state_dict(path: Path) -> tuple[nn.Module, ModelMetadata]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # Unpickling damaged bytes raises almost anything.
        raise ModelNotUsable(
            f"{path} is no checkpoint of tensors alone, the only kind that is loaded"
        ) from error
    if not isinstance(state, dict) or not all(torch.is_tensor(t) for t in state.values()):
        raise CheckpointIncompatible(f"{path} is no plain state_dict of tensors")
    model = MODELS["simple_cnn"]()
    _fill(model, state, path)
    return model, ModelMetadata(kind="digit", architecture="simple_cnn", recipe=path.stem)


def _fill(model: nn.Module, state: dict[str, torch.Tensor], path: Path) -> None:
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if wanted != given:
        name = min(name for name, _ in set(wanted.items()) ^ set(given.items()))
        raise CheckpointIncompatible(
            f"{path} does not fit {type(model).__name__}: {name} is "
            f"{given.get(name, 'missing')}, expected {wanted.get(name, 'absent')}"
        )
    model.load_state_dict(state)


def _one_line(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]
