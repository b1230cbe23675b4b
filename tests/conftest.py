"""What the tests of several packages share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

# Two test processes on two cores are faster with one thread each; set before numpy and torch load.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image, ImageDraw, ImageFont

from digit_ocr.data.mnist_dataset import Mnist, load_mnist

# A busy machine is no failure: no test depends on how long an example took.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")


# A machine that trains at the same time takes minutes for a page.
PATIENCE_MILLISECONDS = 90_000


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium, one for the tests of a module."""
    from playwright.sync_api import expect, sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        # A run may have promised that no test is left out.
        is_promised = bool(os.environ.get("DIGIT_OCR_REQUIRE_BROWSER"))
        (pytest.fail if is_promised else pytest.skip)("no Chromium on this machine")
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    # Chromium's sandbox needs rights that containers do not give.
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium, args=flags, timeout=PATIENCE_MILLISECONDS
        )
        yield running
        running.close()


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens an empty page of its own."""
    contexts: list[Any] = []

    def opened(width: int = 1280, height: int = 900, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
