"""`digit-ocr data`: data sets on this machine."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from digit_ocr.cli.extras import needs_extra
from digit_ocr.cli.messages import note

app = typer.Typer(
    help="Fetch data sets.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Dataset(StrEnum):
    """Data sets that can be fetched."""

    mnist = "mnist"
    fonts = "fonts"


@app.callback()
def data() -> None:
    """Fetch data sets."""


@app.command("fetch")
def fetch(
    dataset: Annotated[Dataset, typer.Argument(help="Which data set.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            envvar="DIGIT_OCR_DATA",
            help="The folder for data sets; the user's cache folder otherwise.",
        ),
    ] = None,
) -> None:
    """Fetch a data set, verify it, and print where it is."""
    if dataset is Dataset.fonts:
        _fetch_fonts(data)
        return
    from digit_ocr.data.cache import cache_folder
    from digit_ocr.data.mnist_dataset import load_mnist

    mnist = load_mnist(data)
    print(
        f"MNIST: {len(mnist.train_labels)} training and {len(mnist.test_labels)} test pictures, "
        f"verified, in {cache_folder(data)}"
    )


def _fetch_fonts(data: Path | None) -> None:
    """Fetch hands and prints, to learn from and to judge by, and displays to judge by."""
    from digit_ocr.data.font_packages import fetch_fonts, fonts_folder

    with needs_extra("fetching fonts", "train"):
        from digit_ocr.synthesis.fetched_fonts import DISPLAYS, HANDS, PRINTS, packages
    folder = fonts_folder(data)
    fetch_fonts(packages(), folder)
    print(
        f"fonts: {len(HANDS)} of handwriting, {len(PRINTS)} of print and {len(DISPLAYS)} of "
        f"displays, each with its licence, in {folder}"
    )
    if folder != fonts_folder():
        note(f"training finds them there with DIGIT_OCR_DATA={data}")
