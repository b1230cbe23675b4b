"""A model is chosen by its file's suffix and held to its kind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from digit_ocr.errors import ExtraNotInstalled, ModelNotUsable
from digit_ocr.inference import load
from digit_ocr.inference.load import load_model


def test_an_onnx_file_is_loaded(tiny_onnx: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "tiny.ONNX"
    path.write_bytes(tiny_onnx())
    assert load_model(path).metadata.architecture == "tiny"
    assert load_model(str(path), kind="digit", threads=1).metadata.kind == "digit"


def test_a_model_of_another_kind_is_refused(
    tiny_onnx: Callable[..., bytes], tmp_path: Path
) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_onnx())
    with pytest.raises(ModelNotUsable, match=r"tiny\.onnx: reads a digit, expected a page"):
        load_model(path, kind="page")


def test_without_a_path_the_shipped_model_of_the_kind_is_loaded(
    tiny_onnx: Callable[..., bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "digit.onnx").write_bytes(tiny_onnx())
    monkeypatch.setattr(load, "shipped_weights", lambda kind: tmp_path / f"{kind}.onnx")
    assert load_model(kind="digit").metadata.architecture == "tiny"
    with pytest.raises(ModelNotUsable, match=r"page\.onnx"):
        load_model(kind="page")
    with pytest.raises(ValueError, match="path or a kind"):
        load_model()


def test_an_unknown_suffix_names_those_that_are_read(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match=r"\.onnx, \.safetensors, \.pth"):
        load_model(tmp_path / "model.h5")


def test_a_checkpoint_without_torch_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "digit_ocr.inference.torch_runtime", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ExtraNotInstalled, match=r"digit-ocr\[train\]"):
        load_model(tmp_path / "best_model.pth")
