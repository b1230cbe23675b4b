"""`digit-ocr benchmark`: how fast this installation reads on this machine."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BATCH = 256
PAGE_SIZE = (1240, 1754)  # A4 at 150 dots an inch


def benchmark(
    seconds: Annotated[
        float, typer.Option(min=0.01, max=60.0, help="How long each thing is repeated.")
    ] = 1.0,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores to use; all otherwise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Measure the speed on this machine.

    With the shipped weights: one digit, one number, one page, and batches.
    """
    import digit_ocr

    begun = time.perf_counter()
    reader = digit_ocr.load_reader(threads=threads)
    digit, page = draw_page("7", (28, 28)), draw_page("1572 43890\n60213", PAGE_SIZE)
    number = draw_page("43890", (160, 48))
    reader.predict(digit)
    load_seconds = time.perf_counter() - begun
    reader.read(number)
    rows = [
        measure("predict one digit", 1, lambda: reader.predict(digit), seconds),
        measure(
            "predict a batch", BATCH, lambda: list(reader.predict_many([digit] * BATCH)), seconds
        ),
        measure("read one number", 1, lambda: reader.read(number), seconds),
        measure(
            "read a batch of numbers", 32, lambda: list(reader.read_many([number] * 32)), seconds
        ),
        measure("read one page", 1, lambda: reader.read(page), seconds),
    ]
    machine = {
        "version": digit_ocr.__version__,
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "threads": threads,
        "load_and_first_digit_seconds": round(load_seconds, 3),
    }
    if as_json:
        print(json.dumps({**machine, "measurements": rows}))
    else:
        _print_table(machine, rows)


def measure(name: str, count: int, call: Callable[[], Any], seconds: float) -> dict[str, Any]:
    """Return the median time of `call`, which handles `count` pictures, repeated for `seconds`."""
    from statistics import median

    from digit_ocr.evaluation.speed import timed

    times = timed(call, seconds)
    middle = median(times)
    return {
        "name": name,
        "pictures": count,
        "milliseconds": round(middle * 1000, 4),
        "pictures_per_second": round(count / middle, 1),
        "repeats": len(times),
    }


def draw_page(text: str, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return `text` in black on white, grey (height, width) uint8; up to three lines."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    width, height = size
    lines = text.count("\n") + 1
    image = Image.new("L", size, 255)
    font = ImageFont.load_default(min(0.8 * height, 60))
    ImageDraw.Draw(image).multiline_text(
        (width / 2, height / 2), text, fill=30, font=font, anchor="mm", spacing=height / (3 * lines)
    )
    return np.asarray(image)


def _print_table(machine: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    print(
        f"digit-ocr {machine['version']}, {machine['cpus']} CPUs ({machine['machine']}), "
        f"{machine['system']}, Python {machine['python']}; loaded, first digit after "
        f"{machine['load_and_first_digit_seconds']:.2f} s"
    )
    print(f"{'':<26}{'ms':>12}{'pictures/s':>14}")
    for row in rows:
        print(f"{row['name']:<26}{row['milliseconds']:>12.3f}{row['pictures_per_second']:>14,.0f}")
