"""How fast a model is on this machine."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from digit_ocr.errors import NoDigitFound
from digit_ocr.inference.digit import DigitReader

SECONDS = 0.25
"""How long each thing is repeated; the median of its times counts."""

BATCH = 256


def measure_speed(
    reader: DigitReader, images: np.ndarray[Any, np.dtype[np.uint8]]
) -> dict[str, Any]:
    """Return milliseconds of one picture, and pictures a second in batches.

    `images` (n, 28, 28) uint8, at least one: real pictures, because blank ones are faster.
    """
    ink = np.divide(images[:BATCH], 255, dtype=np.float32)
    batch = np.resize(ink, (BATCH, 28, 28))
    raw = images[0]

    def predict() -> None:
        # The way to that answer is as long.
        with suppress(NoDigitFound):
            reader.predict(raw)

    return {
        "network_milliseconds": 1000 * _median_seconds(lambda: reader.classify(ink[:1])),
        "predict_milliseconds": 1000 * _median_seconds(predict),
        "batch_pictures_per_second": BATCH / _median_seconds(lambda: reader.classify(batch)),
    }


def describe_machine() -> dict[str, Any]:
    """Return what the times depend on; names no host and no user."""
    from importlib.metadata import version

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "onnxruntime": version("onnxruntime"),
        "numpy": np.__version__,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _median_seconds(call: Callable[[], object]) -> float:
    return median(timed(call, SECONDS))


def timed(call: Callable[[], object], seconds: float) -> list[float]:
    """Return the times of `call`, in seconds, repeated for so long, after it ran once."""
    call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return times
