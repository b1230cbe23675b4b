"""ONNX files: run where they are ours, refused in one line where not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from digit_ocr.errors import ModelNotUsable
from digit_ocr.inference.onnx_runtime import OnnxModel

Images = np.random.default_rng(0).random((3, 1, 28, 28)).astype(np.float32)


def test_a_file_and_its_bytes_give_the_same_logits(
    tiny_onnx: Callable[..., bytes], tmp_path: Path
) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_onnx())
    from_file, from_bytes = OnnxModel(path, threads=1), OnnxModel(tiny_onnx())
    assert from_file.metadata == from_bytes.metadata
    assert from_file.metadata.architecture == "tiny"
    logits = from_file(Images)
    assert logits.shape == (3, 10)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, from_bytes(Images), rtol=1e-5)


def test_any_batch_size_gives_the_same_logits(tiny_onnx: Callable[..., bytes]) -> None:
    model = OnnxModel(tiny_onnx(), threads=1)
    one_by_one = np.concatenate([model(image[None]) for image in Images])
    np.testing.assert_allclose(model(Images), one_by_one, rtol=1e-5)


def test_threads_may_share_a_model(tiny_onnx: Callable[..., bytes]) -> None:
    model = OnnxModel(tiny_onnx(), threads=1)
    expected = model(Images)
    with ThreadPoolExecutor(4) as pool:
        for logits in pool.map(lambda _: model(Images), range(32)):
            np.testing.assert_array_equal(logits, expected)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x09" * 40])
def test_damaged_files_are_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelNotUsable, match=r"damaged\.onnx") as caught:
        OnnxModel(path)
    assert "\n" not in str(caught.value)


def test_a_truncated_model_is_refused(tiny_onnx: Callable[..., bytes]) -> None:
    with pytest.raises(ModelNotUsable, match="the model bytes"):
        OnnxModel(tiny_onnx()[:1000])


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match="no such model file"):
        OnnxModel(tmp_path / "missing.onnx")


def test_models_of_others_are_refused(tiny_onnx: Callable[..., bytes]) -> None:
    for content in (tiny_onnx(metadata=None), tiny_onnx(input_name="pixels")):
        with pytest.raises(ModelNotUsable, match="not one that digit-ocr exported"):
            OnnxModel(content)


@pytest.mark.parametrize(
    "metadata",
    ["{", "[]", "{}", '{"kind": "cat", "architecture": "a", "classes": []}', '{"colour": 1}'],
)
def test_damaged_metadata_is_refused(metadata: str, tiny_onnx: Callable[..., bytes]) -> None:
    with pytest.raises(ModelNotUsable, match="metadata"):
        OnnxModel(tiny_onnx(metadata=metadata))


def test_reading_leaves_nothing_in_the_home_folder(
    tmp_path: Path, tiny_onnx: Callable[..., bytes]
) -> None:
    (tmp_path / "tiny.onnx").write_bytes(tiny_onnx())
    home = tmp_path / "home"
    home.mkdir()
    # Where it runs in CI, ONNX Runtime keeps nothing anyway.
    hints = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY")
    environment = {name: value for name, value in os.environ.items() if name not in hints}
    program = "from digit_ocr.inference.onnx_runtime import OnnxModel; OnnxModel('tiny.onnx')"
    subprocess.run(
        [sys.executable, "-B", "-c", program],
        env=environment | {"HOME": str(home)},
        cwd=tmp_path,
        check=True,
        timeout=120,
    )
    assert list(home.rglob("*")) == []
