"""`digit-ocr predict`: one digit each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digit_ocr.cli.inputs import find_pictures, in_order, with_pages
from digit_ocr.cli.messages import complain
from digit_ocr.cli.options import Images, JsonLines, Recursive
from digit_ocr.cli.progress import tracked
from digit_ocr.cli.read import failure_to_dict, print_json


def predict(
    images: Images,
    json_lines: JsonLines = False,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="An .onnx, or a .pth or .safetensors checkpoint where torch is installed.",
        ),
    ] = None,
    recursive: Recursive = False,
) -> int:
    """Print the one digit of each picture.

    The dominant, most central one; a picture without a digit is an error.
    """
    import digit_ocr
    from digit_ocr.inference.load import load_model
    from digit_ocr.results import ReadFailure

    pictures = find_pictures(images, recursive)
    if model is not None:
        # A reader takes a model of any kind; one that reads no digits would never be asked here.
        load_model(model, kind="digit")
    reader = digit_ocr.load_reader(model=model)
    results = in_order(
        with_pages(pictures), lambda sources: reader.predict_many(sources, on_error="return")
    )
    failed = False
    for picture, result in tracked(results, "predicting", len(pictures)):
        error = result.error if isinstance(result, ReadFailure) else result
        if isinstance(error, Exception):
            failed = True
            complain(picture.explain(error))
            if json_lines:
                print_json(picture, failure_to_dict(error))
        elif json_lines:
            print_json(picture, result.to_dict())
        elif len(pictures) == 1 and picture.page is None:
            print(f"Predicted digit: {result.digit}")
        else:
            print(f"{picture.name}\t{result.digit}", flush=True)
    return int(failed)
