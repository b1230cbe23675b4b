"""Small models without training: what they say is wrong often enough to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from digit_ocr.data.labelled_digits import LabelledDigits
from digit_ocr.inference.metadata import METADATA_KEY, ModelMetadata

SaveModel = Callable[..., Path]


def drawn_digits(count: int, seed: int, noise: float = 0.25) -> LabelledDigits:
    """Return `count` printed digits, shifted and noisy, in MNIST's form; the same for a seed."""
    rng = np.random.default_rng(seed)
    font = ImageFont.load_default(24)
    labels = np.arange(count) % 10
    images = np.zeros((count, 28, 28), np.uint8)
    for place, label in zip(images, labels, strict=True):
        image = Image.new("L", (28, 28))
        x, y = rng.normal(14, 1.6, 2)
        ImageDraw.Draw(image).text((x, y), str(label), 255, font, "mm")
        ink = np.asarray(image) + 255 * noise * rng.normal(size=(28, 28))
        place[:] = np.clip(ink, 0, 255)
    return LabelledDigits(images, labels.astype(np.int64), "drawn digits", "0" * 64)


@pytest.fixture(scope="session")
def digits() -> LabelledDigits:
    """300 digits that the models below have not seen."""
    return drawn_digits(300, seed=1)


@pytest.fixture(scope="session")
def save_model(tmp_path_factory: pytest.TempPathFactory) -> SaveModel:
    """A function that saves an ONNX model of one linear layer, fitted to `count` digits."""
    onnx = pytest.importorskip("onnx")

    def save(
        count: int = 400,
        kind: str = "digit",
        none: bool = False,
        name: str = "linear",
        data_sha256: str = "",
    ) -> Path:
        seen = drawn_digits(count, seed=2)
        inputs = seen.images.reshape(count, -1).astype(np.float64) / 255
        inputs = np.concatenate([inputs, np.ones((count, 1))], axis=1)
        targets = 8 * np.eye(11 if none else 10)[seen.labels] - 4
        weights = np.linalg.solve(inputs.T @ inputs + 20 * np.eye(785), inputs.T @ targets)
        make = onnx.helper
        node = make.make_node("Gemm", ["flat", "weight", "bias"], ["logits"])
        graph = make.make_graph(
            [make.make_node("Flatten", ["images"], ["flat"]), node],
            "linear",
            [make.make_tensor_value_info("images", onnx.TensorProto.FLOAT, ["n", 1, 28, 28])],
            [make.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["n", None])],
            [
                onnx.numpy_helper.from_array(weights[:-1].astype(np.float32), "weight"),
                onnx.numpy_helper.from_array(weights[-1].astype(np.float32), "bias"),
            ],
        )
        model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=9)
        classes = (*"0123456789", "none") if none else tuple("0123456789")
        metadata = ModelMetadata(
            kind,
            "linear",
            classes=classes,
            recipe=name,
            version="1.0.0",
            data_sha256=data_sha256,
        )
        entry = model.metadata_props.add()
        entry.key, entry.value = METADATA_KEY, metadata.to_json()
        path = tmp_path_factory.mktemp("model") / f"{name}.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return save


@pytest.fixture(scope="session")
def model_path(save_model: SaveModel) -> Path:
    return save_model()


@pytest.fixture(scope="session")
def digit_folder(tmp_path_factory: pytest.TempPathFactory, digits: LabelledDigits) -> Path:
    """The first hundred digits as a labelled folder 0 … 9."""
    folder = tmp_path_factory.mktemp("digits")
    for index, (image, label) in enumerate(zip(digits.images[:100], digits.labels, strict=False)):
        path = folder / str(label) / f"{index:03}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(255 - image).save(path)
    return folder
