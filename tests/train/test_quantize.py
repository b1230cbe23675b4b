"""A run's network in eight bits: smaller, as right, and refused where it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from digit_ocr.errors import ModelNotUsable
from digit_ocr.inference.onnx_runtime import OnnxModel
from digit_ocr.train import digit_task
from digit_ocr.train import export as export_module
from digit_ocr.train.export import export, export_int8
from digit_ocr.train.fit import fit
from digit_ocr.train.recipe import Recipe, load_recipe
from digit_ocr.train.run_folder import BEST


@pytest.fixture(scope="module")
def run(digits_csv, tmp_path_factory):
    """A small `digit_net`, trained until it knows a few digits."""
    base = load_recipe("real")
    values = base.model_dump() | {"epochs": 12, "data": {"validation": 20}}
    values["model"]["options"] = {"widths": [8, 8, 16], "hidden": 32}
    values["optimizer"] |= {"batch_size": 16, "ema_decay": 0.5}
    recipe = base.model_validate(values)
    return fit(recipe, data=digits_csv, device="cpu", out=tmp_path_factory.mktemp("run"))


def test_eight_bits_are_smaller_and_as_right(run, digits_csv, tmp_path):
    metadata = export(run.best, tmp_path / "float.onnx")
    metadata_int8, before, after = export_int8(run.folder, tmp_path / "int8.onnx", digits_csv)
    assert metadata_int8 == metadata == OnnxModel(tmp_path / "int8.onnx").metadata
    assert before == pytest.approx(run.validation["accuracy"])
    assert after >= before - export_module.LARGEST_LOSS
    sizes = [(tmp_path / f"{name}.onnx").stat().st_size for name in ("int8", "float")]
    assert sizes[0] < sizes[1]


def test_nothing_is_composed_to_learn_from(run, digits_csv, tmp_path, monkeypatch):
    """It takes a quarter of an hour for the line reader, and is not looked at."""
    seen = []

    def load(path: str) -> Recipe:
        recipe = load_recipe(path)
        data = recipe.data.model_copy(update={"composed": 40_000, "composed_validation": 8})
        return recipe.model_copy(update={"data": data})

    def composed(kind, recipe, digits, part, *, for_validation, held_back_fonts):
        count = recipe.data.composed_validation if for_validation else recipe.data.composed
        seen.append((for_validation, count))
        return {"images": np.zeros((count, 28, 28), np.uint8), "labels": np.zeros(count, np.int64)}

    monkeypatch.setattr(export_module, "load_recipe", load)
    monkeypatch.setattr(digit_task, "compose", composed)
    monkeypatch.setattr(export_module, "LARGEST_LOSS", 1.0)
    export_int8(run.folder, tmp_path / "int8.onnx", digits_csv)
    assert sorted(seen) == [(False, 1), (True, 8)]


def test_the_first_and_the_last_layer_stay_exact(run, digits_csv, tmp_path):
    export_int8(run.folder, tmp_path / "int8.onnx", digits_csv)
    proto = onnx.load(tmp_path / "int8.onnx")
    layers = [node for node in proto.graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    floats = {t.name for t in proto.graph.initializer if t.data_type == onnx.TensorProto.FLOAT}
    exact = [layer.input[1] in floats for layer in layers]
    assert exact[0]
    assert exact[-1]
    assert not any(exact[1:-1])


def test_a_network_of_two_layers_is_made_smaller_all_the_same(digits_csv, tmp_path):
    recipe = load_recipe("original")
    recipe = recipe.model_validate(recipe.model_dump() | {"epochs": 4, "data": {"validation": 20}})
    run = fit(recipe, data=digits_csv, device="cpu", out=tmp_path / "run")
    export(run.best, tmp_path / "float.onnx")
    export_int8(run.folder, tmp_path / "int8.onnx", digits_csv)
    sizes = [(tmp_path / f"{name}.onnx").stat().st_size for name in ("int8", "float")]
    assert sizes[0] < 0.5 * sizes[1]


def test_its_weights_are_seven_bits_and_its_logits_near(run, digits_csv, tmp_path):
    export(run.best, tmp_path / "float.onnx")
    export_int8(run.folder, tmp_path / "int8.onnx", digits_csv)
    proto = onnx.load(tmp_path / "int8.onnx")
    kernels = [
        onnx.numpy_helper.to_array(tensor)
        for tensor in proto.graph.initializer
        if tensor.data_type == onnx.TensorProto.INT8 and len(tensor.dims) == 4
    ]
    assert len(kernels) >= 3
    # Eight bits would overflow in the sums of CPUs without VNNI.
    assert all(np.abs(kernel.astype(int)).max() <= 64 for kernel in kernels)
    images = np.random.default_rng(0).random((5, 1, 28, 28), np.float32)
    exact, near = (OnnxModel(tmp_path / f"{name}.onnx")(images) for name in ("float", "int8"))
    assert np.corrcoef(exact.ravel(), near.ravel())[0, 1] > 0.97


def test_nothing_is_written_where_eight_bits_read_worse(run, digits_csv, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "LARGEST_LOSS", -2.0)
    with pytest.raises(ModelNotUsable, match="in eight bits accuracy falls from"):
        export_int8(run.folder, tmp_path / "int8.onnx", digits_csv)
    assert not (tmp_path / "int8.onnx").exists()


def test_other_data_than_the_runs_is_refused(run, digits_csv, tmp_path):
    other = tmp_path / "other.csv"
    lines = Path(digits_csv).read_text(encoding="utf-8").splitlines()
    other.write_text("\n".join(lines[:61]), encoding="utf-8")
    with pytest.raises(ModelNotUsable, match="trained on other data than"):
        export_int8(run.folder, tmp_path / "int8.onnx", str(other))


def test_a_folder_without_a_run_is_a_clear_error(tmp_path):
    with pytest.raises(ModelNotUsable, match=f"{BEST}: no such checkpoint"):
        export_int8(tmp_path, tmp_path / "int8.onnx")
