"""`digit-ocr sample`: a picture of MNIST's test set, to try the reader on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SAMPLE_PATH = Path("data/sample.png")


def sample(
    index: Annotated[
        int, typer.Option(min=0, max=9999, help="Which of MNIST's 10,000 test pictures.")
    ] = 0,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where it goes.")] = SAMPLE_PATH,
) -> None:
    """Save a sample picture.

    One of MNIST's test pictures; prints its path and true label.
    """
    from PIL import Image

    from digit_ocr.data.mnist_dataset import load_mnist

    if Image.registered_extensions().get(out.suffix.lower()) not in Image.SAVE:
        raise typer.BadParameter(f"--out {out}: not a picture's suffix, such as .png")
    mnist = load_mnist()
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mnist.test_images[index]).save(out)
    print(f"Sample picture: {out}")
    print(f"True label: {mnist.test_labels[index]}")
