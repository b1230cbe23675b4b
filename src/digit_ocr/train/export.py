"""A checkpoint as ONNX, proven to compute the same or, in eight bits, to read as well."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from torch import nn
from torch.export import Dim

from digit_ocr.data.cache import write_atomically
from digit_ocr.errors import ModelNotUsable
from digit_ocr.inference.metadata import METADATA_KEY, ModelMetadata
from digit_ocr.inference.onnx_runtime import OnnxModel
from digit_ocr.inference.torch_runtime import load_checkpoint
from digit_ocr.train.fit import make_task
from digit_ocr.train.quantize import to_int8
from digit_ocr.train.recipe import Recipe, load_recipe
from digit_ocr.train.run_folder import BEST, RECIPE

LARGEST_DIFFERENCE = 1e-4
"""How far ONNX Runtime's logits may be from torch's."""

LARGEST_LOSS = 0.003
"""How much of its share of right answers a network may lose in eight bits."""

CALIBRATION_PICTURES = 512

EXAMPLE_SIZES = {"digit": (28, 28), "number": (32, 96), "page": (64, 96)}
OTHER_SIZES = {"digit": (28, 28), "number": (32, 136), "page": (96, 64)}


def export(checkpoint: Path, out: Path) -> ModelMetadata:
    """Write the checkpoint as one ONNX file, metadata inside, and return that metadata.

    The file takes any batch size and, for numbers and pages, any width (and height). Nothing is
    written unless ONNX Runtime and torch agree.

    Raises: ModelNotUsable: the checkpoint is missing or damaged, or the two disagree by more than
        LARGEST_DIFFERENCE.
    """
    _, metadata, content = _proven(checkpoint, out)
    write_atomically(out, content)
    return metadata


def export_int8(run: Path, out: Path, data: str = "mnist") -> tuple[ModelMetadata, float, float]:
    """Write a run's best checkpoint as ONNX in eight bits, judged on the run's validation data.

    `run` is the folder of a run on `data`: MNIST, a folder or a CSV. Returns the metadata and the
    metric by which the run picked its checkpoint, in 32 bits and in eight.

    Raises: ModelNotUsable: as `export` does, or the metric falls by more than LARGEST_LOSS, or
        `data` is not what the run has seen. RecipeInvalid: `run` holds no recipe.
        DatasetUnavailable, DatasetCorrupt.
    """
    model, metadata, content = _proven(run / BEST, out)
    task = make_task(_to_judge_by(load_recipe(str(run / RECIPE))))
    splits = task.load(data, None)
    if splits.data_sha256 != metadata.data_sha256:
        raise ModelNotUsable(f"{run} was trained on other data than {data}: name it with --data")
    split = splits.validation
    count = len(next(iter(split.values())))
    chosen = torch.linspace(0, count - 1, min(count, CALIBRATION_PICTURES)).long()
    recorder = _Recorder(model)
    task.evaluate(recorder, {name: tensor[chosen] for name, tensor in split.items()}, 0, 1)
    content = to_int8(content, recorder.seen)
    before, after = (
        task.summarise(task.evaluate(judged, split, 0, 1))[task.selection]
        for judged in (model, _Exported(content))
    )
    if not after >= before - LARGEST_LOSS:
        raise ModelNotUsable(
            f"{out} was not written: in eight bits {task.selection} falls from {before:.4f} to "
            f"{after:.4f}, by more than {LARGEST_LOSS}"
        )
    write_atomically(out, content)
    return metadata, before, after


def _to_judge_by(recipe: Recipe) -> Recipe:
    """Return the recipe without what is composed to learn from: its validation data stays."""
    data = recipe.data.model_copy(update={"composed": min(recipe.data.composed, 1)})
    return recipe.model_copy(update={"data": data})


class _Recorder(nn.Module):
    """A network that remembers what it was given."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.seen: list[npt.NDArray[np.float32]] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(images.contiguous().numpy())
        logits: torch.Tensor = self.model(images)
        return logits


class _Exported(nn.Module):
    """An ONNX model where a task expects a network."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.onnx_model = OnnxModel(content)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(self.onnx_model(images.contiguous().numpy()))


def _proven(checkpoint: Path, out: Path) -> tuple[nn.Module, ModelMetadata, bytes]:
    """Return a checkpoint's network, what is known of it, and an ONNX file that computes the same.

    Raises: ModelNotUsable: they differ; `out` is named as what was not written.
    """
    model, metadata = load_checkpoint(checkpoint)
    content = _as_onnx(model.eval(), metadata)
    difference = largest_difference(model, content, metadata.kind)
    if not difference <= LARGEST_DIFFERENCE:
        raise ModelNotUsable(
            f"{out} was not written: ONNX Runtime and torch differ by {difference:.2e} on "
            f"{checkpoint}, more than {LARGEST_DIFFERENCE:.0e}"
        )
    return model, metadata, content


def largest_difference(model: nn.Module, content: bytes, kind: str) -> float:
    """Return the largest difference of logits on random ink, of two sizes and batches."""
    onnx_model = OnnxModel(content)
    generator = torch.Generator().manual_seed(0)
    differences = []
    for count, size in ((1, EXAMPLE_SIZES[kind]), (3, OTHER_SIZES[kind])):
        images = torch.rand((count, 1, *size), generator=generator)
        with torch.inference_mode():
            expected = model(images).numpy()
        differences.append(float(np.abs(onnx_model(images.numpy()) - expected).max()))
    return max(differences)


def _as_onnx(model: nn.Module, metadata: ModelMetadata) -> bytes:
    shape: dict[int, Dim] = {0: Dim("batch", min=1, max=65536)}
    if metadata.kind == "number":
        shape[3] = Dim.AUTO
    if metadata.kind == "page":
        shape |= {2: Dim.AUTO, 3: Dim.AUTO}
    # Two pictures: a batch of one would be taken for a constant.
    example = torch.zeros((2, 1, *EXAMPLE_SIZES[metadata.kind]))
    with _quiet():
        program = torch.onnx.export(
            model,
            (example,),
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes=(shape,),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        # One file: torch would put the weights beside it by default.
        program.save(str(path), external_data=False)
        proto = onnx.load(str(path))
    for node in [*proto.graph.node, *(n for f in proto.functions for n in f.node)]:
        # The exporter leaves its stack traces there, with the paths of this machine.
        del node.metadata_props[:]
    onnx.helper.set_model_props(proto, {METADATA_KEY: metadata.to_json()})
    onnx.checker.check_model(proto)
    content: bytes = proto.SerializeToString()
    return content


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's own chatter out of ours; what fails still raises."""
    level = logging.getLogger("torch.onnx").level
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger("torch.onnx").setLevel(level)
