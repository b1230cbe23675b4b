"""Composed pictures made once, by several processes, and kept in the cache folder.

The pictures are made in chunks, each from its own seed, so that they do not depend on the number
of processes; the file's name holds a hash of all that decides its content.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from digit_ocr.data.cache import cache_folder
from digit_ocr.synthesis.fonts import installed_fonts
from digit_ocr.synthesis.glyphs import GlyphSource

SYNTHESIS_VERSION = 1
"""Raised with each change of what is composed, so that no old pool is taken for a new one."""

CHUNK_SIZE = 500

Arrays = dict[str, npt.NDArray[Any]]
Compose = Callable[[int, int, GlyphSource], Arrays]
"""Returns (count, seed, source) composed pictures as named arrays with `count` rows each."""

logger = logging.getLogger(__name__)


def compose_digit_arrays(
    count: int, seed: int, source: GlyphSource, **options: float
) -> dict[str, npt.NDArray[Any]]:
    """Return composed digits as arrays: images (n, 28, 28) uint8, labels (n,) int64 0..10."""
    from digit_ocr.synthesis.crops import compose_digits

    pictures = compose_digits(count, seed, source, **options)
    return {"images": pictures.images, "labels": pictures.labels}


KINDS: dict[str, Callable[..., Arrays]] = {"digits": compose_digit_arrays}


def make_pool(
    kind: str,
    count: int,
    seed: int,
    source: GlyphSource,
    workers: int | None = None,
    folder: Path | None = None,
    options: Mapping[str, float] | None = None,
) -> Arrays:
    """Return `count` composed pictures of a kind in `KINDS`, from the cache where they are there.

    `folder` is where pools are kept (the user's cache folder where None); `workers` is the number
    of processes (one per core where None) and does not change the result.
    """
    options = dict(options or {})
    path = (
        folder or cache_folder()
    ) / f"{kind}-{pool_hash(kind, count, seed, source, options)}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    logger.info("composing %d %s", count, kind)
    arrays = compose_in_chunks(partial(KINDS[kind], **options), count, seed, source, workers)
    _write(path, arrays)
    return arrays


def compose_in_chunks(
    compose: Compose, count: int, seed: int, source: GlyphSource, workers: int | None = None
) -> Arrays:
    """Return `count` rows of each array that `compose` makes, chunk by chunk in processes."""
    sizes = [min(CHUNK_SIZE, count - start) for start in range(0, count, CHUNK_SIZE)]
    seeds = np.random.SeedSequence(seed).generate_state(len(sizes), np.uint64).tolist()
    workers = min(workers or os.cpu_count() or 1, len(sizes))
    if workers <= 1:
        _start(compose, source)
        chunks = [_chunk(size, chunk_seed) for size, chunk_seed in zip(sizes, seeds, strict=True)]
    else:
        # Not fork: a parent with torch's or OpenCV's threads running may hang its children.
        with ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=_start, initargs=(compose, source)
        ) as processes:
            chunks = list(processes.map(_chunk, sizes, seeds))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def pool_hash(
    kind: str, count: int, seed: int, source: GlyphSource, options: Mapping[str, float]
) -> str:
    """Return a short hash of all that decides what the pictures of a pool are."""
    digest = hashlib.sha256()
    fonts = [font.file for font in installed_fonts(source.held_back)]
    parameters = [SYNTHESIS_VERSION, kind, count, seed, source.held_back, fonts, dict(options)]
    digest.update(json.dumps(parameters, sort_keys=True).encode())
    digest.update(np.ascontiguousarray(source.images).data)
    digest.update(b"".join(indices.tobytes() for indices in source.indices))
    return digest.hexdigest()[:16]


_work: dict[str, Any] = {}


def _start(compose: Compose, source: GlyphSource) -> None:
    import cv2

    # The pool has a process for each core: threads of OpenCV's own would only get in the way.
    cv2.setNumThreads(1)
    _work["compose"], _work["source"] = compose, source


def _chunk(size: int, seed: int) -> Arrays:
    arrays: Arrays = _work["compose"](size, seed, _work["source"])
    return arrays


def _write(path: Path, arrays: Arrays) -> None:
    """Write the arrays so that a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
