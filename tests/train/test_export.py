"""An exported file computes what the checkpoint does, and says what it is."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch

from digit_ocr.errors import ModelNotUsable
from digit_ocr.inference.metadata import ModelMetadata
from digit_ocr.inference.onnx_runtime import OnnxModel
from digit_ocr.models import MODELS
from digit_ocr.train import export as export_module
from digit_ocr.train.checkpoint import save_model
from digit_ocr.train.export import export

KINDS = {"digit_net": "digit", "number_net": "number", "page_net": "page"}
SHAPES = {"digit": (5, 1, 28, 28), "number": (2, 1, 32, 150), "page": (2, 1, 128, 80)}


def checkpoint(tmp_path, architecture):
    torch.manual_seed(0)
    model = MODELS[architecture]().eval()
    path = tmp_path / f"{architecture}.safetensors"
    metadata = ModelMetadata(kind=KINDS[architecture], architecture=architecture, recipe="test")
    save_model(path, model, metadata)
    return path, model


@pytest.mark.parametrize("architecture", sorted(KINDS))
def test_the_exported_file_agrees_at_other_sizes_too(tmp_path, architecture):
    path, model = checkpoint(tmp_path, architecture)
    export(path, tmp_path / "model.onnx")
    exported = OnnxModel(tmp_path / "model.onnx")
    images = np.random.default_rng(0).random(SHAPES[KINDS[architecture]], np.float32)
    with torch.inference_mode():
        expected = model(torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(exported(images), expected, atol=1e-4)
    assert exported.metadata.recipe == "test"


def test_the_weights_are_inside_the_file(tmp_path):
    path, _ = checkpoint(tmp_path, "digit_net")
    export(path, tmp_path / "model.onnx")
    assert [p.name for p in tmp_path.glob("model*")] == ["model.onnx"]
    proto = onnx.load(tmp_path / "model.onnx", load_external_data=False)
    assert not any(tensor.external_data for tensor in proto.graph.initializer)


def test_nothing_is_written_when_the_runtimes_disagree(tmp_path, monkeypatch):
    path, _ = checkpoint(tmp_path, "digit_net")
    monkeypatch.setattr(export_module, "largest_difference", lambda *_: 2e-4)
    with pytest.raises(ModelNotUsable, match=r"differ by 2\.00e-04"):
        export(path, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_a_missing_checkpoint_is_a_clear_error(tmp_path):
    with pytest.raises(ModelNotUsable, match="no such checkpoint"):
        export(tmp_path / "nothing.safetensors", tmp_path / "model.onnx")
