"""Checkpoints: SimpleCNN's plain `state_dict` and our safetensors; nothing else, and never code."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.errors import CheckpointIncompatible, ModelNotUsable
from digit_ocr.inference.load import load_model, shipped_weights
from digit_ocr.inference.metadata import METADATA_KEY, ModelMetadata
from digit_ocr.inference.torch_runtime import TorchModel
from digit_ocr.models import MODELS

Images = np.random.default_rng(0).random((2, 1, 28, 28)).astype(np.float32)


@pytest.fixture
def simple_cnn() -> torch.nn.Module:
    torch.manual_seed(0)
    return MODELS["simple_cnn"]().eval()


def test_a_plain_state_dict_of_simple_cnn_is_read(
    simple_cnn: torch.nn.Module, tmp_path: Path
) -> None:
    path = tmp_path / "best_model.pth"
    torch.save(simple_cnn.state_dict(), path)
    model = TorchModel(path)
    with torch.inference_mode():
        expected = simple_cnn(torch.from_numpy(Images)).numpy()
    np.testing.assert_allclose(model(Images), expected, rtol=1e-5)
    assert model.metadata.kind == "digit"
    assert model.metadata.architecture == "simple_cnn"


def test_safetensors_bring_their_metadata(simple_cnn: torch.nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    metadata = ModelMetadata("digit", "simple_cnn", temperature=1.5, recipe="mine")
    header = {METADATA_KEY: metadata.to_json()}
    safetensors.torch.save_file(simple_cnn.state_dict(), path, header)
    model = TorchModel(path)
    assert model.metadata == metadata
    assert model(Images).shape == (2, 10)


def test_other_shapes_are_refused_by_name(simple_cnn: torch.nn.Module, tmp_path: Path) -> None:
    state = simple_cnn.state_dict()
    name = next(iter(state))
    wrong_shape = {**state, name: torch.zeros(3, 3)}
    missing = {key: value for key, value in state.items() if key != name}
    for given in (wrong_shape, missing, {**state, "extra": torch.zeros(1)}):
        torch.save(given, tmp_path / "wrong.pth")
        with pytest.raises(CheckpointIncompatible, match=r"wrong\.pth does not fit"):
            TorchModel(tmp_path / "wrong.pth")


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, torch.zeros(2)])
def test_what_is_no_state_dict_is_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(CheckpointIncompatible, match="no plain state_dict"):
        TorchModel(tmp_path / "other.pth")


class Trap:
    """Would make a folder when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.mkdir, ("trapped",)


def test_code_in_a_checkpoint_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "trap.pth"
    torch.save(Trap(), path)
    with pytest.raises(ModelNotUsable, match="no checkpoint"):
        TorchModel(path)
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelNotUsable, match="no checkpoint"):
        TorchModel(path)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("name", ["damaged.pth", "damaged.safetensors"])
@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"\x80\x02" * 50])
def test_damaged_checkpoints_are_refused_in_one_line(
    name: str, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelNotUsable, match="damaged") as caught:
        TorchModel(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_missing_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match="no such checkpoint"):
        TorchModel(tmp_path / "missing.pth")


def test_safetensors_of_others_are_refused(simple_cnn: torch.nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    unknown = ModelMetadata("digit", "transformer").to_json()
    odd_options = ModelMetadata("digit", "simple_cnn", options={"depth": 3}).to_json()
    for header in ({}, {METADATA_KEY: unknown}, {METADATA_KEY: odd_options}):
        safetensors.torch.save_file(simple_cnn.state_dict(), path, header)
        with pytest.raises(CheckpointIncompatible, match=r"other\.safetensors"):
            TorchModel(path)
    safetensors.torch.save_file(simple_cnn.state_dict(), path, {METADATA_KEY: "{"})
    with pytest.raises(ModelNotUsable, match="damaged"):
        TorchModel(path)


@pytest.mark.parametrize("kind", ["digit", "number"])
def test_the_twin_to_train_on_from_says_what_the_shipped_network_does(
    kind: str, mnist: Mnist
) -> None:
    pictures = mnist.test_images[:200].astype(np.float32)[:, None] / 255
    if kind == "number":
        # Lines of four digits, 32 pixels high.
        pictures = np.pad(pictures, ((0, 0), (0, 0), (2, 2), (0, 0)))
        pictures = np.concatenate([pictures[start::4] for start in range(4)], axis=3)
    twin = TorchModel(shipped_weights(kind, ".safetensors"))
    shipped = load_model(kind=kind)
    assert twin.metadata == shipped.metadata
    same = twin(pictures).argmax(-1) == shipped(pictures).argmax(-1)
    assert same.mean() > 0.99
