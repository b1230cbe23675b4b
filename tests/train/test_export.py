"""An exported file computes what the checkpoint does, and says what it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from digit_ocr.errors import ModelNotUsable
from digit_ocr.inference.metadata import ModelMetadata
from digit_ocr.inference.onnx_runtime import OnnxModel
from digit_ocr.models import MODELS
from digit_ocr.train import export as export_module
from digit_ocr.train.checkpoint import save_model
from digit_ocr.train.export import export

KINDS = {"digit_net": "digit", "number_net": "number", "page_net": "page"}
SHAPES = {"digit": (5, 1, 28, 28), "number": (2, 1, 32, 150), "page": (2, 1, 128, 80)}


def save_checkpoint(folder: Path, architecture: str) -> tuple[Path, nn.Module]:
    torch.manual_seed(0)
    model = MODELS[architecture]().eval()
    path = folder / f"{architecture}.safetensors"
    metadata = ModelMetadata(kind=KINDS[architecture], architecture=architecture, recipe="test")
    save_model(path, model, metadata)
    return path, model


@pytest.fixture(scope="module", params=sorted(KINDS))
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, nn.Module]:
    """A network exported to a folder of its own, and the network: each takes seconds."""
    path, model = save_checkpoint(tmp_path_factory.mktemp("checkpoint"), request.param)
    file = tmp_path_factory.mktemp("exported") / "model.onnx"
    export(path, file)
    return file, model


def test_the_exported_file_agrees_at_other_sizes_too(exported: tuple[Path, nn.Module]) -> None:
    file, model = exported
    onnx_model = OnnxModel(file)
    images = np.random.default_rng(0).random(SHAPES[onnx_model.metadata.kind], np.float32)
    with torch.inference_mode():
        expected = model(torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(onnx_model(images), expected, atol=1e-4)
    assert onnx_model.metadata.recipe == "test"


def test_the_weights_are_inside_the_file(exported: tuple[Path, nn.Module]) -> None:
    file, _ = exported
    assert list(file.parent.iterdir()) == [file]
    proto = onnx.load(file, load_external_data=False)
    assert not any(tensor.external_data for tensor in proto.graph.initializer)


def test_the_file_holds_no_path_of_the_machine_that_made_it(
    exported: tuple[Path, nn.Module],
) -> None:
    file, _ = exported
    assert str(Path(torch.__file__).parent).encode() not in file.read_bytes()


def test_nothing_is_written_when_the_runtimes_disagree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = save_checkpoint(tmp_path, "digit_net")
    monkeypatch.setattr(export_module, "_as_onnx", lambda *_: b"what torch made of it")
    monkeypatch.setattr(export_module, "largest_difference", lambda *_: 2e-4)
    with pytest.raises(ModelNotUsable, match=r"differ by 2\.00e-04"):
        export(path, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_a_missing_checkpoint_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match="no such checkpoint"):
        export(tmp_path / "nothing.safetensors", tmp_path / "model.onnx")
