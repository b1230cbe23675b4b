"""Checkpoints: written whole or not at all, read without running code."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from digit_ocr.data.cache import write_atomically
from digit_ocr.errors import ModelNotUsable
from digit_ocr.inference.metadata import METADATA_KEY, ModelMetadata


def save_model(path: Path, model: nn.Module, metadata: ModelMetadata) -> None:
    """Save the weights as safetensors, with all that inference needs in the header."""
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    content = safetensors.torch.save(tensors, {METADATA_KEY: metadata.to_json()})
    write_atomically(path, content)


def save_state_dict(path: Path, model: nn.Module) -> None:
    """Save a plain `state_dict`, as the original system does."""
    _save_pickled(path, model.state_dict())


def save_training_state(path: Path, state: dict[str, Any]) -> None:
    """Save what `--resume` needs: tensors and plain values."""
    _save_pickled(path, state)


def load_training_state(path: Path) -> dict[str, Any]:
    """Return what `save_training_state` wrote.

    Raises: ModelNotUsable: the file is missing or damaged, or holds something else.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelNotUsable(f"{path} is damaged: {reason}") from error
    if not isinstance(state, dict) or not {"recipe", "data_sha256", "model", "epoch"} <= set(state):
        raise ModelNotUsable(f"{path} is no state of a run of ours")
    return state


def _save_pickled(path: Path, state: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomically(path, buffer.getvalue())
