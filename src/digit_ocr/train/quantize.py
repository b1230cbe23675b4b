"""Networks in whole numbers of eight bits: about half the time on a CPU, a quarter of the size."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from digit_ocr.inference.onnx_runtime import INPUT

Images = npt.NDArray[np.float32]


def to_int8(content: bytes, batches: Sequence[Images]) -> bytes:
    """Return the ONNX model with int8 weights and uint8 between its layers.

    The scale of what flows between layers is that of the least and the largest value over
    `batches`, (n, 1, height, width) float32 as the model takes them; weights have a scale for each
    output channel (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference"). Weights keep to seven bits: with eight, CPUs that lack VNNI
    overflow, and the same picture would read otherwise there. Depthwise convolutions stay float32,
    they are slower as integers; so does the first layer, with one channel to multiply, and the
    last one, whose rounding is that of the answers.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, merged, out = (Path(folder) / f"{name}.onnx" for name in ("given", "merged", "out"))
        given.write_bytes(content)
        quant_pre_process(given, merged, skip_symbolic_shape=True)
        level = logging.root.level
        try:
            # Its advice is given through the root logger.
            logging.root.setLevel(logging.ERROR)
            quantize_static(
                merged,
                out,
                _Batches(batches),
                weight_type=QuantType.QInt8,
                activation_type=QuantType.QUInt8,
                per_channel=True,
                reduce_range=True,
                nodes_to_exclude=_kept_exact(onnx.load(merged)),
            )
        finally:
            logging.root.setLevel(level)
        proto = onnx.load(out)
    original = onnx.load_model_from_string(content)
    onnx.helper.set_model_props(proto, {p.key: p.value for p in original.metadata_props})
    onnx.checker.check_model(proto)
    quantized: bytes = proto.SerializeToString()
    return quantized


class _Batches(CalibrationDataReader):  # type: ignore[misc]
    """Hands one batch after the other to the calibration."""

    def __init__(self, batches: Sequence[Images]) -> None:
        self.rest: Iterator[Images] = iter(batches)

    def get_next(self) -> dict[str, Images] | None:
        batch = next(self.rest, None)
        return None if batch is None else {INPUT: batch}


def _kept_exact(model: onnx.ModelProto) -> list[str]:
    """Return the names of the layers that stay float32: depthwise convolutions and both ends.

    Of a network that is hardly more than its ends, they are not.
    """
    layers = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    depthwise = [
        node
        for node in layers
        if any(attribute.name == "group" and attribute.i > 1 for attribute in node.attribute)
    ]
    ends = [layers[0], layers[-1]] if len(layers) > 3 else []
    return [node.name for node in (*ends, *depthwise)]
