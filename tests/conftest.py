"""What the tests of several packages share."""

from __future__ import annotations

import os
from collections.abc import Callable

# Two test processes on two cores are faster with one thread each; set before numpy and torch load.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image, ImageDraw, ImageFont

from digit_ocr.data.mnist_dataset import Mnist, load_mnist

# A busy machine is no failure: no test depends on how long an example took.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")


@pytest.fixture(scope="session")
def mnist() -> Mnist:
    """All of MNIST, from this machine's cache, or fetched once."""
    return load_mnist()


@pytest.fixture(scope="session")
def draw() -> Callable[..., Image.Image]:
    """A function that draws text, dark on light (or the reverse), in the middle of a picture."""

    def drawn(
        text: object, size: tuple[int, int] = (60, 60), ink: int = 20, paper: int = 235
    ) -> Image.Image:
        image = Image.new("L", size, paper)
        font = ImageFont.load_default(0.7 * size[1] / (1 + str(text).count("\n")))
        middle = (size[0] / 2, size[1] / 2)
        ImageDraw.Draw(image).multiline_text(middle, str(text), ink, font, anchor="mm")
        return image

    return drawn
