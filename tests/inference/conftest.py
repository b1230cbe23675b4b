"""A tiny model of each kind, so that reading is tested without the shipped weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from digit_ocr.inference.metadata import METADATA_KEY, ModelMetadata

DIGITS = tuple("0123456789")


class FakeModel:
    """Gives the same logits for every image, and counts its calls."""

    def __init__(
        self, logits: Sequence[float], temperature: float = 1.0, kind: str = "digit"
    ) -> None:
        classes = (*DIGITS, "none")[: len(logits)]
        self.metadata = ModelMetadata(
            kind=kind, architecture="fake", classes=classes, temperature=temperature, recipe="test"
        )
        self.logits = np.asarray(logits, np.float32)
        self.batch_sizes: list[int] = []

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        assert images.dtype == np.float32
        assert images.shape[1:] == (1, 28, 28)
        self.batch_sizes.append(len(images))
        return np.repeat(self.logits[None], len(images), axis=0)


@pytest.fixture
def fake_model() -> type[FakeModel]:
    """The class of a model that gives fixed logits."""
    return FakeModel


@pytest.fixture
def tiny_onnx() -> Callable[..., bytes]:
    """A function that makes an ONNX model: flatten, then a random linear map to 10 logits."""

    def made(
        metadata: str | None = ModelMetadata("digit", "tiny", recipe="test").to_json(),
        input_name: str = "images",
    ) -> bytes:
        weights = np.random.default_rng(0).normal(0, 0.1, (784, 10)).astype(np.float32)
        graph = helper.make_graph(
            [
                helper.make_node("Flatten", [input_name], ["flat"]),
                helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
            ],
            "tiny",
            [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, ["batch", 1, 28, 28])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
            [numpy_helper.from_array(weights, "weights")],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 9
        if metadata is not None:
            helper.set_model_props(model, {METADATA_KEY: metadata})
        onnx.checker.check_model(model)
        return model.SerializeToString()

    return made


@pytest.fixture
def seven() -> NDArray[np.uint8]:
    """A drawn 7, dark on light, grey (40, 40) uint8."""
    grey = np.full((40, 40), 230, np.uint8)
    grey[8:11, 12:28] = 30
    for row in range(11, 33):
        start = 26 - (row - 11) // 2
        grey[row, start : start + 3] = 30
    return grey


@pytest.fixture
def endless(seven: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Pictures without end; reading ahead without bound would never return."""

    def pictures() -> Iterator[NDArray[np.uint8]]:
        while True:
            yield seven

    return pictures()
