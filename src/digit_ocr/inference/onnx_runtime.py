"""Models run by ONNX Runtime: what ships, and what `digit-ocr export` writes."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digit_ocr.errors import ModelNotUsable
from digit_ocr.inference.metadata import METADATA_KEY, ModelMetadata

# By itself a recent ONNX Runtime keeps an id of the machine in the user's cache and reports what it
# runs. It looks at this when it is imported; who wants that sets it to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

INPUT, OUTPUT = "images", "logits"


class OnnxModel:
    """An ONNX file or its bytes, ready to run; safe to call from several threads.

    `threads` bounds the cores that one call uses; None leaves that to ONNX Runtime.

    Raises: ModelNotUsable: the file is missing, damaged, or was not written by digit-ocr.
    """

    def __init__(self, source: str | PathLike[str] | bytes, threads: int | None = None) -> None:
        name = "the model bytes" if isinstance(source, bytes) else str(source)
        self._session = _start_session(source, name, threads)
        self.metadata = _read_metadata(self._session, name)

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits float32 of images (batch, 1, height, width) float32, ink 1 on paper 0."""
        (logits,) = self._session.run([OUTPUT], {INPUT: images})
        result: NDArray[np.float32] = logits
        return result


def _start_session(
    source: str | PathLike[str] | bytes, name: str, threads: int | None
) -> onnxruntime.InferenceSession:
    if not isinstance(source, bytes) and not Path(source).is_file():
        raise ModelNotUsable(f"{name}: no such model file")
    options = onnxruntime.SessionOptions()
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    if threads is not None:
        options.intra_op_num_threads = threads
    if threads == 1:
        # Spinning would keep the core that another thread of ours needs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = source if isinstance(source, bytes) else str(source)
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions share no base class.
        reason = " ".join(str(error).split())[:200]
        raise ModelNotUsable(f"{name}: no ONNX model that runs here ({reason})") from error


def _read_metadata(session: onnxruntime.InferenceSession, name: str) -> ModelMetadata:
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    inputs = [node.name for node in session.get_inputs()]
    outputs = [node.name for node in session.get_outputs()]
    if text is None or inputs != [INPUT] or outputs != [OUTPUT]:
        raise ModelNotUsable(f"{name}: an ONNX model, but not one that digit-ocr exported")
    try:
        return ModelMetadata.from_json(text)
    except ModelNotUsable as error:
        raise ModelNotUsable(f"{name}: {error}") from error
