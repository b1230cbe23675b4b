"""One uploaded picture read: what runs in a worker thread, from bytes to a JSON-ready result."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from digit_ocr.errors import (
    ExtraNotInstalled,
    ImageNotReadable,
    ImageTooLarge,
    NoDigitFound,
    RegionInvalid,
)
from digit_ocr.imaging.decode import open_picture, size_of
from digit_ocr.results import Box, Prediction, Reading
from digit_ocr.service import problems
from digit_ocr.service.problems import Refusal
from digit_ocr.service.schemas import PredictParameters, ReadParameters
from digit_ocr.service.uploads import Picture


class PictureReader(Protocol):
    """What the service needs of a reader; `digit_ocr.load_reader()` returns one."""

    def predict(self, image: Any) -> Prediction:
        """Return the one digit that the picture shows."""

    def explain(self, image: Any) -> tuple[Prediction, NDArray[np.float32]]:
        """Return that digit, and how the network saw it: (28, 28), ink 1.0 on paper 0.0."""

    def read(
        self,
        image: Any,
        *,
        reject_below: float = 0.0,
        regions: Sequence[Box] | None = None,
        length: int | None = None,
    ) -> Reading:
        """Return all numbers of the picture."""


def predict_picture(
    reader: PictureReader, picture: Picture, parameters: PredictParameters, max_pixels: int
) -> dict[str, Any]:
    """Return the digit of a picture as `PredictionResult` has it.

    Raises: Refusal: no picture, too many pixels, or no digit in it.
    """
    image = open_upload(picture, max_pixels)
    try:
        if parameters.explain:
            prediction, seen = reader.explain(image)
        else:
            prediction, seen = reader.predict(image), None
    except NoDigitFound as error:
        raise Refusal(problems.NO_DIGIT_FOUND, _in_words(picture, error)) from error
    return {
        "file": picture.name,
        **prediction.to_dict(),
        "box": list(prediction.box),
        "model": prediction.model,
        "seen": None if seen is None else np.round(seen * 255).astype(np.uint8).tolist(),
    }


def read_picture(
    reader: PictureReader, picture: Picture, parameters: ReadParameters, max_pixels: int
) -> dict[str, Any]:
    """Return the numbers of a picture as `ReadingResult` has them; `annotated` is PNG bytes.

    Raises: Refusal: no picture, too many pixels, or a region that is outside of it.
    """
    image = open_upload(picture, max_pixels)
    try:
        reading = reader.read(
            image,
            reject_below=parameters.reject_below,
            regions=parameters.boxes,
            length=parameters.length,
        )
    except RegionInvalid as error:
        raise Refusal(problems.INVALID_PARAMETER, f"{_name(picture)}: {error}") from error
    return {
        "file": picture.name,
        **reading.to_dict(),
        "model": reading.model,
        "annotated": _as_png(reading.render(image)) if parameters.annotate else None,
    }


def open_upload(picture: Picture, max_pixels: int) -> Image.Image:
    """Return the uploaded picture upright, in mode RGB.

    Raises: Refusal: the bytes are no picture, are damaged, or claim more than `max_pixels`.
    """
    try:
        width, height = size_of(picture.data)
        if width * height > max_pixels:
            raise Refusal(
                problems.TOO_MANY_PIXELS,
                f"{_name(picture)}: {width}x{height} pixels; expected at most {max_pixels:,}",
            )
        return open_picture(picture.data)
    except ImageTooLarge as error:
        raise Refusal(problems.TOO_MANY_PIXELS, _in_words(picture, error)) from error
    except ImageNotReadable as error:
        unknown = isinstance(error.__cause__, UnidentifiedImageError)
        kind = problems.UNSUPPORTED_PICTURE if unknown else problems.IMAGE_NOT_READABLE
        raise Refusal(kind, _in_words(picture, error)) from error
    except ExtraNotInstalled as error:
        raise Refusal(problems.UNSUPPORTED_PICTURE, _in_words(picture, error)) from error


def _as_png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    # The answer is waited for: level 1 takes a third of the default's time, for a tenth more bytes.
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _name(picture: Picture) -> str:
    return picture.name or "the picture"


def _in_words(picture: Picture, error: Exception) -> str:
    message = str(error)
    for decoder_name in ("the bytes: ", "the image: "):
        message = message.removeprefix(decoder_name)
    return f"{_name(picture)}: {message}"
