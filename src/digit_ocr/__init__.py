"""Read handwritten digits and numbers from photos and scans.

    reading = digit_ocr.read("receipt.jpg")        # every number of a picture
    prediction = digit_ocr.predict("seven.png")    # one digit

Importing this package loads neither numpy nor a model: each function imports inside itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from digit_ocr.errors import (
    CheckpointIncompatible,
    DatasetCorrupt,
    DatasetUnavailable,
    DigitOcrError,
    ExtraNotInstalled,
    ImageNotReadable,
    ImageTooLarge,
    ModelNotUsable,
    NoDigitFound,
    RecipeInvalid,
    RegionInvalid,
    TrainingDiverged,
)
from digit_ocr.results import Digit, Number, Prediction, ReadFailure, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from digit_ocr.inference.reader import Reader
    from digit_ocr.results import Box

__all__ = [
    "CheckpointIncompatible",
    "DatasetCorrupt",
    "DatasetUnavailable",
    "Digit",
    "DigitOcrError",
    "ExtraNotInstalled",
    "ImageNotReadable",
    "ImageTooLarge",
    "ModelNotUsable",
    "NoDigitFound",
    "Number",
    "Prediction",
    "ReadFailure",
    "Reading",
    "RecipeInvalid",
    "RegionInvalid",
    "TrainingDiverged",
    "load_reader",
    "predict",
    "read",
]

__version__ = "1.0.0"


def load_reader(
    model: str | Path | Sequence[str | Path] | None = None, threads: int | None = None
) -> Reader:
    """Return a reader that keeps its models loaded; thread-safe.

    `model` is an `.onnx` file, or a `.pth` or `.safetensors` checkpoint where torch is installed;
    several are of different kinds, and the shipped weights serve for the others. `threads` bounds
    the CPU cores in use, but for a checkpoint, which uses those that torch is set to.

    Raises: ModelNotUsable: the file is missing, damaged or no model of ours.
        CheckpointIncompatible: a checkpoint whose tensors are not those of its architecture.
        ExtraNotInstalled: a checkpoint, and torch is not there.
    """
    from digit_ocr.inference.reader import Reader

    return Reader(model=model, threads=threads)


def read(
    image: Any,
    *,
    reject_below: float = 0.0,
    regions: Sequence[Box] | None = None,
    length: int | None = None,
) -> Reading:
    """Return all numbers of a picture (path, bytes, PIL image or numpy array), in reading order.

    Digits below the confidence `reject_below` show as `?` in the text. `regions` are boxes to read,
    one number each; `length` holds each number to that many digits. Of a TIFF with several pages
    the first one is read; the command `digit-ocr read` reads each.

    Raises: ImageNotReadable: the source is no picture that we decode.
        RegionInvalid: a region is empty, outside the picture, or no box.
    """
    from digit_ocr.inference.reader import shared_reader

    return shared_reader().read(image, reject_below=reject_below, regions=regions, length=length)


def predict(image: Any) -> Prediction:
    """Return the one digit that the picture shows: the dominant, most central one.

    Raises: ImageNotReadable: the source is no picture that we decode.
        NoDigitFound: the picture shows no digit.
    """
    from digit_ocr.inference.reader import shared_reader

    return shared_reader().predict(image)
